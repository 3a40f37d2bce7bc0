"""A post office for tests: writes letters by the room's door, and works off the mail by a clock that the test holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.people.notices import Letter, Mailer, NoticeId, mailer, send
from kontorhaus.people.notices import jobs as notices_jobs
from kontorhaus.people.notices.events import NoticeFailed, NoticeSent
from kontorhaus.people.notices.model import TEST_MESSAGE, Attempt, Notice, TestMessage
from kontorhaus.people.notices.store import ATTEMPTS, NOTICE
from kontorhaus.platform import eventlog
from kontorhaus.platform.db import Db, Query, Tx
from kontorhaus.platform.eventlog import Fact, SnapshotSequencer
from kontorhaus.platform.jobs import Worker
from kontorhaus.platform.secrets import Keyring


class Count(Struct, frozen=True):
    count: int


JOBS = Query(Count, "SELECT count(*) FROM job WHERE queue = 'mail'")


def letter(to: str = "anna@example.com", *, note: str | None = None, **fields: Any) -> Letter:
    return Letter(template=TEST_MESSAGE, variables=TestMessage(mode="test", note=note), to=to, **fields)


class Office(Struct, frozen=True):
    db: Db
    keyring: Keyring
    org_id: OrgId
    key: str
    smtp: str
    later: timedelta = timedelta(0)

    def in_the_future(self, by: timedelta) -> Office:
        """The same office, whose clock is ahead."""
        return structs.replace(self, later=by)

    def now(self) -> datetime:
        return utc_now() + self.later

    @property
    def mailer(self) -> Mailer:
        made = mailer(self.smtp, "Hanse Automobile <post@hanse.example>")
        assert made is not None
        return made

    async def write(self, to: str = "anna@example.com", **fields: Any) -> NoticeId:
        await self.keyring.make_ready(self.org_id)
        async with self.db.org(self.org_id) as tx:
            return await self.write_in(tx, to, **fields)

    async def write_in(self, tx: Tx, to: str = "anna@example.com", **fields: Any) -> NoticeId:
        return await send(tx, self.keyring, self.org_id, letter(to, **fields), now=self.now())

    def worker(self, **options: Any) -> Worker:
        handler = notices_jobs.deliveries(self.keyring, self.mailer, now=self.now)
        return Worker(self.db, [notices_jobs.QUEUE], [handler], now=self.now, **options)

    async def work(self) -> int:
        """Work off what is due by the office's clock; says how many attempts at jobs that took."""
        return await self.worker().drain()

    async def notice(self, notice_id: NoticeId) -> Notice:
        async with self.db.org(self.org_id) as tx:
            return await NOTICE.one(tx, self.org_id, notice_id)

    async def attempts(self, notice_id: NoticeId) -> list[Attempt]:
        async with self.db.org(self.org_id) as tx:
            return await ATTEMPTS.all(tx, self.org_id, notice_id)

    async def outcomes(self, notice_id: NoticeId) -> list[tuple[str | None, int | None, str | None]]:
        return [(one.outcome, one.code, one.enhanced) for one in await self.attempts(notice_id)]

    async def jobs(self) -> int:
        async with self.db.system() as tx:
            return (await JOBS.one(tx)).count

    async def facts(self, notice_id: UUID) -> list[Fact]:
        """What was told of a notice, in the published order."""
        await SnapshotSequencer(self.db).tick()
        async with self.db.org(self.org_id) as tx:
            events = await eventlog.read(tx, eventlog.START)
        return [fact for event in events if (fact := event.fact()).subject == notice_id]

    async def ends(self, notice_id: UUID) -> list[Fact]:
        """What was told of its end."""
        return [fact for fact in await self.facts(notice_id) if isinstance(fact, NoticeSent | NoticeFailed)]
