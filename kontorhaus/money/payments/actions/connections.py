"""What one can do with a connection: make one, rename it, rotate its secrets, close it, and ask the provider whose key
it is."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.payments import events
from kontorhaus.money.payments.actions.connecting import (
    connection_in,
    fact,
    gateway_of,
    locked,
    note,
    read,
    refuse_other,
    sealed,
)
from kontorhaus.money.payments.actions.setting_up import Sources, rotate_inbox
from kontorhaus.money.payments.errors import (
    CredentialsRefused,
    PaymentConnectionChanged,
    PaymentConnectionExists,
    PaymentConnectionInvalid,
    ProviderUnavailable,
)
from kontorhaus.money.payments.gateways import Credentials, Gateway, Gateways
from kontorhaus.money.payments.model.connecting import ConnectionChange, NewConnection, Rotation
from kontorhaus.money.payments.model.connections import (
    SET_UP,
    PaymentConnection,
    SetUp,
    Step,
    Webhooks,
    advance,
)
from kontorhaus.money.payments.model.ids import PAYMENT_CONNECTION, PaymentConnectionId
from kontorhaus.money.payments.store import connections as store
from kontorhaus.money.payments.views.connections import (
    ProviderAccountView,
    TestedConnectionView,
)
from kontorhaus.money.payments.views.connections import (
    connection as view,
)
from kontorhaus.people import access
from kontorhaus.people.parties import PARTY, PartyId, party_in
from kontorhaus.platform import eventlog, inbox, jobs
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.idempotency import Once, one_phase
from kontorhaus.platform.inbox import Source
from kontorhaus.platform.outbound import NotSent, Unknown
from kontorhaus.platform.secrets import Keyring

CONTENT: Final = "payments.connection"

T = TypeVar("T")


async def create(
    db: Db,
    keyring: Keyring,
    gateways: Gateways,
    sources: Sources,
    actor: Actor,
    once: Once,
    *,
    new: NewConnection,
    heard_at: str | None,
    now: datetime,
) -> Answer:
    """Make a connection. It may be used at once; the provider is asked in the background whose key it is, and is given
    the address for its webhooks unless the caller gave a secret.

    With an id of the caller's choice the same again answers the connection as it stands. Raises
    PaymentConnectionInvalid, PaymentConnectionExists, PartyNotFound.
    """
    _refuse_unfit(gateways[new.gateway], sources[new.gateway], actor, new)
    connection_id = PAYMENT_CONNECTION.new() if new.id is None else PAYMENT_CONNECTION.parse(new.id)
    org_id, entity = actor.org_id, PARTY.parse(new.entity)
    kept = await sealed(keyring, org_id, new.secret_key)
    content = await keyring.fingerprint(msgspec.json.encode(new), org_id=org_id, purpose=CONTENT)

    async def effect(tx: Tx) -> Answer:
        await _check_entity(tx, org_id, entity)
        before = await store.CONTENT.maybe(tx, org_id, connection_id)
        if before is None:
            ours, sellers = [
                await _address(tx, keyring, org_id, sources[new.gateway], given)
                for given in (new.webhook_secret, new.sellers_webhook_secret)
            ]
            heard = _heard(new, heard_at)
            row = (new.gateway, new.name, kept, new.secret_key[-4:], heard, ours, sellers, content, now)
            if await store.INSERT_CONNECTION.run(tx, org_id, connection_id, entity, *row):
                job = SET_UP.job(org_id, SetUp(connection_id), dedupe_key=str(connection_id))
                await jobs.enqueue(tx, job, now=utc_now())
                made = await connection_in(tx, org_id, connection_id)
                await access.record(
                    tx,
                    actor,
                    "payment_connection.created",
                    PAYMENT_CONNECTION.prefix,
                    connection_id,
                    _names(new),
                )
                await eventlog.append(tx, fact(events.PaymentConnectionCreated, made), org_id=org_id)
                return _shown(made, status=201)
            # The addresses just given out are undone with the rest: another call was faster.
            raise PaymentConnectionExists("the connection is being created by another call")
        if before.content != content:
            raise PaymentConnectionExists(
                "the id belongs to a connection that was created with other content"
            )
        return _shown(await connection_in(tx, org_id, connection_id), status=201)

    return await one_phase(db.org(org_id), keyring, once, effect)


async def change(
    db: Db,
    keyring: Keyring,
    actor: Actor,
    once: Once,
    connection_id: PaymentConnectionId,
    *,
    changed: ConnectionChange,
    version: int | None,
    now: datetime,
) -> Answer:
    """Raises PaymentConnectionNotFound, PaymentConnectionChanged."""

    async def effect(tx: Tx) -> Answer:
        before = await locked(tx, actor.org_id, connection_id)
        if version is not None and version != before.version:
            raise PaymentConnectionChanged(
                "the connection has changed since it was read", version=before.version
            )
        await store.RENAME.run(tx, actor.org_id, connection_id, changed.name, now)
        return _shown(await _updated(tx, actor, connection_id, ["name"]))

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def rotate(
    db: Db,
    keyring: Keyring,
    gateways: Gateways,
    sources: Sources,
    actor: Actor,
    once: Once,
    connection_id: PaymentConnectionId,
    *,
    given: Rotation,
    now: datetime,
) -> Answer:
    """Replace the key, the webhooks' secrets, or both. A replaced webhook secret verifies for a day longer, the key at
    once no more.

    A new key is tried first, and must open the account that the connection is of: the provider remembers idempotency
    keys by account, so that on another one a repeated call would be carried out again. Raises PaymentConnectionInvalid,
    PaymentConnectionNotFound, CredentialsRefused, PaymentAccountDiffers, ProviderUnavailable.
    """
    before = await read(db, actor.org_id, connection_id)
    gateway, source = gateways[before.gateway], sources[before.gateway]
    _refuse_unfit(gateway, source, actor, given)
    account = kept = None
    if isinstance(given.secret_key, str):
        old = (
            None if before.account else await _account_now(db, keyring, gateways, actor.org_id, connection_id)
        )
        account = (await _asked(gateway.test(Credentials(given.secret_key)))).reference
        refuse_other(before.account or old, account)
        kept = await sealed(keyring, actor.org_id, given.secret_key)

    async def effect(tx: Tx) -> Answer:
        held = await locked(tx, actor.org_id, connection_id)
        if isinstance(given.secret_key, str):
            refuse_other(held.account, account)
            hint = given.secret_key[-4:]
            await store.REPLACE_KEY.run(tx, actor.org_id, connection_id, kept, hint, now)
            await store.NOTE_ACCOUNT.run(tx, actor.org_id, connection_id, account, utc_now())
        for secret, address in (
            (given.webhook_secret, held.inbox_connection_id),
            (given.sellers_webhook_secret, held.sellers_inbox_connection_id),
        ):
            if isinstance(secret, str):
                await rotate_inbox(tx, keyring, source, actor.org_id, address, secret)
        if isinstance(given.webhook_secret, str) or isinstance(given.sellers_webhook_secret, str):
            await store.SET_WEBHOOKS.run(tx, actor.org_id, connection_id, "given", now)
        return _shown(await _updated(tx, actor, connection_id, _names(given)))

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def close(
    db: Db, keyring: Keyring, actor: Actor, once: Once, connection_id: PaymentConnectionId, *, now: datetime
) -> Answer:
    """Begin no payment with it any more. Its key and its addresses stay: what was begun must be brought to its end, and
    refunds and disputes of its payments come for months. Raises PaymentConnectionNotFound, PaymentConnectionClosed."""

    async def effect(tx: Tx) -> Answer:
        before = await locked(tx, actor.org_id, connection_id)
        status = advance(before, Step.CLOSE)
        await store.MOVE.run(tx, actor.org_id, connection_id, before.status, status, now)
        closed = await connection_in(tx, actor.org_id, connection_id)
        await access.record(
            tx, actor, "payment_connection.closed", PAYMENT_CONNECTION.prefix, connection_id, ["status"]
        )
        await eventlog.append(tx, fact(events.PaymentConnectionClosed, closed), org_id=actor.org_id)
        return _shown(closed)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def test(
    db: Db, keyring: Keyring, gateways: Gateways, once: Once, connection_id: PaymentConnectionId
) -> Answer:
    """Ask the provider whose key it is, and note that. A repeated call asks too, since nothing is moved, and is then
    answered as the first one was. Raises PaymentConnectionNotFound, CredentialsRefused, PaymentAccountDiffers,
    ProviderUnavailable."""
    gateway, credentials = await gateway_of(db, keyring, gateways, once.org_id, connection_id)
    found = await _asked(gateway.test(credentials))

    async def effect(tx: Tx) -> Answer:
        noted = await note(tx, once.org_id, connection_id, found)
        account = ProviderAccountView(found.reference, found.country, found.currency, found.ready)
        return answer(TestedConnectionView(connection=view(noted), account=account))

    return await one_phase(db.org(once.org_id), keyring, once, effect)


async def _asked(asking: Awaitable[T]) -> T:
    """What the provider says to a question that changes nothing, so that it makes no difference whether it arrived."""
    try:
        return await asking
    except (NotSent, Unknown) as error:
        raise ProviderUnavailable("the provider could not be asked") from error


async def _account_now(
    db: Db, keyring: Keyring, gateways: Gateways, org_id: OrgId, connection_id: PaymentConnectionId
) -> str | None:
    """Whose account the present key opens; None if it opens none, so that nothing was ever done with it."""
    gateway, credentials = await gateway_of(db, keyring, gateways, org_id, connection_id)
    try:
        return (await _asked(gateway.test(credentials))).reference
    except CredentialsRefused:
        return None


def _refuse_unfit(gateway: Gateway, source: Source, actor: Actor, given: NewConnection | Rotation) -> None:
    """All that is wrong with the secrets of a request, none of which is repeated."""
    faults = []
    live = actor.mode == "live"
    if isinstance(given.secret_key, str) and not gateway.fits(given.secret_key, live=live):
        mode = "live" if live else "test"
        faults.append(Fault("/secret_key", f"expected a secret key of the provider for {mode} mode"))
    for name in ("webhook_secret", "sellers_webhook_secret"):
        secret = getattr(given, name)
        if isinstance(secret, str) and not source.fits(secret.encode()):
            faults.append(Fault(f"/{name}", "expected a signing secret as the provider shows it"))
    if isinstance(given, NewConnection) and given.sellers_webhook_secret and not given.webhook_secret:
        # The house makes both endpoints or none: otherwise it would replace the one whose secret was given.
        faults.append(Fault("/webhook_secret", "expected beside sellers_webhook_secret"))
    if isinstance(given, Rotation) and not _names(given):
        faults.append(Fault("", "give at least one secret"))
    if faults:
        raise PaymentConnectionInvalid("a field of the connection is wrong", faults=tuple(faults))


async def _check_entity(tx: Tx, org_id: OrgId, entity: PartyId) -> None:
    party = await party_in(tx, org_id, entity)
    if "legal_entity" not in party.summary.roles:
        fault = Fault("/entity", "expected a party with the role legal_entity")
        raise PaymentConnectionInvalid("a field of the connection is wrong", faults=(fault,))


async def _address(
    tx: Tx, keyring: Keyring, org_id: OrgId, source: Source, secret: str | None
) -> inbox.ConnectionId:
    """An address for webhooks. Without a secret it believes nobody, by one that nobody knows, until it is rotated."""
    known = secret or f"whsec_{secrets.token_urlsafe(32)}"
    return await inbox.connect(tx, keyring, source, org_id=org_id, secret=known.encode(), now=utc_now())


def _heard(new: NewConnection, heard_at: str | None) -> Webhooks:
    if new.webhook_secret is not None:
        return "given"
    return "none" if heard_at is None else "pending"


async def _updated(
    tx: Tx, actor: Actor, connection_id: PaymentConnectionId, fields: list[str]
) -> PaymentConnection:
    found = await connection_in(tx, actor.org_id, connection_id)
    kind = "payment_connection.updated"
    await access.record(tx, actor, kind, PAYMENT_CONNECTION.prefix, connection_id, fields)
    await eventlog.append(
        tx, fact(events.PaymentConnectionUpdated, found, fields=fields), org_id=actor.org_id
    )
    return found


def _names(given: NewConnection | Rotation) -> list[str]:
    """The names of the fields that were given, for the audit log."""
    return [name for name in given.__struct_fields__ if isinstance(getattr(given, name), str)]


def _shown(found: PaymentConnection, *, status: int = 200) -> Answer:
    seen = view(found)
    location = f"/v1/payment_connections/{seen.id}" if status == 201 else None
    return answer(seen, status=status, version=found.version, location=location)
