"""The keeper: a tiny shell between the house and PostgreSQL, so that the server never outlives the house."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kontorhaus.platform.postgres import programs

SCRIPT: Final = """
socket_folder=$1
shift
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
(read -r _; while kill -INT "$server" 2>/dev/null; do sleep 0.2; done) <&3 >&2 &
reader=$!
exec 3<&-
trap '' INT TERM HUP
wait "$server"
status=$?
kill "$reader" 2>/dev/null
rmdir "$socket_folder" 2>/dev/null
exit "$status"
"""
"""Waits for two things at once: the end of the server, and the end of its own standard input, a pipe whose other end
the house holds and never writes to. The kernel closes that end however the house dies, kill -9 included, and the server
is asked for a fast shutdown (SIGINT: roll back what is open, write a checkpoint, end). Again and again until it is
gone, since a shell starts it deaf to SIGINT, and it hears nothing until it has set itself up. The socket's folder,
which may be a temporary one, goes with it.

Linux alone could do this without a process, by PR_SET_PDEATHSIG; but that signal comes when the *thread* that started
the server ends, and a house that starts it from a worker thread would lose it. A shell needs about 1 MB.
"""


def keep(
    command: Sequence[str], *, socket_folder: Path, log: Path, lock: int, lifeline: int | None
) -> subprocess.Popen[bytes]:
    """Start a server under a keeper, which ends after it and with its status. Its words go to the end of `log`.

    `lock` is a descriptor that keeper and server hold on to, as their standard output, to which nothing is written: so
    the shell can name it, and let go of it in the reader, which may outlive the server.

    `lifeline` is the reading end of a pipe whose writers the server shall not outlive; None makes one whose writer is
    this process (`.stdin` of the result). A child that this process forks without exec shares that end, and the server
    then lives as long as the last of them.

    The keeper is a session of its own: Ctrl-C in a terminal reaches the house, which stops the server in its order.
    """
    with log.open("ab") as words:
        return subprocess.Popen(  # noqa: S603, the house's own command
            ["/bin/sh", "-c", SCRIPT, "kontorhaus-postgres-keeper", str(socket_folder), *command],
            stdin=subprocess.PIPE if lifeline is None else lifeline,
            stdout=lock,
            stderr=words,
            cwd="/",
            env=programs.environment(),
            start_new_session=True,
        )
