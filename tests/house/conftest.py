"""A look into the catalog of a migrated database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import asyncpg
import pytest

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]


@pytest.fixture
async def catalog(admin_database_url: str) -> AsyncIterator[Connection]:
    """A connection of the schema's owner, in a transaction that is rolled back."""
    connection: Connection = await asyncpg.connect(admin_database_url, statement_cache_size=0)
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield connection
    finally:
        await transaction.rollback()
        await connection.close()


@pytest.fixture
async def login_of_nothing(catalog: Connection) -> str:
    """A role as a process's login is before it takes one of the house's: it has nothing but what PUBLIC
    has."""
    await catalog.execute("CREATE ROLE kontorhaus_house_nobody NOLOGIN")
    return "kontorhaus_house_nobody"
