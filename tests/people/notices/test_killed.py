"""Workers that are killed or held up while the network has the message, and several at a time."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from kontorhaus.kernel.ids import OrgId
from kontorhaus.people.notices import NoticeId, actions, store
from kontorhaus.platform.db import Db
from kontorhaus.platform.jobs import Worker
from kontorhaus.platform.secrets import Keyring, LocalKeyFile
from tests.people.notices.office import Office
from tests.support import databases
from tests.support.postbox import Postbox

LEASE_SECONDS = 30.0
"""Longer than the test looks at it; the clock of who takes over is ahead of it."""


async def worker_process(office: Office, url: str, keys: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.people.notices.test_killed"),
        env={
            **os.environ,
            "KILLED_DATABASE": url,
            "KILLED_KEYS": str(keys),
            "KILLED_SMTP": office.smtp,
            "KILLED_ORG": str(office.org_id),
        },
        cwd=Path(__file__).parents[3],
        stdout=asyncio.subprocess.DEVNULL,
    )


async def test_killed_between_the_message_and_the_commit(
    office: Office, box: Postbox, fresh_database_url: str, tmp_path: Path
) -> None:
    """The server has it, and holds its answer back; the worker dies waiting for it."""
    await box.fault(stage="accept", delay_ms=60_000)
    notice_id = await office.write()
    url = databases.login_url(fresh_database_url)
    worker = await worker_process(office, url, tmp_path / "master.keys")
    async with asyncio.timeout(30):
        while not await box.messages():
            await asyncio.sleep(0.02)
    worker.kill()
    await worker.wait()
    assert await office.outcomes(notice_id) == [(None, None, None)], "nobody has written down how it ended"

    assert await office.work() == 0, "its lease has not run out"
    await office.in_the_future(timedelta(minutes=2)).work()
    assert await office.outcomes(notice_id) == [("unknown", None, None)], (
        "taken over, and nothing sent at once"
    )
    await office.in_the_future(timedelta(minutes=5)).work()

    assert await office.outcomes(notice_id) == [("unknown", None, None), ("accepted", 250, "2.0.0")]
    first, second = await box.messages()
    assert first["message_id"] == second["message_id"]
    assert (await office.notice(notice_id)).status == "sent"
    assert len(await office.ends(notice_id)) == 1
    assert await office.jobs() == 0


async def test_who_comes_back_late_and_knows_better_is_believed(office: Office, box: Postbox) -> None:
    """A worker loses its lease while the server takes its time; another calls the attempt unknown; then the first one's
    answer arrives, and no copy is sent."""
    await box.fault(stage="accept", delay_ms=1_500)
    notice_id = await office.write()
    slow = office.worker(lease=timedelta(seconds=0.2))
    slow._beat = _no_beat  # type: ignore[method-assign]
    working = asyncio.create_task(slow.drain())
    while not await box.messages():
        await asyncio.sleep(0.02)
    await office.in_the_future(timedelta(seconds=5)).work()
    assert await office.outcomes(notice_id) == [("unknown", None, None)]

    await working

    assert await office.outcomes(notice_id) == [("accepted", 250, "2.0.0")]
    assert (await office.notice(notice_id)).status == "sent"
    await office.in_the_future(timedelta(hours=1)).work()
    assert len(await box.messages()) == 1
    assert len(await office.ends(notice_id)) == 1
    assert await office.jobs() == 0


async def test_an_answer_that_comes_after_all_was_given_up_is_believed(office: Office, box: Postbox) -> None:
    await box.fault(stage="accept", drop=True, times=2)
    notice_id = await office.write()
    for hours in range(2):
        await office.in_the_future(timedelta(hours=hours)).work()
    await box.fault(stage="accept", delay_ms=1_500)
    slow = office.in_the_future(timedelta(hours=2)).worker(lease=timedelta(seconds=0.2))
    slow._beat = _no_beat  # type: ignore[method-assign]
    working = asyncio.create_task(slow.drain())
    while len(await box.messages()) < 3:
        await asyncio.sleep(0.02)
    await office.in_the_future(timedelta(hours=3)).work()
    assert (await office.notice(notice_id)).status == "failed"

    await working

    notice = await office.notice(notice_id)
    assert (notice.status, notice.reason, notice.failed_at) == ("sent", None, None)
    assert [type(fact).__name__ for fact in await office.ends(notice_id)] == ["NoticeFailed", "NoticeSent"]


async def test_a_database_that_is_away_while_the_server_answers_costs_no_copy(
    office: Office, box: Postbox, cluster_url: str, fresh_database_url: str
) -> None:
    """The server has accepted; for a second or two nobody can write that down."""
    await box.fault(stage="accept", delay_ms=500)
    notice_id = await office.write()
    sending = asyncio.create_task(
        actions.deliver(office.db, office.keyring, office.mailer, office.org_id, notice_id, 1, now=office.now)
    )
    while not await box.messages():
        await asyncio.sleep(0.02)
    admin = await asyncpg.connect(cluster_url)
    name = urlsplit(fresh_database_url).path.lstrip("/")
    await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
    await asyncio.sleep(1.0)
    assert not sending.done()
    await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    await admin.close()

    await sending

    assert await office.outcomes(notice_id) == [("accepted", 250, "2.0.0")]
    assert (await office.notice(notice_id)).status == "sent"
    assert len(await box.messages()) == 1


async def stopped(office: Office, until: Callable[[], Awaitable[object]], *, patience: float = 0.1) -> None:
    """A worker that is stopped when something has happened, and that soon cancels what it is at."""
    stop = asyncio.Event()
    working = asyncio.create_task(office.worker().run(stop, patience=timedelta(seconds=patience)))
    async with asyncio.timeout(20):
        while not await until():
            await asyncio.sleep(0.02)
        stop.set()
        await working


async def test_stopped_before_the_message_is_not_sent_and_not_unknown(office: Office, box: Postbox) -> None:
    """A server that hangs does not make three restarts a notice that has failed."""
    await box.fault(stage="mail", delay_ms=60_000, times=3)
    notice_id = await office.write()

    for days in range(3):
        later = office.in_the_future(timedelta(days=days))
        await stopped(later, partial(begun, office, notice_id, days + 1))

    assert await office.outcomes(notice_id) == [("not_sent", None, None)] * 3
    waiting = await office.notice(notice_id)
    assert waiting.status == "queued"
    assert waiting.next_attempt_at is not None
    await office.in_the_future(timedelta(days=4)).work()
    assert (await office.notice(notice_id)).status == "sent"
    assert len(await box.messages()) == 1
    assert await office.jobs() == 0


async def test_stopped_while_the_answer_is_written_down_costs_no_copy(office: Office, box: Postbox) -> None:
    notice_id = await office.write()
    await box.fault(stage="accept", delay_ms=300)
    async with office.db.org(office.org_id) as tx:
        stopping = asyncio.create_task(stopped(office, box.messages, patience=0.7))
        while not await office.attempts(notice_id):
            await asyncio.sleep(0.02)
        await store.LOCK.one(tx, office.org_id, notice_id)
        await asyncio.sleep(1.0)
        assert not stopping.done()
    await stopping

    assert await office.outcomes(notice_id) == [("accepted", 250, "2.0.0")]
    await office.in_the_future(timedelta(days=1)).work()
    assert len(await box.messages()) == 1
    assert await office.jobs() == 0


async def begun(office: Office, notice_id: NoticeId, attempts: int) -> bool:
    return len(await office.attempts(notice_id)) == attempts


async def test_two_workers_send_each_notice_once(office: Office, box: Postbox) -> None:
    await box.fault(stage="accept", delay_ms=20, times=None)
    written = [await office.write(f"anna{number}@example.com") for number in range(40)]

    stop = asyncio.Event()
    workers = [asyncio.create_task(office.worker().run(stop)) for _ in range(2)]
    async with asyncio.timeout(30):
        while await office.jobs():
            await asyncio.sleep(0.05)
    stop.set()
    await asyncio.gather(*workers)

    sent = [message["recipients"][0] for message in await box.messages()]
    assert sorted(sent) == sorted(f"anna{number}@example.com" for number in range(40))
    assert {(await office.notice(notice_id)).attempts for notice_id in written} == {1}


async def _no_beat() -> None:
    """A worker without a pulse: its leases run out under its hands."""


async def work_until_killed() -> None:
    """A worker of the house, as a process that can be killed."""
    db = await Db.connect(os.environ["KILLED_DATABASE"], connections=4)
    office = Office(
        db=db,
        keyring=Keyring(LocalKeyFile.opened(Path(os.environ["KILLED_KEYS"]))),
        org_id=OrgId(UUID(os.environ["KILLED_ORG"])),
        key="",
        smtp=os.environ["KILLED_SMTP"],
    )
    worker: Worker = office.worker(lease=timedelta(seconds=LEASE_SECONDS))
    await worker.run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(work_until_killed())
