"""What one call of many must not do to the others: stop the resumer, or be taken by a worker that does not know it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from kontorhaus.kernel.errors import Refused
from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.people.access import Founded
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.idempotency import Once, Resume, one_phase, resume_due, settle, two_phase
from kontorhaus.platform.outbound import Unknown
from kontorhaus.platform.secrets import Keyring, KeysDiffer, LocalKeyFile, prove
from tests.support import databases

DONE = Answer(201, b'{"done":true}')
PENDING = Answer(202, b'{"done":false}')


def call(org_id: OrgId, key: str | None = None) -> Once:
    return Once(org_id, "api_key", None, "charge", key or uuid.uuid4().hex, b"x" * 32, "2026-11-20")


async def left_open(db: Db, keyring: Keyring, once: Once, kind: str) -> UUID:
    """A call whose other side gave no answer, due at once."""
    subject = uuid7()

    async def begin(_: Tx) -> None: ...

    async def finish(_: UUID) -> Answer:
        raise Unknown("no answer came")

    async def interim(_: Tx, __: UUID) -> Answer:
        return PENDING

    given = await two_phase(
        db,
        keyring,
        once,
        resume=Resume(kind, subject),
        begin=begin,
        finish=finish,
        interim=interim,
        patience=timedelta(0),
    )
    assert (given.status, given.body) == (202, PENDING.body), "what is not known yet is 202"
    return subject


async def test_an_end_that_comes_at_the_last_moment_is_the_answer(
    db: Db, keyring: Keyring, organization: Founded
) -> None:
    """Whoever ended the call may have changed the object since: what stood before is not shown any more."""
    once, subject = call(organization.org_id), uuid7()

    async def begin(_: Tx) -> None: ...

    async def finish(_: UUID) -> Answer:
        async with db.org(organization.org_id) as tx:
            await settle(tx, keyring, organization.org_id, subject, DONE)
        raise Unknown("the answer was lost on its way")

    async def interim(_: Tx, __: UUID) -> Answer:
        raise AssertionError("the end is known")

    given, again = [
        await two_phase(
            db,
            keyring,
            once,
            resume=Resume("known", subject),
            begin=begin,
            finish=finish,
            interim=interim,
            patience=timedelta(seconds=5),
        )
        for _ in range(2)
    ]
    assert (given.status, given.body, given.commit) == (201, DONE.body, again.commit)
    assert again.replayed


async def test_a_worker_takes_only_the_kinds_that_it_knows(fresh_database_url: str, keyring: Keyring) -> None:
    db = await Db.connect(databases.login_url(fresh_database_url))
    org_id = OrgId(uuid7())
    new = await left_open(db, keyring, call(org_id), "of newer code")
    old = await left_open(db, keyring, call(org_id), "known")
    ended = []

    async def known(org: OrgId, subject: UUID) -> Answer:
        ended.append(subject)
        async with db.org(org) as tx:
            return await settle(tx, keyring, org, subject, DONE)

    assert await resume_due(db, {"known": known}) == 1
    assert ended == [old]
    async with db.org(org_id) as tx:
        waiting = await tx.connection.fetch(
            "SELECT subject, resumes FROM idempotency_key WHERE answer IS NULL"
        )
    assert [(row["subject"], row["resumes"]) for row in waiting] == [(new, 0)]
    await db.close()


async def test_one_call_that_fails_again_is_put_off_and_the_others_are_ended(
    fresh_database_url: str, keyring: Keyring
) -> None:
    db = await Db.connect(databases.login_url(fresh_database_url))
    org_id = OrgId(uuid7())
    bad, good = [await left_open(db, keyring, call(org_id), "known") for _ in range(2)]

    async def known(org: OrgId, subject: UUID) -> Answer:
        if subject == bad:
            raise Unknown("still no answer")
        async with db.org(org) as tx:
            return await settle(tx, keyring, org, subject, DONE)

    assert await resume_due(db, {"known": known}) == 2
    assert await resume_due(db, {"known": known}) == 0, "the bad one is put off"
    async with db.org(org_id) as tx:
        rows = await tx.connection.fetch("SELECT subject, answer IS NULL AS open FROM idempotency_key")
    assert {row["subject"]: row["open"] for row in rows} == {bad: True, good: False}
    await db.close()


async def test_a_repeated_call_is_answered_though_its_effect_is_now_refused(
    db: Db, keyring: Keyring, organization: Founded
) -> None:
    once, runs = call(organization.org_id), 0

    async def effect(tx: Tx) -> Answer:
        nonlocal runs
        runs += 1
        await tx.connection.execute("UPDATE organization SET version = version + 1")
        if runs == 2:
            raise AlreadyDone("it is done already")
        if runs == 3:
            raise AssertionError("a mistake of ours that only a repeated call meets")
        return DONE

    scope = db.org(organization.org_id)
    answers = [await one_phase(scope, keyring, once, effect) for _ in range(4)]
    assert {(given.status, given.body) for given in answers} == {(201, DONE.body)}
    assert [given.replayed for given in answers] == [False, True, True, True]
    async with scope as tx:
        assert await tx.connection.fetchval("SELECT version FROM organization") == 2, "one effect"


async def test_a_commit_that_was_a_rollback_is_no_success(
    db: Db, keyring: Keyring, organization: Founded
) -> None:
    async def effect(tx: Tx) -> Answer:
        try:
            await tx.connection.execute("SELECT 1/0")
        except asyncpg.DivisionByZeroError:
            return DONE
        return PENDING

    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await one_phase(db.org(organization.org_id), keyring, call(organization.org_id), effect)
    with pytest.raises(RuntimeError, match="failed statement"):
        async with db.org(organization.org_id) as tx:
            await effect(tx)


async def test_a_process_with_other_keys_does_not_start(
    fresh_database_url: str, keyring: Keyring, tmp_path_factory: pytest.TempPathFactory
) -> None:
    db = await Db.connect(databases.login_url(fresh_database_url))
    other = Keyring(LocalKeyFile.opened(tmp_path_factory.mktemp("other") / "master.keys"))
    await prove(db, keyring)
    await prove(db, keyring)
    with pytest.raises(KeysDiffer):
        await prove(db, other)
    await db.close()


class AlreadyDone(Refused):
    """It was done before."""

    code = "test_already_done"
    title = "Done before"
