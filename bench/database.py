"""A durable PostgreSQL for the length of a benchmark, migrated, with the benchmark's own tables."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg
from msgspec import Struct

from kontorhaus.platform import postgres
from kontorhaus.platform.db import migrations, roles

FSYNC_MICROSECONDS: Final = os.environ.get("BENCH_FSYNC_US", "0")
"""How much slower the disk is made: every flush of the log waits so long first. 1000 is a cloud's disk, where a fast
local one flatters whoever writes less. By `commit_delay` of PostgreSQL, which any machine can do."""


class Database(Struct, frozen=True):
    """Addresses for the administrator and for the house's login, a folder to write to, and what is so of the server."""

    admin_url: str
    url: str
    folder: Path
    conditions: dict[str, str | int]


@asynccontextmanager
async def durable(schema: str) -> AsyncIterator[Database]:
    """Start it, bring it to the newest schema and `schema`, and clear up."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = await asyncio.to_thread(
            postgres.Server.start,
            folder / "postgres",
            binaries=postgres.find(None),
            parameters={"commit_delay": FSYNC_MICROSECONDS, "commit_siblings": "0"},
        )
        try:
            server.ensure_database("bench")
            admin_url = server.url_for("bench")
            await migrations.migrate(admin_url)
            conditions = await _prepared(admin_url, schema)
            yield Database(admin_url, server.url_for("bench", login=roles.LOGIN), folder, conditions)
        finally:
            await asyncio.to_thread(server.stop)


async def _prepared(admin_url: str, schema: str) -> dict[str, str | int]:
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute(schema)
        return {
            "fsync": str(await admin.fetchval("SHOW fsync")),
            "added_to_fsync_us": int(FSYNC_MICROSECONDS),
            "postgresql": str(await admin.fetchval("SHOW server_version")),
        }
    finally:
        await admin.close()
