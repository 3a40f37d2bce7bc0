"""A durable PostgreSQL for the length of a benchmark, migrated, with the benchmark's own tables."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from msgspec import Struct

from kontorhaus.platform import postgres
from kontorhaus.platform.db import migrations, roles


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
            postgres.Server.start, folder / "postgres", binaries=postgres.find(None)
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
            "postgresql": str(await admin.fetchval("SHOW server_version")),
        }
    finally:
        await admin.close()
