"""Receiving: whose address it is, whether the sender is believed, and the one statement that keeps what he sent."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.kernel.time import monotonic
from kontorhaus.platform import failpoints, telemetry
from kontorhaus.platform.db import Db
from kontorhaus.platform.inbox import store
from kontorhaus.platform.inbox.actions import opened
from kontorhaus.platform.inbox.errors import ConnectionNotFound, DeliveryRefused, SourceNotServed
from kontorhaus.platform.inbox.gathering import Gathering, Row
from kontorhaus.platform.inbox.model import (
    MESSAGE,
    Accepted,
    ConnectionId,
    Delivery,
    HeldSecret,
    Reason,
    Refused,
    can_be_kept,
    valid,
)
from kontorhaus.platform.inbox.sources import Source
from kontorhaus.platform.inbox.work import job_of
from kontorhaus.platform.secrets import Keyring, Secret

LOG: Final = telemetry.get_logger(__name__)

CONTENT: Final = "inbox.content"

KNOWN_MAX: Final = 1_000
"""Connections held in memory, less than a kilobyte each; one that is not held costs a round trip."""

REFUSALS_NOTED_EVERY_SECONDS: Final = 10.0
"""Of each connection and reason one write in that time, whatever a stranger sends: an operator who looks for a wrong
secret looks seconds later, and the table stays as it is."""

CREDENTIALS: Final = frozenset({b"authorization", b"proxy-authorization", b"cookie"})
"""Header fields that are proofs in themselves: needed to verify, and not kept."""


class _Known(Struct, frozen=True):
    """A connection as the database had it. `secrets` are msgpack of `HeldSecret`s, in a wrapping that nothing
    prints."""

    org_id: OrgId
    source: Source
    version: int
    secrets: Secret

    def valid(self, now: datetime) -> list[bytes]:
        return valid(_HELD.decode(self.secrets.reveal()), now)


_HELD: Final = msgspec.msgpack.Decoder(list[HeldSecret])


class Inbox:
    """What a process of the API holds to receive: its sources, and connections that it has met.

    A connection in memory is never trusted for long: the statement that keeps a message checks that it is still the one
    that verified it. So a rotated secret and a closed address hold at once, in every process, at no round trip.
    """

    def __init__(self, sources: Sequence[Source] = ()) -> None:
        self.sources: Final[Mapping[str, Source]] = {source.name: source for source in sources}
        assert len(self.sources) == len(sources), "two sources have one name"
        self._known: Final[OrderedDict[ConnectionId, _Known]] = OrderedDict()
        self._refusals: Final[OrderedDict[tuple[ConnectionId, Reason], _Refusals]] = OrderedDict()
        self._gathering: Final = Gathering()

    async def receive(
        self, db: Db, keyring: Keyring, connection_id: ConnectionId, delivery: Delivery, *, now: datetime
    ) -> Source:
        """Keep a delivery, with the job that carries it out, and say from which kind of sender it is. `now` is
        machine time.

        Guaranteed when it returns: the message is committed, or was before; it is carried out once. Otherwise
        raised, and nothing kept: ConnectionNotFound, DeliveryRefused, SourceNotServed, and whatever befalls the
        database; the sender sends again.
        """
        at_hand = self._known.get(connection_id)
        while True:
            connection = at_hand or await self._looked_up(db, keyring, connection_id)
            verdict = _judged(connection, delivery, now)
            if isinstance(verdict, Accepted):
                row = await _row(keyring, connection_id, connection, delivery, verdict, now)
                kept = await self._gathering.keep(db, connection.org_id, row)
                if kept.known:
                    outcome = "received" if kept.fresh else "doubled"
                    failpoints.reach("inbox.delivery.kept")
                    telemetry.metrics.inbox_deliveries.labels(connection.source.name, outcome).inc()
                    return connection.source
            elif at_hand is None:
                await self._note_refusal(db, connection_id, connection, verdict.reason, now)
                raise DeliveryRefused("the delivery was not accepted", reason=verdict.reason)
            # It has changed since it was looked up: once more, as it is now.
            self._known.pop(connection_id, None)
            at_hand = None

    async def _looked_up(self, db: Db, keyring: Keyring, connection_id: ConnectionId) -> _Known:
        row = await db.lookup(store.FIND_CONNECTION, connection_id)
        if row is None:
            raise ConnectionNotFound("nobody receives at this address")
        found = store.Found(*row)
        source = self.sources.get(found.source)
        if source is None:
            raise SourceNotServed("this kind of sender is not served here", source=found.source)
        held = await opened(keyring, OrgId(found.org_id), found.secrets)
        secrets = Secret(msgspec.msgpack.encode(held))
        known = _Known(OrgId(found.org_id), source, found.version, secrets)
        self._known[connection_id] = known
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)
        return known

    async def _note_refusal(
        self, db: Db, connection_id: ConnectionId, connection: _Known, reason: Reason, now: datetime
    ) -> None:
        """Count it, and write the count now and then: for whoever looks why nothing comes in."""
        telemetry.metrics.inbox_deliveries.labels(connection.source.name, "refused").inc()
        noted = self._refusals.setdefault((connection_id, reason), _Refusals())
        noted.unwritten += 1
        if monotonic() < noted.next_write:
            return
        refusals, noted.unwritten = noted.unwritten, 0
        noted.next_write = monotonic() + REFUSALS_NOTED_EVERY_SECONDS
        if len(self._refusals) > KNOWN_MAX:
            self._refusals.popitem(last=False)
        LOG.warning("inbox_refused", source=connection.source.name, reason=reason.value, refusals=refusals)
        async with db.org(connection.org_id) as tx:
            await store.NOTE_REFUSALS.run(tx, connection.org_id, connection_id, reason.value, refusals, now)


class _Refusals(Struct):
    unwritten: int = 0
    next_write: float = 0.0


def _judged(connection: _Known, delivery: Delivery, now: datetime) -> Accepted | Refused:
    verdict = connection.source.verify(delivery, connection.valid(now), now)
    if isinstance(verdict, Accepted) and not can_be_kept(verdict):
        return Refused(Reason.BODY_UNREADABLE)
    return verdict


async def _row(
    keyring: Keyring,
    connection_id: ConnectionId,
    connection: _Known,
    delivery: Delivery,
    accepted: Accepted,
    now: datetime,
) -> Row:
    message_id = MESSAGE.new()
    job = job_of(connection.org_id, message_id, connection_id, accepted.subject, connection.source.name)
    assert job.key is not None, "the queue has keys"
    return Row(
        message_id=message_id,
        connection_id=connection_id,
        version=connection.version,
        event_id=accepted.event_id,
        kind=accepted.kind,
        subject=accepted.subject,
        sequence=accepted.sequence,
        occurred_at=accepted.occurred_at,
        received_at=now,
        content=await sealed(keyring, connection.org_id, delivery),
        job_id=uuid7(),
        key=job.key,
        args=job.args,
        trace=telemetry.outgoing_headers().get("traceparent"),
    )


class _Content(Struct, frozen=True, array_like=True):
    headers: list[tuple[bytes, bytes]]
    body: bytes


_CONTENT: Final = msgspec.msgpack.Decoder(_Content)


async def sealed(keyring: Keyring, org_id: OrgId, delivery: Delivery) -> bytes:
    """Header fields and body as they are kept: bodies name people, and are deleted when they are no longer needed."""
    headers = [field for field in delivery.headers if field[0] not in CREDENTIALS]
    plain = msgspec.msgpack.encode(_Content(headers, delivery.body))
    return await keyring.seal(plain, org_id=org_id, purpose=CONTENT)


async def unsealed(keyring: Keyring, org_id: UUID, content: bytes) -> Delivery:
    found = _CONTENT.decode(await keyring.open(content, org_id=OrgId(org_id), purpose=CONTENT))
    return Delivery(tuple(found.headers), found.body)
