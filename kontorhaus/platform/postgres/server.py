"""Server: a PostgreSQL that starts with the house and ends with it, however the house ends."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final

from kontorhaus.kernel.time import monotonic, utc_now
from kontorhaus.platform.postgres import accounts, addresses, cluster, keeper, psql
from kontorhaus.platform.postgres.accounts import Account
from kontorhaus.platform.postgres.binaries import Binaries
from kontorhaus.platform.postgres.errors import (
    DiskFull,
    FolderHeld,
    FolderUnusable,
    PortTaken,
    ServerFailed,
    ServerStopping,
    SocketPathTooLong,
)
from kontorhaus.platform.postgres.locks import Lock

SOCKET_PATH_BYTES_MAX: Final = 100
"""sun_path holds 104 bytes on macOS and 108 on Linux, the ending zero included (unix(4), unix(7))."""

START_SECONDS: Final = 600
"""After a crash PostgreSQL replays up to max_wal_size (1 GB) before it answers: minutes on a slow disk. Giving up
earlier would begin the same replay again."""

STOP_SECONDS: Final = 60
"""A fast shutdown writes what is dirty in shared_buffers: 128 MB, seconds even on a slow disk."""

HANDOVER_SECONDS: Final = 30
"""How long a start waits for the server of a house that has just died: it may be writing its last checkpoint."""


class Server:
    """A running PostgreSQL server. Blocks while it starts and stops; in async programs go through asyncio.to_thread.

    Guaranteed: it ends when `stop` is called, and also when this process dies in any way, kill -9 included, whichever
    thread started it; one house at a time uses a folder; nobody reaches it over the network without a password.
    Not guaranteed: that it comes back when PostgreSQL itself dies while the house lives.
    """

    def __init__(
        self, *, binaries: Binaries, socket_folder: Path, port: int | None, password_file: Path, folder: Path
    ) -> None:
        self.binaries = binaries
        self.socket_folder = socket_folder
        self.port = port
        self._password_file = password_file
        self._folder = folder
        self._locks: list[Lock] = []
        self._keeper: subprocess.Popen[bytes] | None = None
