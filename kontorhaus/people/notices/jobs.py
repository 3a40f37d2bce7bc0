"""What a worker does for notices: hand them over to the mail server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.people.notices import actions
from kontorhaus.people.notices.gateways import Mailer
from kontorhaus.people.notices.model import NoticeId
from kontorhaus.people.notices.model.delivery import DELIVER, MAIL, Delivery
from kontorhaus.platform.db import Db
from kontorhaus.platform.jobs import Handler, Phases, Queue, Running, complete
from kontorhaus.platform.secrets import Keyring

QUEUE: Final[Queue] = MAIL


def deliveries(keyring: Keyring, mailer: Mailer, *, now: Callable[[], datetime] = utc_now) -> Handler:
    """Carries out attempts; `now` is machine time."""

    async def deliver(db: Db, args: Delivery, running: Running) -> None:
        await actions.deliver(
            db, keyring, mailer, OrgId(running.org_id), NoticeId(args.notice_id), args.number, now=now
        )
        # In a transaction of its own: what came of the attempt stands also if the lease was lost. At once, not with the
        # worker's next batch: until then this job counts as one of the few that its organization may have under way.
        await db.org(OrgId(running.org_id)).run(lambda tx: complete(tx, running))

    return Phases(DELIVER, deliver)
