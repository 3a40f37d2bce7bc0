"""The roles of the house as processes of their own, on a database that stays: to be stopped, killed and started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

ROOT = Path(__file__).parents[2]

START_SECONDS_MAX = 60
"""Of a role, on a machine that starts many things at once."""


class Running(Protocol):
    """A process, as asyncio has it or as it was forked."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    async def wait(self) -> int: ...


class Process(Struct):
    """A role that runs, where it listens, and the file that has what it said."""

    role: str
    running: Running
    address: str
    said: Path

    async def stop(self) -> int:
        """Ask it to end, and wait; its exit code."""
        return await self._send(signal.SIGTERM)

    async def kill(self) -> None:
        await self._send(signal.SIGKILL)

    async def _send(self, number: signal.Signals) -> int:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.running.pid, number)
        return await self.running.wait()

    @property
    def alive(self) -> bool:
        return self.running.returncode is None


class Starter(Protocol):
    """A way to start a role."""

    async def start(self, role: str, environ: Mapping[str, str], said: Path) -> Running: ...


class Command:
    """As a person or a service manager starts it."""

    async def start(self, role: str, environ: Mapping[str, str], said: Path) -> Running:
        with said.open("wb") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable, *("-m", "kontorhaus", role), env=environ, cwd=ROOT, stdout=log, stderr=log
            )


class Forked:
    """A child of the zygote, whose end that one tells."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    def returncode(self) -> int | None:
        return self.ended.result() if self.ended.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self.ended)


class Zygote:
    """Starts by fork: for tests that start dozens of times; see `zygote.py`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._children: dict[int, Forked] = {}
        self._born: asyncio.Queue[Forked] = asyncio.Queue()
        self._one_at_a_time = asyncio.Lock()

    async def start(self, role: str, environ: Mapping[str, str], said: Path) -> Running:
        assert self._process.stdin is not None
        order = {"role": role, "environ": environ, "log": str(said)}
        async with self._one_at_a_time:
            self._process.stdin.write(msgspec.json.encode(order) + b"\n")
            return await self._born.get()

    async def listen(self) -> None:
        """For ever: hear of births and deaths."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = msgspec.json.decode(line, type=dict[str, int])
            if "status" in told:
                self._children.pop(told["pid"]).ended.set_result(told["status"])
            else:
                child = self._children[told["pid"]] = Forked(told["pid"])
                self._born.put_nowait(child)


@contextlib.asynccontextmanager
async def forking() -> AsyncIterator[Zygote]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.support.zygote"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    zygote = Zygote(process)
    listening = asyncio.create_task(zygote.listen())
    try:
        yield zygote
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


class Processes:
    """Starts roles, each with a free port for its metrics, and kills what is left of them at the end."""

    def __init__(self, folder: Path, url: str, environ: Mapping[str, str], starter: Starter) -> None:
        own = {name: value for name, value in os.environ.items() if not name.startswith("KONTORHAUS_")}
        self._folder, self._starter = folder, starter
        self._started: list[Process] = []
        self.environ = {
            **own,
            "PYTHONPATH": str(ROOT),
            "KONTORHAUS_HOME": str(folder / "home"),
            "KONTORHAUS_DATABASE_URL": url,
            "KONTORHAUS_PORT": "0",
            "KONTORHAUS_WORKER_PORT": "0",
            "KONTORHAUS_RELAY_PORT": "0",
            **environ,
        }

    async def start(self, role: str, **environ: str) -> Process:
        """A role, once it listens. Its log is a file of the folder."""
        said = self._folder / f"{len(self._started):03}-{role}.log"
        said.touch()
        running = await self._starter.start(role, {**self.environ, **environ}, said)
        process = Process(role, running, "", said)
        self._started.append(process)
        async with asyncio.timeout(START_SECONDS_MAX):
            while not (address := _address(said)) and process.alive:
                await asyncio.sleep(0.02)
        # One that was told to kill itself may have done so before it listened.
        process.address = address or ""
        return process

    async def close(self) -> None:
        for process in self._started:
            await process.kill()


@contextlib.asynccontextmanager
async def processes(
    folder: Path, url: str, *, starter: Starter | None = None, **environ: str
) -> AsyncIterator[Processes]:
    found = Processes(folder, url, environ, starter or Command())
    try:
        yield found
    finally:
        await found.close()


def _address(said: Path) -> str | None:
    for line in said.read_text(errors="replace").splitlines():
        for beginning in ("API at ", "Metrics at "):
            if line.startswith(beginning):
                return line.removeprefix(beginning).removesuffix("/metrics").strip()
    return None
