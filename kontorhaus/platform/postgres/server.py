"""Server: a PostgreSQL that starts with the house and ends with it, however the house ends."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final

from msgspec import Struct

from kontorhaus.kernel.time import monotonic, utc_now
from kontorhaus.platform.postgres import accounts, addresses, cluster, keeper, postmaster, programs, sockets
from kontorhaus.platform.postgres.accounts import Account
from kontorhaus.platform.postgres.binaries import Binaries
from kontorhaus.platform.postgres.errors import (
    FolderHeld,
    FolderUnusable,
    PortTaken,
    ServerFailed,
    ServerStopping,
)
from kontorhaus.platform.postgres.locks import Lock

START_SECONDS: Final = 600
"""After a crash PostgreSQL replays up to max_wal_size (1 GB) before it answers: minutes on a slow disk. Giving up
earlier would only begin the same replay again."""

STOP_SECONDS: Final = 60
"""A fast shutdown writes what is dirty in shared_buffers: 128 MB, seconds even on a slow disk."""

ABORT_SECONDS: Final = 10
"""An immediate shutdown writes nothing; PostgreSQL itself kills what is left after 5 seconds."""

HANDOVER_SECONDS: Final = 30
"""How long a start waits for the server of a house that has just died: it may be writing its last checkpoint."""

NO_PARAMETERS: Final[Mapping[str, str]] = MappingProxyType({})


class _Launch(Struct, frozen=True):
    """How the server's processes are started, the first time and every other."""

    durable: bool
    parameters: Mapping[str, str]
    namespaces: bool
    lifeline: int | None


