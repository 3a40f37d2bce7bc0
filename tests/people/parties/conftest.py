"""Fixtures of parties."""

from __future__ import annotations

import pytest

from kontorhaus.people.access import Founded
from kontorhaus.platform.db import Db
from kontorhaus.platform.secrets import Keyring
from tests.people.parties.desk import Desk


@pytest.fixture
def desk(db: Db, keyring: Keyring, organization: Founded) -> Desk:
    return Desk(db=db, keyring=keyring, org_id=organization.org_id)


@pytest.fixture
def other_desk(db: Db, keyring: Keyring, stranger: Founded) -> Desk:
    """The desk of another organization."""
    return Desk(db=db, keyring=keyring, org_id=stranger.org_id)
