"""One organization's inbox is nothing to another one, and nobody forgets what was received."""

from __future__ import annotations

import uuid
from datetime import timedelta

import asyncpg
import pytest

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import inbox
from kontorhaus.platform.db import Db
from kontorhaus.platform.inbox import CONNECTION, ConnectionNotFound, MessageId
from kontorhaus.platform.inbox.errors import MessageNotFound
from kontorhaus.platform.secrets import Keyring
from tests.platform.inbox.sender import DEMO, EFFECTS, SECRET, Sender, Worked, opened
from tests.support.house import House


@pytest.fixture
def stranger_org() -> OrgId:
    return OrgId(uuid.uuid4())


async def test_an_effect_stands_behind_the_wall_of_its_connection(
    demo: Sender, house: House, db: Db, keyring: Keyring, org: OrgId, stranger_org: OrgId, worked: Worked
) -> None:
    other = Sender(house, await opened(db, keyring, stranger_org))
    await demo.send("ours", about="a")
    await other.send("theirs", about="a")
    await worked.drain()

    async with db.system() as tx:
        assert {done.event: done.org_id for done in await EFFECTS.all(tx)} == {
            "ours": org,
            "theirs": stranger_org,
        }


async def test_a_stranger_reads_replays_and_discards_nothing(
    demo: Sender, db: Db, keyring: Keyring, stranger_org: OrgId, org: OrgId, worked: Worked
) -> None:
    await demo.send("a1", about="a", poison=True)
    await worked.drain()
    async with db.org(org) as tx:
        (ours,) = await inbox.waiting(tx)
    message_id = MessageId(ours.id)

    async with db.org(stranger_org) as tx:
        assert await inbox.waiting(tx) == []
        assert await inbox.connections(tx) == []
        with pytest.raises(MessageNotFound):
            await inbox.message(tx, org, message_id)
        with pytest.raises(ConnectionNotFound):
            await inbox.close(tx, org_id=org, connection_id=demo.connection_id, now=utc_now())
    with pytest.raises(MessageNotFound):
        await inbox.discard(db, org_id=stranger_org, message_id=message_id, now=utc_now())
    for _ in range(3):
        await worked.drain(later=timedelta(days=1))
    assert await inbox.replay(db, now=utc_now(), org_id=stranger_org) == 0
    assert await inbox.replay(db, now=utc_now(), org_id=org) == 1


async def test_a_connection_is_made_and_rotated_by_its_organization_alone(
    demo: Sender, db: Db, keyring: Keyring, stranger_org: OrgId, org: OrgId
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.org(stranger_org) as tx:
            await inbox.connect(tx, keyring, DEMO, org_id=org, secret=SECRET, now=utc_now())
    with pytest.raises(ConnectionNotFound):
        async with db.org(stranger_org) as tx:
            await inbox.rotate(
                tx,
                keyring,
                DEMO,
                org_id=stranger_org,
                connection_id=demo.connection_id,
                secret=SECRET,
                now=utc_now(),
            )


async def test_the_lookup_tells_nothing_but_of_the_address_one_has(demo: Sender, db: Db, org: OrgId) -> None:
    found = await db.lookup("SELECT org_id FROM find_inbox_connection($1)", demo.connection_id)
    assert found is not None
    assert found["org_id"] == org
    assert await db.lookup("SELECT org_id FROM find_inbox_connection($1)", CONNECTION.new()) is None


async def test_what_was_seen_is_never_forgotten(demo: Sender, db: Db, org: OrgId) -> None:
    await demo.send("evt_1")
    for scope in (db.org(org), db.system()):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with scope as tx:
                await tx.connection.execute("DELETE FROM inbox_seen")
