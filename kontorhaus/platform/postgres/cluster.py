"""The files of a cluster: made once, checked at every start, configured anew each time."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kontorhaus.platform.postgres import programs
from kontorhaus.platform.postgres.accounts import Account
from kontorhaus.platform.postgres.addresses import SOCKET_PORT
from kontorhaus.platform.postgres.binaries import Binaries
from kontorhaus.platform.postgres.errors import FolderUnusable, MajorVersionDiffers, ServerFailed

ADMIN: Final = "kontorhaus_admin"
"""The superuser of the cluster. Migrations use it; requests never do."""

PASSWORD_FILE: Final = "admin.password"  # noqa: S105, a name

CONFIGURATION: Final = "kontorhaus.conf"

BUILTIN_LOCALE_MAJOR: Final = 17
"""The first version with locales of its own."""

SETTINGS: Final = {
    "cluster_name": "kontorhaus",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",  # pays off after 100 ms of one query; the house's take milliseconds
    # The log must hold no personal data: neither statements, nor the DETAIL line that quotes a duplicate key.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}

NOT_DURABLE: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "1h",
}

AUTHENTICATION: Final = """\
# Written by Kontorhaus at every start. The socket stands in a folder that its owner alone may enter (0700), so whoever
# reaches it could read the files as well. Everybody else needs a password.
local all all trust
host  all all 127.0.0.1/32 scram-sha-256
local replication all trust
host  replication all 127.0.0.1/32 scram-sha-256
"""


def make(folder: Path, binaries: Binaries, account: Account, *, durable: bool, lock: int) -> Path:
    """The data folder within `folder`: made by initdb if there is none, else checked to be one that these programs
    read.

    It appears whole or not at all: initdb works in `data.new`, which is renamed. Text is UTF-8 and is sorted by code
    point, by PostgreSQL's own C.UTF-8 where it has it (17): the same order on every machine, and no index goes wrong
    when an upgrade of the system changes its collations. Pages carry checksums.
    """
    data = folder / "data"
    if data.exists():
        _check(data, binaries)
        return data
    new = folder / "data.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    account.own(new)
    password_file = folder / PASSWORD_FILE
    _write(password_file, secrets.token_urlsafe(32) + "\n", account)
    arguments = ["-D", str(new), "-U", ADMIN, f"--pwfile={password_file}", "--auth=scram-sha-256"]
    arguments += ["--encoding=UTF8", "--locale=C", "--data-checksums"]
    if binaries.major >= BUILTIN_LOCALE_MAJOR:
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not durable:
        arguments += ["--no-sync"]
    command = account.command(binaries.program("initdb"), *arguments)
    result = programs.run(command, descriptors=(lock,))
    if result.returncode != 0:
        shutil.rmtree(new, ignore_errors=True)
        told = programs.words(result)
        programs.refuse_full_disk(told, folder)
        raise ServerFailed(f"initdb could not make a cluster in {folder}: {told}", folder=str(folder))
    with (new / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(
            f"\ninclude '{CONFIGURATION}'  # written by Kontorhaus at every start; ALTER SYSTEM wins over it\n"
        )
    new.rename(data)
    return data


def admin_password(folder: Path) -> str:
    """The superuser's password, which a connection over a port needs. Kept in a file for its owner's eyes alone."""
    return (folder / PASSWORD_FILE).read_text(encoding="ascii").strip()


def listening(socket_folder: Path, port: int | None) -> dict[str, str]:
    """The settings that say where a server listens: on a socket always, and on 127.0.0.1 where it has a port."""
    return {
        "unix_socket_directories": str(socket_folder),
        "unix_socket_permissions": "0700",
        "listen_addresses": "" if port is None else "127.0.0.1",
        "port": str(port or SOCKET_PORT),
    }


def configure(data: Path, account: Account, *, durable: bool, parameters: Mapping[str, str]) -> None:
    """Write who may connect, and the settings of this start; `parameters` win over the house's own."""
    settings = SETTINGS | ({} if durable else NOT_DURABLE) | dict(parameters)
    for name in settings:
        assert re.fullmatch(r"[a-z_][a-z0-9_.]*", name), f"{name} is not the name of a PostgreSQL parameter"
    quoted = {name: value.replace("\\", "\\\\").replace("'", "''") for name, value in settings.items()}
    _write(data / CONFIGURATION, "".join(f"{name} = '{value}'\n" for name, value in quoted.items()), account)
    _write(data / "pg_hba.conf", AUTHENTICATION, account)


def _check(data: Path, binaries: Binaries) -> None:
    try:
        major = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise FolderUnusable(
            f"{data} is not a PostgreSQL data folder: it has no PG_VERSION. Move it away, or choose another "
            "KONTORHAUS_HOME",
            folder=str(data),
        ) from None
    if major != str(binaries.major):
        raise MajorVersionDiffers(
            f"{data} was made by PostgreSQL {major}, and the programs in {binaries.folder} are {binaries.version}. "
            f"Name those of PostgreSQL {major} in KONTORHAUS_POSTGRES_BIN and run `kontorhaus db backup before.dump`; "
            f"move {data} away, remove the setting, and run `kontorhaus db restore before.dump`",
            made_by=major,
            programs=binaries.version,
        )


def _write(path: Path, text: str, account: Account) -> None:
    """Replace a file as a whole, for its owner's eyes alone."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    account.own(new)
    new.replace(path)
