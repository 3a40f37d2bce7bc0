"""What one can do: found an account, rename an organization, create and revoke keys, move a test clock; and note every
change."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import ORG, OrgId, uuid7
from kontorhaus.kernel.time import utc_now
from kontorhaus.people.access import model, store, views
from kontorhaus.people.access.errors import ApiKeyNotFound, OrganizationChanged
from kontorhaus.people.access.events import (
    ApiKeyCreated,
    ApiKeyRevoked,
    OrganizationCreated,
    OrganizationRenamed,
)
from kontorhaus.people.access.model import (
    ACCOUNT,
    API_KEY,
    AUDIT_ENTRY,
    ApiKey,
    ApiKeyId,
    Mode,
    Status,
    Step,
    advance,
    grantable,
)
from kontorhaus.platform import clocks, eventlog
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.clocks import TEST_CLOCK
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.idempotency import Once, Resume, one_phase, two_phase
from kontorhaus.platform.secrets import Keyring

NOBODY = UUID(int=0)
"""The house itself, as the author of what its operator's commands do."""


class Founded(Struct, frozen=True):
    """One organization of a new account, with a key that may do everything in it. The secret is shown once."""

    org_id: OrgId
    mode: Mode
    secret: str


async def found(db: Db, name: str) -> list[Founded]:
    """Create an account with its live and its test organization and one key each: all or nothing."""

    async def work(tx: Tx) -> list[Founded]:
        now, account_id = utc_now(), ACCOUNT.new()
        await store.INSERT_ACCOUNT.run(tx, account_id, name, now)
        founded = []
        for mode in ("live", "test"):
            org_id = ORG.new()
            await store.INSERT_ORGANIZATION.run(tx, org_id, account_id, mode, name, now)
            house = Actor(org_id=org_id, kind="house", id=NOBODY, scopes=frozenset({"*"}), mode=mode)
            await record(tx, house, "organization.created", "org", org_id, ["name", "mode"])
            fact = OrganizationCreated(subject=org_id, account_id=account_id, mode=mode, version=1)
            await eventlog.append(tx, fact, org_id=org_id)
            _, secret = await _insert_key(tx, house, "first key", ["*"])
            founded.append(Founded(org_id=org_id, mode=mode, secret=secret))
        return founded

    return await db.system().run(work)


async def rename(
    db: Db, keyring: Keyring, actor: Actor, once: Once, *, name: str, version: int | None
) -> Answer:
    """Rename the caller's organization; `version` is the one that the caller has read."""

    async def effect(tx: Tx) -> Answer:
        renamed = await store.RENAME_ORGANIZATION.maybe(tx, actor.org_id, version, name)
        if renamed is None:
            raise OrganizationChanged("the organization has changed since it was read")
        await record(tx, actor, "organization.renamed", "org", actor.org_id, ["name"])
        fact = OrganizationRenamed(subject=actor.org_id, version=renamed.version)
        await eventlog.append(tx, fact, org_id=actor.org_id)
        return answer(views.organization(renamed), version=renamed.version)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def create_key(
    db: Db, keyring: Keyring, actor: Actor, once: Once, *, name: str, scopes: list[str]
) -> Answer:
    """Create an API key and show it once. Whoever repeats the call with the same idempotency key within its time
    sees the same secret again: that answer is sealed at rest."""
    scopes = grantable(actor, scopes)

    async def effect(tx: Tx) -> Answer:
        key, secret = await _insert_key(tx, actor, name, scopes)
        seen = views.new_api_key(key, secret)
        return answer(seen, status=201, location=f"/v1/api_keys/{seen.id}", secret=True)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def revoke_key(db: Db, keyring: Keyring, actor: Actor, once: Once, key_id: ApiKeyId) -> Answer:
    """Revoke a key: the next request with it is refused, on every process."""

    async def effect(tx: Tx) -> Answer:
        key = await store.LOCK_KEY.maybe(tx, actor.org_id, key_id)
        if key is None:
            raise ApiKeyNotFound("there is no such API key")
        status = advance(key, Step.REVOKE)
        moved = await store.MOVE_KEY.one(tx, actor.org_id, key_id, key.status, status, utc_now())
        await record(tx, actor, "api_key.revoked", API_KEY.prefix, key_id, ["status"])
        await eventlog.append(tx, ApiKeyRevoked(subject=key_id, status=status), org_id=actor.org_id)
        return answer(views.api_key(moved))

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def freeze_time(db: Db, keyring: Keyring, actor: Actor, once: Once, *, at: datetime | None) -> Answer:
    """Give the caller's organization a test clock that stands at an instant, the present one if none is named.

    Raises TestClockInLiveMode, TestClockAhead, TestClockExists.
    """

    async def effect(tx: Tx) -> Answer:
        clock = await clocks.freeze(tx, actor.org_id, mode=actor.mode, at=at)
        await record(tx, actor, "test_clock.frozen", TEST_CLOCK.prefix, clock.id, ["now"])
        return answer(clocks.view(clock), status=201, location="/v1/test_clock")

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


