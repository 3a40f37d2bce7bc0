"""Backups of one database, as pg_dump makes them: of the embedded server, or of any PostgreSQL 16 or newer."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from kontorhaus.platform.postgres import programs
from kontorhaus.platform.postgres.binaries import Binaries
from kontorhaus.platform.postgres.errors import BackupFailed, DatabaseNotEmpty, RestoreFailed

TABLES: Final = """
    SELECT n.nspname || '.' || c.relname
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    ORDER BY 1
"""

EMPTIED: Final = """
    SET LOCAL lock_timeout = '10s';
    DO $$
    DECLARE
        schema name;
    BEGIN
        FOR schema IN SELECT nspname FROM pg_catalog.pg_namespace
                      WHERE nspname <> 'information_schema' AND nspname !~ '^pg_'
        LOOP
            EXECUTE format('DROP SCHEMA %I CASCADE', schema);
        END LOOP;
    END
    $$;
    CREATE SCHEMA public;
    ALTER SCHEMA public OWNER TO pg_database_owner;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
"""
"""All schemas with what is in them, and a `public` as a new database has it (PostgreSQL 15 and newer). The time limit
is for houses that are still running on this database: they should not be."""

PREAMBLE_LINES: Final = 40
"""pg_restore begins with its session's settings, about 25 lines; no data stand there."""

UNKNOWN_BEFORE_17: Final = b"SET transaction_timeout"


def backup(url: str, file: Path, *, binaries: Binaries) -> int:
    """Write the database at `url` to `file`, and return the size in bytes.

    One consistent snapshot, taken while others go on working; in pg_dump's custom format, for its owner's eyes alone
    (0600). The file appears whole or not at all, and then replaces one of the same name. Roles and their passwords
    belong to the cluster and are not in it, nor are the master keys, without which sealed values stay sealed. The
    login must see every row: a superuser, or an owner with BYPASSRLS. BackupFailed or DiskFull otherwise.
    """
    file = file.absolute()
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        raise BackupFailed(f"no file can be written in {file.parent}: {error}") from error
    os.close(descriptor)
    unfinished = Path(name)
    try:
        command = programs.client(binaries, url, "pg_dump", "--format=custom", f"--file={unfinished}")
        result = programs.run(command, own=programs.client_environment(url))
        if result.returncode != 0:
            told = programs.words(result)
            programs.refuse_full_disk(told, file.parent)
            raise BackupFailed(f"nothing was written: {told}")
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return file.stat().st_size


def restore(url: str, file: Path, *, binaries: Binaries, replace: bool = False) -> None:
    """Fill the database at `url` from a backup, in one transaction: all of it, or nothing.

    A database that holds tables is refused (DatabaseNotEmpty) unless `replace` is said: then all its schemas are
    removed in the same transaction. The house's roles must exist; a role that merely owned things where the backup was
    made, and is not known here, is replaced by the login. RestoreFailed when the file is no whole backup, or when
    PostgreSQL refuses something in it. The login needs the rights that a backup needs, and to create in the database.
    """
    file = file.absolute()
    contents = programs.run([binaries.program("pg_restore"), "--list", str(file)])
    if contents.returncode != 0:
        raise RestoreFailed(f"{file} cannot be read as a backup: {programs.words(contents)}")
    tables = programs.query(binaries, url, TABLES)
    if tables and not replace:
        raise DatabaseNotEmpty(
            f"the database holds {len(tables)} tables already, {tables[0]} first; nothing was restored. "
            "`kontorhaus db restore --replace` removes them",
            tables=len(tables),
        )
    known = programs.query(binaries, url, "SELECT rolname FROM pg_catalog.pg_roles")
    version = int(programs.query(binaries, url, "SHOW server_version_num")[0])
    before = "BEGIN;\n" + (EMPTIED if tables else "")
    after = ""
    for stranger in sorted(_owners(contents.stdout) - set(known)):
        role = '"' + stranger.replace('"', '""') + '"'
        before += f"CREATE ROLE {role}; GRANT {role} TO CURRENT_USER;\n"
        after += f"REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role};\n"
    _play(binaries, url, file, before=before, after=after + "COMMIT;\n", with_17=version >= 170_000)


def _owners(contents: str) -> set[str]:
    """Who owns something, by the list that pg_restore makes: `id; table object KIND schema name owner`."""
    entries = (line for line in contents.splitlines() if line[:1].isdigit())
    return {entry.rpartition(" ")[2] for entry in entries} - {""}


def _play(binaries: Binaries, url: str, file: Path, *, before: str, after: str, with_17: bool) -> None:
    """Let psql play the backup as a script between `before` and `after`.

    Not pg_restore alone, which knows no statements before and after in its one transaction. `after`, with its COMMIT,
    is only written when pg_restore has ended well: a torn file is rolled back.
    """
    quiet = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-")
    with tempfile.TemporaryFile() as words:
        reader = subprocess.Popen(  # noqa: S603, the house's own command
            [binaries.program("pg_restore"), "--file=-", str(file)],
            stdout=subprocess.PIPE,
            stderr=words,
            env=programs.environment(),
        )
        player = subprocess.Popen(  # noqa: S603, the house's own command
            programs.client(binaries, url, "psql", *quiet),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=words,
            env=programs.client_environment(url),
        )
        with reader, player:
            assert reader.stdout is not None
            assert player.stdin is not None
            with contextlib.suppress(
                BrokenPipeError
            ):  # psql has stopped at an error, and its words say at which
                player.stdin.write(before.encode())
                for line in _script(reader.stdout, with_17=with_17):
                    player.stdin.write(line)
                if reader.wait() == 0:
                    player.stdin.write(after.encode())
                player.stdin.flush()
            with contextlib.suppress(BrokenPipeError):
                player.stdin.close()
            reader.stdout.close()
        if reader.returncode != 0 or player.returncode != 0:
            words.seek(0)
            told = words.read().decode(errors="replace").strip()[:500]
            programs.refuse_full_disk(told, file.parent)
            raise RestoreFailed(f"nothing was restored: {told}")


def _script(lines: IO[bytes], *, with_17: bool) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        if with_17 or number > PREAMBLE_LINES or not line.startswith(UNKNOWN_BEFORE_17):
            yield line