class Server:
    """A running PostgreSQL server. Blocks while it starts and stops; in async programs go through asyncio.to_thread.

    Guaranteed: it ends when `stop` is called, and also when this process dies in any way, kill -9 included, whichever
    thread started it; one house at a time uses a folder; nobody reaches it over the network without a password.
    Not guaranteed: that it comes back by itself when PostgreSQL dies while the house lives; see `revive`.
    """

    def __init__(self, folder: Path, binaries: Binaries, port: int | None, how: _Launch) -> None:
        self.folder = folder
        self.binaries = binaries
        self.port = port
        self._how = how
        self._socket_folder: Path | None = None
        self._keeper: subprocess.Popen[bytes] | None = None
        self._held = contextlib.ExitStack()

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        binaries: Binaries,
        port: int | None = None,
        durable: bool = True,
        parameters: Mapping[str, str] = NO_PARAMETERS,
        namespaces: bool = True,
        lifeline: int | None = None,
    ) -> Server:
        """Start the cluster in `folder`, which is made on the first start (0.7 s; later ones take 0.1 s).

        It listens on a socket that this account alone can reach. `port` opens 127.0.0.1 as well, for passwords only,
        and then the addresses lead there; 0 takes a free one. `durable=False` turns fsync and the like off: for tests
        alone, a crash of the machine loses the cluster. `parameters` are PostgreSQL's own and win over the house's.
        `namespaces=False` is for machines that only seem to have user namespaces. `lifeline` is the reading end of a
        pipe: the server then ends with the pipe's writers instead of with this process.

        Every way to fail is an error of this package whose message says what to do; nothing half-made stays behind.
        """
        folder = folder.expanduser().absolute()
        launch = _Launch(durable=durable, parameters=parameters, namespaces=namespaces, lifeline=lifeline)
        server = cls(folder, binaries, _free_port() if port == 0 else port, launch)
        with contextlib.ExitStack() as undo:
            undo.callback(server.stop)
            with _explained(folder):
                house_lock = server._take_house()
            server._launch()
            house_lock.note(
                f"process {os.getpid()} since {utc_now():%Y-%m-%d %H:%M:%S} UTC at {server.safe_url}"
            )
            undo.pop_all()
        return server

    def revive(self) -> bool:
        """Start PostgreSQL again if it has ended by itself (killed for want of memory, or by hand), at the same
        addresses; True if it had. What was committed is there again, open transactions are rolled back.

        PostgreSQL survives the death of any of its processes but the first; this is for that one.
        """
        keeper_ended = self._keeper is not None and self._keeper.poll() is not None
        if keeper_ended:
            self._launch()
        return keeper_ended

    def _launch(self) -> None:
        """Start the server's processes in a folder that is this house's."""
        with contextlib.ExitStack() as held:
            with _explained(self.folder):
                server_lock = self._take_server()
                held.callback(server_lock.release)
                account, log, data = self._prepare(server_lock)
                log_start = log.stat().st_size
            command = account.command(
                self.binaries.program("postgres"), "-D", str(data), ends_with_parent=True
            )
            self._keeper = keeper.keep(
                command,
                socket_folder=self._sockets,
                log=log,
                lock=server_lock.descriptor,
                lifeline=self._how.lifeline,
            )
        # From here the server alone holds its lock, so that it is free exactly when no process of it is left.
        self._wait_until_ready(log, log_start)

    def _prepare(self, server_lock: Lock) -> tuple[Account, Path, Path]:
        """Whose the server's processes are, where they write their words, and their data folder, ready for them."""
        account = accounts.choose(self.binaries, self.folder, namespaces=self._how.namespaces)
        account.own(self.folder)
        durable = self._how.durable
        data = cluster.make(self.folder, self.binaries, account, durable=durable, lock=server_lock.descriptor)
        postmaster.clear_stale_pid(data)
        self._socket_folder = sockets.make(self.folder, account, again=self._socket_folder)
        listening = cluster.listening(self._sockets, self.port)
        cluster.configure(data, account, durable=durable, parameters=listening | dict(self._how.parameters))
        return account, postmaster.log(self.folder), data

    @property
    def _sockets(self) -> Path:
        assert self._socket_folder is not None, "it is made before the server starts"
        return self._socket_folder

    @property
    def admin_url(self) -> str:
        """The address of the database `postgres` for the cluster's superuser: for migrations and operators."""
        return self.url_for("postgres")

    @property
    def safe_url(self) -> str:
        """The same without a password, fit for a message."""
        return addresses.without_password(self.admin_url)

    def url_for(self, database: str, *, login: str = cluster.ADMIN, password: str | None = None) -> str:
        """The address of a database for a login. Over the socket no password is asked; over a port every login needs
        its own, and the superuser's is known here."""
        if self.port is None:
            return addresses.socket_url(self._sockets, login=login, database=database, password=password)
        if login == cluster.ADMIN and password is None:
            password = cluster.admin_password(self.folder)
        return addresses.tcp_url(self.port, login=login, database=database, password=password)

    def ensure_database(self, name: str) -> None:
        """Create a database unless it is there."""
        assert re.fullmatch(r"[a-z_][a-z0-9_]*", name), "a plain name needs no quotes"
        names = programs.query(self.binaries, self.admin_url, "SELECT datname FROM pg_catalog.pg_database")
        if name not in names:
            programs.query(self.binaries, self.admin_url, f"CREATE DATABASE {name}")

    def stop(self) -> None:
        """Stop the server: open transactions are rolled back, everything committed is on the disk. Once is enough, and
        more do nothing. A server that does not stop in a minute is aborted, and recovers at its next start."""
        running, self._keeper = self._keeper, None
        if running is not None:
            if running.stdin is not None:
                running.stdin.close()
            for step, patience_seconds in (
                (signal.SIGINT, STOP_SECONDS),
                (signal.SIGQUIT, ABORT_SECONDS),
                (signal.SIGKILL, ABORT_SECONDS),
            ):
                postmaster.tell(self.folder / "data", step)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    running.wait(patience_seconds)
                    break
        self._held.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _take_house(self) -> Lock:
        """The first of two locks, which dies with this process. The other, of the server, is inherited by every process
        of the server. So a living house is told from a server that is still stopping, and with both held no server can
        be running."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        house_lock = Lock.take(self.folder / "house.lock")
        if house_lock is None:
            holder = (self.folder / "house.lock").read_text(encoding="utf-8") or "it is just starting"
            raise FolderHeld(
                f"another house uses {self.folder}: {holder}. Stop it, or choose another KONTORHAUS_HOME",
                folder=str(self.folder),
            )
        self._held.callback(house_lock.release)
        house_lock.note("")
        self._held.callback(sockets.remove, self.folder)
        return house_lock

    def _take_server(self) -> Lock:
        server_lock = Lock.take(self.folder / "server.lock", patience_seconds=HANDOVER_SECONDS)
        if server_lock is None:
            raise ServerStopping(
                f"the PostgreSQL of a house that has ended still runs in {self.folder}; try again in a moment",
                folder=str(self.folder),
            )
        return server_lock

    def _wait_until_ready(self, log: Path, log_start: int) -> None:
        """Wait until PostgreSQL writes that it is ready into the eighth line of its pid file, as pg_ctl does."""
        assert self._keeper is not None
        give_up_at = monotonic() + START_SECONDS
        while monotonic() < give_up_at:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._keeper.wait(0.01)
                raise self._failure(postmaster.words_since(log, log_start))
            if postmaster.ready(self.folder / "data"):
                return
        raise ServerFailed(
            f"PostgreSQL in {self.folder} was not ready after {START_SECONDS} seconds; see {log}"
        )

    def _failure(self, words: str) -> Exception:
        programs.refuse_full_disk(words, self.folder)
        if self.port is not None and "could not bind" in words:
            return PortTaken(
                f"another program listens on 127.0.0.1:{self.port}; choose another port", port=self.port
            )
        if "wrong ownership" in words or "Permission denied" in words:
            return FolderUnusable(f"PostgreSQL cannot use {self.folder}: {words}", folder=str(self.folder))
        return ServerFailed(f"PostgreSQL in {self.folder} did not start: {words}", folder=str(self.folder))


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """What the system refuses while the folder is prepared, as an error that names the folder."""
    try:
        yield
    except OSError as error:
        programs.refuse_full_disk(str(error), folder)
        raise FolderUnusable(f"{folder} cannot be used: {error}", folder=str(folder)) from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
