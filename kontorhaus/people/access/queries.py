"""What one can read of access."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.people.access import model, store, views
from kontorhaus.people.access.errors import ApiKeyNotFound
from kontorhaus.people.access.model import ApiKey, ApiKeyId, AuditEntry, AuditEntryId, Organization
from kontorhaus.people.access.views import ApiKeyView, OrganizationView
from kontorhaus.platform import clocks
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.clocks import TestClock, TestClockView
from kontorhaus.platform.db import Db, Tx

LAST: Final = UUID(int=2**128 - 1)
"""Where a list that shows the newest first begins."""

USE_NOTED_EVERY: Final = timedelta(hours=1)
"""A key's last use is for people who clean up old keys: an hour is exact enough, and costs no write per request."""


async def authenticate(db: Db, credential: str) -> Actor | None:
    """Whose key this is; None for anything but an active key. One round trip, none for a malformed key.

    A revoked key stops working with the next request: nothing is cached.
    """
    if not model.well_formed(credential):
        return None
    found = await db.lookup(store.FIND_KEY, model.hashed(credential))
    if found is None:
        return None
    actor = Actor(
        org_id=OrgId(found["org_id"]),
        kind="api_key",
        id=found["id"],
        scopes=frozenset(found["scopes"]),
        mode=found["mode"],
        frozen_at=found["frozen_at"],
    )
    now = utc_now()
    if found["last_used_at"] is None or now - found["last_used_at"] > USE_NOTED_EVERY:
        async with db.org(actor.org_id) as tx:
            await store.TOUCH_KEY.run(tx, actor.org_id, actor.id, now)
    return actor


async def test_clock(db: Db, org_id: OrgId) -> TestClock:
    """Raises TestClockNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        return await clocks.test_clock(tx, org_id)


async def organization(db: Db, org_id: OrgId) -> Organization:
    async with db.org(org_id, read_only=True) as tx:
        return await store.ORGANIZATION.one(tx, org_id)


async def organizations(db: Db) -> list[Organization]:
    """Every organization, for the operator's commands alone."""
    async with db.system(read_only=True) as tx:
        return await store.ORGANIZATIONS.all(tx)


async def api_key(db: Db, org_id: OrgId, key_id: ApiKeyId) -> ApiKey:
    async with db.org(org_id, read_only=True) as tx:
        key = await store.KEY.maybe(tx, org_id, key_id)
    if key is None:
        raise ApiKeyNotFound("there is no such API key")
    return key


async def api_keys(db: Db, org_id: OrgId, *, before: ApiKeyId | None, limit: int) -> list[ApiKey]:
    """Newest first."""
    async with db.org(org_id, read_only=True) as tx:
        return await store.KEYS.all(tx, org_id, before or LAST, limit)


async def audit_entries(
    db: Db, org_id: OrgId, *, subject_id: UUID | None, before: AuditEntryId | None, limit: int
) -> list[AuditEntry]:
    """Newest first; of one object, if asked."""
    async with db.org(org_id, read_only=True) as tx:
        if subject_id is None:
            return await store.AUDIT.all(tx, org_id, before or LAST, limit)
        return await store.AUDIT_OF.all(tx, org_id, before or LAST, limit, subject_id)


async def organization_snapshots(
    tx: Tx, ids: Sequence[UUID], viewer: Actor, version: str, now: datetime
) -> Mapping[UUID, OrganizationView]:
    """Snapshots of organizations, of which a viewer has his own alone; none without the right to read it."""
    del version, now
    if not viewer.may("organization:read"):
        return {}
    found = await store.ORGANIZATIONS_NOW.all(tx, list(ids))
    return {one.id: views.organization(one) for one in found if one.id == viewer.org_id}


async def test_clock_snapshots(
    tx: Tx, ids: Sequence[UUID], viewer: Actor, version: str, now: datetime
) -> Mapping[UUID, TestClockView]:
    """The snapshot of the viewer's test clock; none of one that was removed, nor without the right to read it."""
    del version, now
    clock = await clocks.find(tx, viewer.org_id) if viewer.may("test_clock:read") else None
    return {clock.id: clocks.view(clock)} if clock is not None and clock.id in ids else {}


async def api_key_snapshots(
    tx: Tx, ids: Sequence[UUID], viewer: Actor, version: str, now: datetime
) -> Mapping[UUID, ApiKeyView]:
    """Snapshots of API keys, revoked ones included; none without the right to read them."""
    del version, now
    if not viewer.may("api_keys:read"):
        return {}
    found = await store.KEYS_NOW.all(tx, viewer.org_id, list(ids))
    return {key.id: views.api_key(key) for key in found}
