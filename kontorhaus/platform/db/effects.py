"""Effects for many organizations inside one transaction of the system: each behind its own wall, each undone alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.db.connections import usable
from kontorhaus.platform.db.database import CONTENDED, Tx

UNDO: Final = "ROLLBACK TO SAVEPOINT effect; RELEASE SAVEPOINT effect"

KEEP: Final = (
    "SET CONSTRAINTS ALL IMMEDIATE; RELEASE SAVEPOINT effect; "
    "SET LOCAL ROLE kontorhaus_system; SET LOCAL app.org = ''"
)
"""Deferred constraints are checked here, where their failure is the effect's; at COMMIT it would be everybody's."""


async def attempt(tx: Tx, org_id: OrgId, work: Callable[[Tx], Awaitable[None]]) -> Exception | None:
    """Run `work(tx)` under one organization, inside a transaction of `Db.system()`; what it raised, if it did.

    An effect that raised has left nothing behind, and the transaction goes on as before. Not answered here, but
    raised: the victim of a deadlock or of serialization, which `Scope.run` tries again, and a lost connection. After
    the first effect of a transaction its deferrable constraints are no longer deferred.
    """
    begin = f"SAVEPOINT effect; SET LOCAL ROLE kontorhaus_app; SET LOCAL app.org = '{org_id}'"
    await tx.connection.execute("; ".join([*tx.take_ending(), begin]))
    try:
        await work(tx)
        await tx.connection.execute("; ".join([*tx.take_ending(), KEEP]))
    except Exception as error:
        tx.take_ending()  # of an effect that is undone
        if isinstance(error, CONTENDED) or not usable(tx.connection):
            raise
        await tx.connection.execute(UNDO)
        return error
    return None
