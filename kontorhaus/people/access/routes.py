"""The API of access: the organization, its keys, its test clock, its audit log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from msgspec import Meta, Struct

from kontorhaus.kernel.ids import ANY_ID, parse_any
from kontorhaus.kernel.time import InstantInvalid, in_utc
from kontorhaus.people.access import actions, queries, views
from kontorhaus.people.access.errors import (
    ApiKeyConflict,
    ApiKeyNotFound,
    OrganizationChanged,
    ScopeNotGrantable,
)
from kontorhaus.people.access.model import API_KEY, ApiKeyId, AuditEntryId
from kontorhaus.people.access.views import ApiKeyView, AuditEntryView, NewApiKeyView, OrganizationView
from kontorhaus.platform import clocks
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.clocks import (
    TestClockAdvancing,
    TestClockAhead,
    TestClockExists,
    TestClockInLiveMode,
    TestClockNotFound,
    TestClockOutOfRange,
    TestClockView,
    TimeRunsForward,
)
from kontorhaus.platform.http import Call, Page, route

Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        # One line: no control characters, no blank at either end.
        pattern=r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$(?!\n)",
        examples=["Hanse Automobile GmbH"],
    ),
]
Scope = Annotated[
    str,
    Meta(
        # "$" alone would let a line break pass behind the last character.
        pattern=r"^(\*|[a-z_]{1,40}:(\*|[a-z_]{1,40}))$(?!\n)",
        examples=["parties:read"],
        description="`noun:verb`, `noun:*` or `*`.",
    ),
]


class Rename(Struct, frozen=True, forbid_unknown_fields=True):
    name: Name


class NewApiKey(Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=100)]


class NewTestClock(Struct, frozen=True, forbid_unknown_fields=True):
    now: Annotated[datetime, Meta(tz=True, examples=["2026-01-01T00:00:00Z"])] | None = None


class Advance(Struct, frozen=True, forbid_unknown_fields=True):
    to: Annotated[datetime, Meta(tz=True, examples=["2026-12-01T00:00:00Z"])]


PATIENCE_SECONDS: Final = 10
"""How long an advance may keep its caller waiting: most are done by then, and phones give up after thirty seconds. Half
of an answer's longest time, where that is less."""


class AuditPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    subject_id: (
        Annotated[
            str,
            Meta(
                pattern=ANY_ID,
                description="Only entries about this object: its id.",
                examples=["pty_01h455vb4pex5vsknk084sn02q"],
            ),
        ]
        | None
    ) = None


@route("GET", "/v1/organization", scope="organization:read", answer=OrganizationView, tag="Access")
async def get_organization(call: Call[None, None]) -> Answer:
    """Read your organization.

    The one that the API key belongs to, in the mode of the key: live and test are two organizations.
    """
    found = await queries.organization(call.db, call.actor.org_id)
    return answer(views.organization(found), version=found.version)


@route(
    "PATCH",
    "/v1/organization",
    scope="organization:write",
    body=Rename,
    answer=OrganizationView,
    errors=(OrganizationChanged,),
    idempotent=True,
    if_match=True,
    tag="Access",
)
async def update_organization(call: Call[Rename, None]) -> Answer:
    """Rename your organization."""
    return await actions.rename(
        call.db, call.resources.keyring, call.actor, call.once, name=call.body.name, version=call.if_match
    )


@route(
    "POST",
    "/v1/api_keys",
    scope="api_keys:write",
    body=NewApiKey,
    answer=NewApiKeyView,
    status=201,
    errors=(ScopeNotGrantable,),
    idempotent=True,
    tag="Access",
)
async def create_api_key(call: Call[NewApiKey, None]) -> Answer:
    """Create an API key.

    The secret is in this answer and nowhere else. A key can grant only scopes that it holds itself.
    """
    return await actions.create_key(
        call.db, call.resources.keyring, call.actor, call.once, name=call.body.name, scopes=call.body.scopes
    )


@route("GET", "/v1/api_keys", scope="api_keys:read", query=Page, list_of=ApiKeyView, tag="Access")
async def list_api_keys(call: Call[None, Page]) -> Answer:
    """List API keys, newest first, revoked ones included."""
    found = await queries.api_keys(
        call.db, call.actor.org_id, before=call.after(ApiKeyId), limit=call.query.limit + 1
    )
    return call.page(found, view=views.api_key, position=lambda key: key.id)


