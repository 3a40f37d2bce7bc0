"""After an erasure nothing personal is left of a notice; and what is old is forgotten by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest

from kontorhaus.kernel.ids import uuid7
from kontorhaus.people.notices import Attachment, NoticeId, Recipient, erase_recipient, forget_old, store
from kontorhaus.people.notices.actions.delivering import KEPT
from tests.people.notices.office import Office
from tests.support.postbox import Postbox

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

TRACES = ("quendel", "zacharias", "ulmenhof", "rechnung", "privatpost")


@pytest.fixture
async def vault(fresh_database_url: str) -> AsyncIterator[Connection]:
    """The database as its owner sees it, past every wall."""
    connection: Connection = await asyncpg.connect(fresh_database_url)
    yield connection
    await connection.close()


async def kept(vault: Connection, office: Office) -> str:
    """Every row that any table keeps of an organization, as text, and its bytes read as text too."""
    tables = await vault.fetch(
        """
        SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'org_id'
        """
    )
    rows = [
        row
        for table in tables
        for row in await vault.fetch(f"SELECT t FROM {table['name']} t WHERE org_id = $1", office.org_id)
    ]
    values = [value for row in rows for value in row["t"].values()]
    texts = [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values]
    return "\n".join(texts).lower()


async def write(office: Office, recipient: Recipient | None = None) -> NoticeId:
    return await office.write(
        "zq@quendel.example",
        name="Zacharias Quendel",
        note="Ulmenhof 77",
        recipient=recipient,
        attachments=(Attachment("Rechnung.pdf", "application/pdf", b"privatpost"),),
    )


async def rows(vault: Connection, table: str) -> int:
    found = await vault.fetchval(f"SELECT count(*) FROM {table}")
    return int(found)


async def test_nothing_personal_is_readable_at_rest(office: Office, box: Postbox, vault: Connection) -> None:
    await box.fault(stage="rcpt", reply="550 5.1.1 no zq@quendel.example here, Zacharias")
    await write(office)
    await office.work()
    await office.facts(uuid7())

    everything = await kept(vault, office)

    assert "test_message" in everything
    assert "refused" in everything
    assert [trace for trace in TRACES if trace in everything] == []


async def test_every_personal_table_is_erased(vault: Connection) -> None:
    """Sealed bytes are what is personal here; a table that gets such a column must be in the list."""
    sealed = await vault.fetch(
        """
        SELECT DISTINCT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relname LIKE 'notice%' AND c.relkind = 'r' AND a.atttypid = 'bytea'::regtype
        """
    )

    assert sorted(
        f"DELETE FROM {row['name']} WHERE org_id = $1 AND notice_id = $2" for row in sealed
    ) == sorted(erasure.text for erasure in store.ERASURES)


async def test_erasing_a_recipient_erases_what_was_sent_and_cancels_what_was_not(
    office: Office, box: Postbox, vault: Connection
) -> None:
    anna, bert = Recipient("pty", uuid7()), Recipient("pty", uuid7())
    sent = await write(office, anna)
    await office.work()
    waiting = await write(office, anna)
    other = await write(office, bert)

    async with office.db.org(office.org_id) as tx:
        assert await erase_recipient(tx, office.org_id, anna.id) == 2
        assert await erase_recipient(tx, office.org_id, anna.id) == 0
    await office.work()

    statuses = [(await office.notice(one)).status for one in (sent, waiting, other)]
    assert statuses == ["sent", "cancelled", "sent"]
    assert len(await box.messages()) == 2
    assert await rows(vault, "notice_content") == await rows(vault, "notice_attachment") == 1


async def test_what_was_said_is_forgotten_after_its_time(
    office: Office, box: Postbox, vault: Connection
) -> None:
    sent = await write(office)
    await office.work()
    waiting = await write(office)

    assert await forget_old(office.db, now=office.now() + KEPT - timedelta(minutes=1)) == 0
    assert await forget_old(office.db, now=office.now() + KEPT + timedelta(minutes=1)) == 1
    assert await forget_old(office.db, now=office.now() + KEPT + timedelta(minutes=1)) == 0

    assert (await office.notice(sent)).erased_at is not None
    assert (await office.notice(waiting)).erased_at is None
    assert await rows(vault, "notice_content") == await rows(vault, "notice_attachment") == 1


async def test_a_letter_that_is_erased_while_it_is_under_way_is_cancelled_all_the_same(
    office: Office, box: Postbox
) -> None:
    """The worker has read it, and its server is slow: what it then writes down brings nothing back."""
    anna = Recipient("pty", uuid7())
    await box.fault(stage="accept", delay_ms=1_000)
    notice_id = await office.write(recipient=anna)
    working = asyncio.create_task(office.work())
    while not await box.messages():
        await asyncio.sleep(0.02)

    async with office.db.org(office.org_id) as tx:
        await erase_recipient(tx, office.org_id, anna.id)
    await working

    assert (await office.notice(notice_id)).status == "cancelled"
    assert await office.outcomes(notice_id) == [("accepted", 250, "2.0.0")]
    told = await office.facts(notice_id)
    assert [type(fact).__name__ for fact in told] == ["NoticeQueued", "NoticeCancelled"]
