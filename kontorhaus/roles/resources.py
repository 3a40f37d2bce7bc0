"""What a process holds for as long as it lives, and how it is opened and closed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from kontorhaus.kernel.errors import Invalid
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.ledger import GroupCommit
from kontorhaus.money.payments import Gateways
from kontorhaus.platform import db as database
from kontorhaus.platform import eventlog, telemetry
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import Bell, Tail
from kontorhaus.platform.inbox import Inbox
from kontorhaus.platform.outbound import Outbound
from kontorhaus.platform.secrets import Keyring, LocalKeyFile, prove
from kontorhaus.platform.settings import Settings, home_folder
from kontorhaus.roles.gateways import every_gateway
from kontorhaus.roles.snapshots import every_snapshot
from kontorhaus.roles.sources import every_source
from kontorhaus.wire.feed import Snapshot

BUDGETS: Final = {"api": 10, "worker": 6, "relay": 3, "all": 14, "command": 2}
"""Connections by role. An event loop saturates about ten on two cores. A worker's jobs share six, since each holds one
only while it is inside a transaction; a relay's loops take turns on three. With PostgreSQL's default of 100 that leaves
room for four API processes, three workers, two relays, half as many again while a deploy rolls, and a person with
psql."""


class Resources(Struct, frozen=True):
    """Handed to every route, job and reaction by the role that runs it."""

    settings: Settings
    db: Db
    keyring: Keyring
    outbound: Outbound
    ledger: GroupCommit
    """Commits what callers of this process post at the same time together."""
    published: Bell = field(default_factory=Bell)
    """Rung when facts have been published by this process: for those who wait for them in the same one."""
    tail: Tail = field(default_factory=Tail)
    """Where callers of this process wait for facts."""
    snapshots: Mapping[str, Snapshot] = field(default_factory=every_snapshot)
    """How the objects of each noun look now, for those who are told that they have changed."""
    inbox: Inbox = field(default_factory=Inbox)
    """Where senders outside deliver: the sources of every room."""
    gateways: Gateways = field(default_factory=dict)
    """Who speaks to payment providers, by the name that connections have of them."""


class DatabaseUrlMissing(Invalid):
    """A role that runs on its own needs KONTORHAUS_DATABASE_URL: the address of a PostgreSQL 16 or newer.

    `kontorhaus up` needs none; it brings its own PostgreSQL.
    """

    code = "database_url_missing"
    title = "No database was named"


def key_file(settings: Settings) -> Path:
    return Path(settings.key_file) if settings.key_file else home_folder(settings) / "master.keys"


@contextlib.asynccontextmanager
async def opened(settings: Settings, *, role: str) -> AsyncIterator[Resources]:
    """Open everything a role needs, and close it in the opposite order."""
    if settings.database_url is None:
        raise DatabaseUrlMissing("set KONTORHAUS_DATABASE_URL, or run `kontorhaus up`")
    keyring = Keyring(LocalKeyFile.opened(key_file(settings)))
    db = await Db.connect(
        settings.database_url,
        connections=settings.database_connections or BUDGETS[role],
        statement_timeout_ms=settings.statement_timeout_ms,
        pooled_elsewhere=settings.database_pooler,
        name=f"kontorhaus {role}",
    )
    try:
        await database.refuse_old_schema(db)
        await prove(db, keyring)
        # Whoever may write needs the log's present month.
        await eventlog.ensure_partitions(db, now=utc_now())
        forget_pool = telemetry.metrics.watch_pool(db.usage)
        try:
            async with Outbound() as outbound:
                ledger, gateways = GroupCommit(db), every_gateway(outbound, settings)
                try:
                    yield Resources(
                        settings=settings,
                        db=db,
                        keyring=keyring,
                        outbound=outbound,
                        ledger=ledger,
                        inbox=Inbox(every_source(keyring, gateways)),
                        gateways=gateways,
                    )
                finally:
                    await ledger.close()
        finally:
            forget_pool()
    finally:
        await db.close()
