"""Messages are carried out once and in the order of their subject; a poisonous one holds up its subject alone."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import inbox, telemetry
from kontorhaus.platform.db import Db
from kontorhaus.platform.inbox import MessageId
from kontorhaus.platform.inbox.errors import MessageNotFound, MessageOver
from kontorhaus.platform.inbox.store import MessageRow
from kontorhaus.platform.secrets import Keyring
from tests.platform.inbox import sender
from tests.platform.inbox.sender import PHASED, TRIES, Sender, Worked, effects, opened
from tests.support.house import House

A_DAY = timedelta(days=1)


async def quarantined(db: Db) -> list[MessageRow]:
    async with db.system() as tx:
        return await inbox.quarantined(tx)


async def waiting(db: Db) -> list[str]:
    async with db.system() as tx:
        return [row.event_id for row in await inbox.waiting(tx)]


async def use_up_tries(worked: Worked) -> None:
    for _ in range(TRIES):
        await worked.drain(later=A_DAY)


async def test_each_subject_is_carried_out_in_its_order(demo: Sender, db: Db, worked: Worked) -> None:
    """Whatever order they come in: what waits goes by the sender's numbers, and by arrival where they are equal."""
    for event_id, about, number in [
        ("a3", "a", 3),
        ("b1", "b", 0),
        ("a1", "a", 1),
        ("b2", "b", 0),
        ("a2", "a", 2),
        ("b3", "b", 0),
    ]:
        await demo.send(event_id, about=about, number=number)
    await worked.drain()

    done = await effects(db)
    assert [event for event in done if event[0] == "a"] == ["a1", "a2", "a3"]
    assert [event for event in done if event[0] == "b"] == ["b1", "b2", "b3"]


async def test_many_of_many_subjects_at_once(demo: Sender, db: Db, worked: Worked) -> None:
    await asyncio.gather(
        *(demo.send(f"{n:03}", about=f"s{n % 7}", number=n) for n in reversed(range(105))),
        *(demo.send(f"free{n}") for n in range(20)),
    )
    await worked.drain()

    done = await effects(db)
    assert len(done) == len(set(done)) == 125
    for subject in range(7):
        own = [event for event in done if event.isdigit() and int(event) % 7 == subject]
        assert own == sorted(own)


async def test_poison_holds_up_its_subject_alone(demo: Sender, db: Db, worked: Worked, org: OrgId) -> None:
    await demo.send("a1", about="a", poison=True)
    await demo.send("a2", about="a")
    await demo.send("b1", about="b")
    await demo.send("free")
    await worked.drain()
    assert sorted(await effects(db)) == ["b1", "free"]
    assert await waiting(db) == ["a1", "a2"]

    await use_up_tries(worked)
    await demo.send("a3", about="a")
    await worked.drain()
    (row,) = await quarantined(db)
    assert (row.event_id, row.failures, row.reason) == ("a1", TRIES, "Poisoned"), "a type, never a message"
    assert await waiting(db) == ["a2", "a3"]
    assert sorted(await effects(db)) == ["b1", "free"]

    sender.cured = True
    assert await inbox.replay(db, org_id=org, message_id=MessageId(row.id), now=worked.clock[0]) == 1
    await worked.drain()
    assert (await effects(db))[2:] == ["a1", "a2", "a3"]
    assert await quarantined(db) == []


async def test_a_failure_that_passes_is_tried_again_and_keeps_the_order(
    demo: Sender, db: Db, worked: Worked
) -> None:
    await demo.send("a1", about="a", poison=True)
    await worked.drain()
    await demo.send("a2", about="a")
    await worked.drain()
    async with db.system() as tx:
        first = (await inbox.waiting(tx))[0]
    assert (first.failures, first.reason) == (1, "Poisoned")

    sender.cured = True
    assert await worked.drain() == 0, "the pause is not over"
    await worked.drain(later=A_DAY)
    assert await effects(db) == ["a1", "a2"]


async def test_replaying_a_subject_a_reason_and_all(demo: Sender, db: Db, worked: Worked, org: OrgId) -> None:
    for name in "abcd":
        await demo.send(f"{name}1", about=name, poison=True)
    await use_up_tries(worked)
    assert len(await quarantined(db)) == 4
    sender.cured = True
    now = worked.clock[0]

    assert await inbox.replay(db, subject="nobody", now=now) == 0
    assert await inbox.replay(db, reason="Other", now=now) == 0
    assert await inbox.replay(db, connection_id=demo.connection_id, subject="a", now=now) == 1
    await worked.drain()
    assert await effects(db) == ["a1"]
    assert await inbox.replay(db, reason="Poisoned", now=now) == 3
    await worked.drain()
    assert sorted(await effects(db)) == ["a1", "b1", "c1", "d1"]
    assert await inbox.replay(db, now=now) == 0