ADVANCE_CALL: Final = "test_clock.advance"
"""What an unfinished call is kept under. It has no resumer of its own: the advance is a job, and answers it."""


async def advance_time(
    db: Db, keyring: Keyring, actor: Actor, once: Once, *, to: datetime, patience: timedelta
) -> Answer:
    """Advance the organization's test clock, and answer when it has arrived; the clock on its way, with 202, when that
    takes longer than `patience`. Raises TestClockNotFound, TestClockAdvancing, TimeRunsForward."""

    async def begin(tx: Tx) -> None:
        clock = await clocks.begin(tx, actor.org_id, resume.subject, to=to, answers=True)
        await record(tx, actor, "test_clock.advanced", TEST_CLOCK.prefix, clock.id, ["now"])

    async def interim(tx: Tx, _: UUID) -> Answer:
        return answer(clocks.view(await clocks.test_clock(tx, actor.org_id)), status=202)

    resume = Resume(kind=ADVANCE_CALL, subject=uuid7())
    return await two_phase(
        db,
        keyring,
        once,
        resume=resume,
        begin=begin,
        finish=lambda subject: clocks.arrival(db, keyring, actor.org_id, subject),
        interim=interim,
        patience=patience,
    )


async def thaw_time(db: Db, keyring: Keyring, actor: Actor, once: Once) -> Answer:
    """Remove the organization's test clock, and end its advance where it stands. Raises TestClockNotFound."""

    async def effect(tx: Tx) -> Answer:
        clock = await clocks.thaw(tx, keyring, actor.org_id)
        await record(tx, actor, "test_clock.removed", TEST_CLOCK.prefix, clock.id, ["now"])
        return answer(clocks.view(clock))

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def record(
    tx: Tx, actor: Actor, action: str, subject_kind: str, subject_id: UUID, fields: list[str]
) -> None:
    """Note a change in the audit log, in the transaction of the change. `fields` are names, never values."""
    await store.INSERT_AUDIT.run(
        tx,
        actor.org_id,
        AUDIT_ENTRY.new(),
        utc_now(),
        actor.kind,
        actor.id,
        action,
        subject_kind,
        subject_id,
        fields,
        actor.request_id,
    )


async def record_command(
    tx: Tx, org_id: OrgId, action: str, subject_kind: str, subject_id: UUID, fields: list[str]
) -> None:
    """Note what an operator has done by a command of the house, who is no member of the organization."""
    now = utc_now()
    row = (AUDIT_ENTRY.new(), now, "house", NOBODY, action, subject_kind, subject_id, fields, "-")
    await store.INSERT_AUDIT.run(tx, org_id, *row)


async def _insert_key(tx: Tx, actor: Actor, name: str, scopes: list[str]) -> tuple[ApiKey, str]:
    secret = model.mint(actor.mode)
    key = await store.INSERT_KEY.one(
        tx,
        actor.org_id,
        API_KEY.new(),
        name,
        model.hashed(secret),
        model.hint(secret),
        scopes,
        utc_now(),
    )
    await record(tx, actor, "api_key.created", API_KEY.prefix, key.id, ["name", "scopes"])
    fact = ApiKeyCreated(subject=key.id, scopes=key.scopes, status=Status(key.status))
    await eventlog.append(tx, fact, org_id=actor.org_id)
    return key, secret