@route(
    "GET",
    "/v1/api_keys/{api_key_id}",
    scope="api_keys:read",
    answer=ApiKeyView,
    errors=(ApiKeyNotFound,),
    ids={"api_key_id": API_KEY},
    tag="Access",
)
async def get_api_key(call: Call[None, None]) -> Answer:
    """Read an API key: its hint and its scopes, never the key itself."""
    key = await queries.api_key(call.db, call.actor.org_id, call.id(API_KEY, "api_key_id"))
    return answer(views.api_key(key))


@route(
    "POST",
    "/v1/api_keys/{api_key_id}/revoke",
    scope="api_keys:write",
    answer=ApiKeyView,
    errors=(ApiKeyNotFound, ApiKeyConflict),
    ids={"api_key_id": API_KEY},
    idempotent=True,
    tag="Access",
)
async def revoke_api_key(call: Call[None, None]) -> Answer:
    """Revoke an API key.

    From the next request on it is refused, by every process. It cannot be undone.
    """
    return await actions.revoke_key(
        call.db, call.resources.keyring, call.actor, call.once, call.id(API_KEY, "api_key_id")
    )


@route(
    "POST",
    "/v1/test_clock",
    scope="test_clock:write",
    body=NewTestClock,
    answer=TestClockView,
    status=201,
    errors=(InstantInvalid, TestClockInLiveMode, TestClockOutOfRange, TestClockAhead, TestClockExists),
    idempotent=True,
    tag="Access",
)
async def create_test_clock(call: Call[NewTestClock, None]) -> Answer:
    """Stop your organization's time.

    In test mode alone. From here on everything that is due by business time (expiry, reminders, billing) waits until
    the clock is advanced. `now` is the instant at which it stands: the present, or an earlier one.
    """
    at = None if call.body.now is None else in_utc(call.body.now)
    return await actions.freeze_time(call.db, call.resources.keyring, call.actor, call.once, at=at)


@route(
    "GET",
    "/v1/test_clock",
    scope="test_clock:read",
    answer=TestClockView,
    errors=(TestClockNotFound,),
    tag="Access",
)
async def get_test_clock(call: Call[None, None]) -> Answer:
    """Read your organization's test clock: where it stands, and how far an advance has come."""
    return answer(clocks.view(await queries.test_clock(call.db, call.actor.org_id)))


@route(
    "POST",
    "/v1/test_clock/advance",
    scope="test_clock:write",
    body=Advance,
    answer=TestClockView,
    errors=(InstantInvalid, TestClockOutOfRange, TestClockNotFound, TestClockAdvancing, TimeRunsForward),
    idempotent=True,
    accepts=True,
    tag="Access",
)
async def advance_test_clock(call: Call[Advance, None]) -> Answer:
    """Advance your organization's time.

    By any jump forward. All that is due on the way is carried out in its order, each at its own instant, with
    everything that follows from it. 200 when that is done; after ten seconds 202 with the clock on its way.
    """
    patience = min(PATIENCE_SECONDS, call.resources.settings.answer_seconds_max // 2)
    return await actions.advance_time(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        to=in_utc(call.body.to),
        patience=timedelta(seconds=patience),
    )


@route(
    "DELETE",
    "/v1/test_clock",
    scope="test_clock:write",
    answer=TestClockView,
    errors=(TestClockNotFound,),
    idempotent=True,
    tag="Access",
)
async def delete_test_clock(call: Call[None, None]) -> Answer:
    """Let your organization's time run again.

    It is the machine's from here on. What is due between the clock's instant and the present becomes due at once,
    in no order; to have it in its order, advance the clock to the present first. If the clock stood in the future, time
    goes back: what was done stays done. An advance that is under way ends where it stands, and its call is answered.
    """
    return await actions.thaw_time(call.db, call.resources.keyring, call.actor, call.once)


@route("GET", "/v1/audit_entries", scope="audit:read", query=AuditPage, list_of=AuditEntryView, tag="Access")
async def list_audit_entries(call: Call[None, AuditPage]) -> Answer:
    """List changes, newest first.

    Each entry says who did what to which object and names the fields that changed, never their values.
    """
    found = await queries.audit_entries(
        call.db,
        call.actor.org_id,
        subject_id=parse_any(call.query.subject_id) if call.query.subject_id else None,
        before=call.after(AuditEntryId),
        limit=call.query.limit + 1,
    )
    return call.page(found, view=views.audit_entry, position=lambda entry: entry.id)


ROUTES = (
    get_organization,
    update_organization,
    create_api_key,
    list_api_keys,
    get_api_key,
    revoke_api_key,
    create_test_clock,
    get_test_clock,
    advance_test_clock,
    delete_test_clock,
    list_audit_entries,
)
