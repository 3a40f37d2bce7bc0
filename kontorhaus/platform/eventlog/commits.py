"""Reading one's own write: waiting until the log has come past a commit."""

from __future__ import annotations

import asyncio

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import store
from kontorhaus.platform.eventlog.errors import CommitNotPublished, CommitUnknown
from kontorhaus.platform.eventlog.tail import Tail


async def wait_until_published(
    db: Db, tail: Tail, org_id: OrgId, xid: int, *, seconds: float, cut: asyncio.Future[None]
) -> None:
    """Return once every fact that transaction `xid` wrote is published, be it none; a read that begins then sees them
    all.

    CommitUnknown if this server has not begun such a transaction: the token is older than a restore, or forged.
    CommitNotPublished after `seconds`, or when `cut` is done before: no sequencer runs, or `xid` is a transaction that
    goes on. Whatever `cut` raises is raised here. After a restore into
    a server that is ahead of the old one the token passes at once; everything restored is published by then or soon.
    """
    if await _is_published(db, xid):
        return
    with tail.commit(org_id, xid) as waiter:
        cut.add_done_callback(lambda _: waiter.wake())
        if await waiter.wait(seconds) and not cut.done():
            return
    if cut.done():
        cut.result()
    if not await _is_published(db, xid):
        raise CommitNotPublished("the facts of this commit are not published yet")


async def _is_published(db: Db, xid: int) -> bool:
    async with db.system(read_only=True) as tx:
        state = await store.COMMIT_STATE.one(tx, str(xid))
    if state.unknown:
        raise CommitUnknown("the log knows no such commit")
    return state.published
