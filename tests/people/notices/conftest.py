"""Fixtures of notices: a database of their own, since a worker takes every organization's mail, and a simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kontorhaus.people import access
from kontorhaus.platform.db import Db
from kontorhaus.platform.secrets import Keyring
from tests.people.notices.office import Office
from tests.support import databases
from tests.support.postbox import Postbox, postbox


@pytest.fixture
async def db(fresh_database_url: str) -> AsyncIterator[Db]:
    opened = await Db.connect(databases.login_url(fresh_database_url))
    yield opened
    await opened.close()


@pytest.fixture
async def box() -> AsyncIterator[Postbox]:
    async with postbox() as running:
        yield running


@pytest.fixture
async def office(db: Db, keyring: Keyring, box: Postbox) -> Office:
    founded = (await access.found(db, "Hanse Automobile"))[1]
    return Office(db=db, keyring=keyring, org_id=founded.org_id, key=founded.secret, smtp=box.smtp)
