"""One-off statements and programs against a server, without a driver or an event loop."""

from __future__ import annotations

import subprocess

from kontorhaus.platform.postgres.addresses import login_of, without_password
from kontorhaus.platform.postgres.binaries import Binaries
from kontorhaus.platform.postgres.errors import ServerFailed
from kontorhaus.platform.postgres.keeper import environment


def client(binaries: Binaries, url: str, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a client program against the database at `url`; the caller looks at the status.

    The password goes by the environment, which the account alone can read, never by the command line.
    """
    password = login_of(url)[1]
    return subprocess.run(
        [binaries.program(program), "--no-password", f"--dbname={without_password(url)}", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment(**({"PGPASSWORD": password} if password is not None else {})),
    )


def execute(binaries: Binaries, url: str, *statements: str) -> str:
    """Run statements, each in its own transaction, and return what they print, one row a line. ServerFailed tells what
    PostgreSQL said. Statements must hold no secrets: they stand on a command line."""
    wanted = [f"--command={statement}" for statement in statements]
    result = client(binaries, url, "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *wanted)
    if result.returncode != 0:
        raise ServerFailed(f"PostgreSQL refused: {result.stderr.strip()[-500:]}")
    return result.stdout.strip()