async def test_a_replayed_message_that_fails_again_is_quarantined_again(
    demo: Sender, db: Db, worked: Worked
) -> None:
    await demo.send("a1", about="a", poison=True)
    await use_up_tries(worked)
    assert await inbox.replay(db, now=worked.clock[0]) == 1
    assert await quarantined(db) == []
    await use_up_tries(worked)

    assert [row.event_id for row in await quarantined(db)] == ["a1"]


async def test_giving_up_a_message_lets_the_next_one_go(
    demo: Sender, db: Db, worked: Worked, org: OrgId
) -> None:
    await demo.send("a1", about="a", poison=True)
    await demo.send("a2", about="a")
    await use_up_tries(worked)
    (row,) = await quarantined(db)
    await inbox.discard(db, org_id=org, message_id=MessageId(row.id), now=worked.clock[0])
    await worked.drain()

    assert await effects(db) == ["a2"]
    with pytest.raises(MessageOver):
        await inbox.discard(db, org_id=org, message_id=MessageId(row.id), now=worked.clock[0])
    with pytest.raises(MessageNotFound):
        await inbox.discard(db, org_id=org, message_id=inbox.MESSAGE.new(), now=worked.clock[0])


async def test_giving_up_while_others_lie_down_loses_none(
    demo: Sender, db: Db, worked: Worked, org: OrgId
) -> None:
    """The next one finds itself held up at the very moment at which what holds it up is given up: twenty times."""
    for round_ in range(20):
        await demo.send(f"a{round_}", about=f"a{round_}", poison=True)
    await use_up_tries(worked)
    rows = await quarantined(db)
    for round_ in range(20):
        await demo.send(f"b{round_}", about=f"a{round_}")
    await asyncio.gather(
        worked.drain(),
        *(inbox.discard(db, org_id=org, message_id=MessageId(row.id), now=worked.clock[0]) for row in rows),
    )
    await worked.drain()

    assert sorted(await effects(db)) == sorted(f"b{n}" for n in range(20))


async def test_phases_have_one_effect_too(
    house: House, db: Db, keyring: Keyring, org: OrgId, worked: Worked
) -> None:
    phased = Sender(house, await opened(db, keyring, org, PHASED))
    for number in range(5):
        await phased.send(f"{number} {org.hex}", about="a")
    await phased.send(f"5 {org.hex}", about="b", poison=True)
    await use_up_tries(worked)

    assert await effects(db) == [f"{number} {org.hex}" for number in range(5)]
    assert [row.reason for row in await quarantined(db)] == ["Poisoned"]


async def test_what_is_over_is_forgotten_and_never_taken_for_new(
    demo: Sender, db: Db, worked: Worked
) -> None:
    await demo.send("a1", about="a")
    await demo.send("p1", about="p", poison=True)
    await use_up_tries(worked)
    now = utc_now() + timedelta(days=31)
    assert await inbox.forget_old(db, now=utc_now(), keep=timedelta(days=30)) == 0
    assert await inbox.forget_old(db, now=now, keep=timedelta(days=30)) == 1

    assert (await demo.send("a1", about="a")).status == 200
    await worked.drain()
    assert await effects(db) == ["a1"]
    assert [row.event_id for row in await quarantined(db)] == ["p1"], "what is not over is kept"


async def test_backlogs_are_measured(demo: Sender, db: Db, worked: Worked) -> None:
    await demo.send("a1", about="a", poison=True)
    await demo.send("b1", about="b")
    await worked.drain()
    await inbox.gauge(db)
    shown = telemetry.metrics.render().decode()

    assert 'kontorhaus_inbox_messages{source="demo",status="waiting"} 1.0' in shown
    assert 'kontorhaus_inbox_deliveries_total{outcome="received",source="demo"}' in shown
    assert 'kontorhaus_inbox_ended_total{outcome="done",source="demo"}' in shown
    assert 'kontorhaus_inbox_lag_seconds_count{source="demo"}' in shown


async def test_a_killed_worker_leaves_one_effect(
    demo: Sender, db: Db, inbox_url: str, tmp_path: Path
) -> None:
    """Killed twice between the effect and its commit, with a delivery that was stored and answered before."""
    pause = tmp_path / "pause"
    environment = {
        **os.environ,
        "KILLED_DATABASE": inbox_url,
        "KILLED_KEYS": str(tmp_path / "master.keys"),
        "KILLED_PAUSE": str(pause),
    }

    async def started() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.platform.inbox.sender"),
            env=environment,
            cwd=Path(__file__).parents[3],
            stdout=asyncio.subprocess.DEVNULL,
        )

    assert (await demo.send("a1", about="a")).status == 200
    assert (await demo.send("a2", about="a")).status == 200
    async with asyncio.timeout(60):
        for _ in range(2):
            pause.write_text("")
            process = await started()
            while not pause.read_text():
                await asyncio.sleep(0.02)
            process.kill()
            await process.wait()
            assert await effects(db) == []
        pause.unlink()
        process = await started()
        while len(await effects(db)) < 2:
            await asyncio.sleep(0.05)
        process.kill()
        await process.wait()

    assert await effects(db) == ["a1", "a2"]
