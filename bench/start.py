"""Starting: how long the whole house takes to answer, first and second time, and what an idle API process holds.

The limit beside each is what PostgreSQL alone needs for the same start in the same run, so that a slow machine does not
look like a slow house. What was learnt: most of the second start is Python importing (0.4 s); PostgreSQL takes 0.1 s.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path

from bench.figures import Figure, resident_megabytes
from kontorhaus.kernel.time import monotonic
from kontorhaus.platform import postgres

STARTS = 5


async def run() -> list[Figure]:
    """Start everything several times, each in one folder, and take the medians of the later starts."""
    with tempfile.TemporaryDirectory() as folder:
        alone = [await _postgres_seconds(Path(folder) / "alone") for _ in range(STARTS)]
        home = Path(folder) / "home"
        house = [await _house_seconds(home) for _ in range(STARTS)]
        idle = await _idle_api_megabytes(Path(folder) / "api")
    first, later = house[0], sorted(house[1:])[len(house[1:]) // 2]
    postgres_later = sorted(alone[1:])[len(alone[1:]) // 2]
    return [
        Figure("start of the house, the first", first, "s", alone[0], first / alone[0], None),
        Figure(
            "start of the house, a later one", later, "s", postgres_later, later / postgres_later, "< 3 s"
        ),
        Figure("an idle API process, resident", idle, "MB", 110, idle / 110, "ratio ≤ 1"),
    ]


async def _postgres_seconds(folder: Path) -> float:
    began = monotonic()
    server = await asyncio.to_thread(postgres.Server.start, folder, binaries=postgres.find(None))
    seconds = monotonic() - began
    await asyncio.to_thread(server.stop)
    return seconds


async def _house_seconds(home: Path) -> float:
    began = monotonic()
    process, _ = await started("up", {"KONTORHAUS_HOME": str(home)}, until="Stop it with Ctrl-C.")
    seconds = monotonic() - began
    await stopped(process)
    return seconds


async def _idle_api_megabytes(folder: Path) -> float:
    server = await asyncio.to_thread(postgres.Server.start, folder, binaries=postgres.find(None))
    try:
        server.ensure_database("idle")
        urls = {
            "KONTORHAUS_HOME": str(folder / "home"),
            "KONTORHAUS_DATABASE_URL": server.url_for("idle", login="kontorhaus"),
            "KONTORHAUS_DATABASE_ADMIN_URL": server.url_for("idle"),
        }
        migrating, _ = await started("db migrate", urls, until="the schema is current")
        await migrating.communicate()
        process, _ = await started("api", urls, until="API at")
        await asyncio.sleep(1)
        megabytes = resident_megabytes(process.pid)
        await stopped(process)
        return megabytes
    finally:
        await asyncio.to_thread(server.stop)


async def started(
    words: str, environ: dict[str, str], *, until: str
) -> tuple[asyncio.subprocess.Process, str]:
    """A command of the house, and the line by which it says that it is ready."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "kontorhaus",
        *words.split(),
        env={**os.environ, "KONTORHAUS_PORT": "0", **environ},
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    assert process.stdout is not None
    async for line in process.stdout:
        if until in line.decode():
            return process, line.decode()
    raise AssertionError(f"kontorhaus {words} ended before it said {until!r}")


async def stopped(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGTERM)
    await process.communicate()
