"""What a call commits bears a token: the effect's own transaction, and while that is open the one that began."""

from __future__ import annotations

import uuid
from datetime import timedelta
from uuid import UUID

from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.people.access import Founded
from kontorhaus.platform import eventlog
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.idempotency import Once, Resume, one_phase, settle, settled, two_phase
from kontorhaus.platform.outbound import Unknown
from kontorhaus.platform.secrets import Keyring

DONE = Answer(201, b'{"done":true}')
PENDING = Answer(202, b'{"done":false}')


def call(org_id: OrgId) -> Once:
    return Once(org_id, "api_key", None, "charge", uuid.uuid4().hex, b"x" * 32, "2026-11-20")


async def running(tx: Tx) -> int:
    found: int = await tx.connection.fetchval("SELECT pg_current_xact_id()::text::bigint")
    return found


def xid_of(org_id: OrgId, given: Answer) -> int:
    assert given.commit is not None, "what is committed has its token"
    return eventlog.commit_of(org_id, given.commit)


async def test_one_transaction_is_its_own_commit(db: Db, keyring: Keyring, organization: Founded) -> None:
    org_id, seen = organization.org_id, []

    async def effect(tx: Tx) -> Answer:
        seen.append(await running(tx))
        return DONE

    once = call(org_id)
    first = await one_phase(db.org(org_id), keyring, once, effect)
    again = await one_phase(db.org(org_id), keyring, once, effect)

    assert xid_of(org_id, first) == xid_of(org_id, again) == seen[0]
    assert len(seen) == 2, "the repeated call ran, and was rolled back"


async def test_an_open_call_names_its_beginning_and_its_answer_the_end(
    db: Db, keyring: Keyring, organization: Founded
) -> None:
    org_id, once, subject = organization.org_id, call(organization.org_id), uuid7()
    began, ended = [], []

    async def begin(tx: Tx) -> None:
        began.append(await running(tx))

    async def nothing_known(_: UUID) -> Answer:
        raise Unknown("no answer came")

    async def interim(_: Tx, __: UUID) -> Answer:
        return PENDING

    async def asked() -> Answer:
        return await two_phase(
            db,
            keyring,
            once,
            resume=Resume("known", subject),
            begin=begin,
            finish=nothing_known,
            interim=interim,
            patience=timedelta(0),
        )

    opened, still_open = await asked(), await asked()
    async with db.org(org_id) as tx:
        ended.append(await running(tx))
        given = await settle(tx, keyring, org_id, subject, DONE)
    async with db.org(org_id) as tx:
        found = await settled(tx, keyring, org_id, subject)
    replayed = await asked()

    assert [opened.status, still_open.status, replayed.status] == [202, 202, 201]
    assert {xid_of(org_id, opened), xid_of(org_id, still_open)} == set(began)
    assert found == given
    assert {xid_of(org_id, given), xid_of(org_id, replayed)} == set(ended)
    assert replayed.replayed
