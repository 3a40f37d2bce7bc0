"""A cluster made once for these tests, and copied by those that start a server of their own."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from kontorhaus.platform import postgres
from kontorhaus.platform.postgres import Binaries, Server

Start = Callable[..., Server]


@pytest.fixture(scope="session")
def binaries() -> Binaries:
    return postgres.find()


@pytest.fixture(scope="session")
def made(binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a server has run once and was stopped."""
    folder = tmp_path_factory.mktemp("made") / "postgres"
    Server.start(folder, binaries=binaries, durable=False).stop()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of that folder for this test alone."""
    return Path(shutil.copytree(made, tmp_path / "pg"))


@pytest.fixture
def start(binaries: Binaries, folder: Path) -> Iterator[Start]:
    """Starts a server in this test's folder, and stops it in the end."""
    started = []

    def start(where: Path = folder, **options: object) -> Server:
        server = Server.start(where, **({"binaries": binaries, "durable": False} | options))  # type: ignore[arg-type]
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


def fetch(url: str, statement: str) -> object:
    """The one value that a statement returns; through the driver that the house uses."""

    async def fetched() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(fetched())


HOUSE = """
import sys
from pathlib import Path
from kontorhaus.kernel.errors import DomainError
from kontorhaus.platform import postgres
try:
    server = postgres.Server.start(Path(sys.argv[1]), binaries=postgres.find(), durable=False)
except DomainError as error:
    print(error.code, error.detail, flush=True)
else:
    print("started", server.admin_url, flush=True)
    sys.stdin.read()
    server.stop()
"""


class OtherHouse:
    """A process of its own that starts a server, says so, and stops it when its input ends."""

    def __init__(
        self, folder: Path, *prefix: str, python: str = sys.executable, cwd: Path | None = None
    ) -> None:
        self.process = subprocess.Popen(
            [*prefix, python, "-c", HOUSE, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                "PYTHONPATH": ":".join(["", str(Path(__file__).parents[3]), *sys.path]),
                "PATH": "/usr/bin:/bin",
            },
            cwd=cwd,
        )

    def says(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        """As kill -9 and the kernel's out-of-memory killer do."""
        self.process.kill()
        self.process.communicate()

    def stop(self) -> int:
        self.process.communicate()
        return self.process.returncode


@pytest.fixture
def other_house(folder: Path) -> Iterator[Callable[..., OtherHouse]]:
    houses = []

    def begin(*prefix: str, where: Path = folder, **options: object) -> OtherHouse:
        houses.append(OtherHouse(where, *prefix, **options))  # type: ignore[arg-type]
        return houses[-1]

    yield begin
    for house in houses:
        house.kill()
