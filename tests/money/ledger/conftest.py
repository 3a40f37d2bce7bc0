"""Fixtures of the ledger's tests."""

from __future__ import annotations

import pytest

from kontorhaus.platform.db import Db
from tests.money.ledger.books import Books


@pytest.fixture
async def books(db: Db) -> Books:
    return await Books.opened(db)
