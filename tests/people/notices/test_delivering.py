"""What becomes of a notice, with the real simulator behind a real socket: sent, put off, refused, lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from kontorhaus.people.notices import Attachment
from kontorhaus.people.notices.events import NoticeDeferred, NoticeFailed, NoticeSent
from tests.people.notices.office import Office
from tests.support.postbox import Postbox

A_MINUTE = timedelta(minutes=1)


async def test_a_notice_is_sent_once_and_told(office: Office, box: Postbox) -> None:
    notice_id = await office.write(note="Moin", name="Anna Müller", language="de-AT")

    assert await office.work() == 1
    assert await office.work() == 0

    (message,) = await box.messages()
    assert message["recipients"] == ["anna@example.com"]
    assert message["sender"] == "post@hanse.example"
    assert message["subject"] == "[Test] Eine Nachricht zur Probe"
    assert "Moin" in message["text"]
    assert "Moin" in message["html"]
    notice = await office.notice(notice_id)
    assert (notice.status, notice.attempts, notice.next_attempt_at) == ("sent", 1, None)
    assert await office.outcomes(notice_id) == [("accepted", 250, "2.0.0")]
    assert await office.ends(notice_id) == [
        NoticeSent(subject=notice_id, template="test_message", attempts=1, version=notice.version)
    ]


async def test_greylisted_and_let_in_the_second_time(office: Office, box: Postbox) -> None:
    await box.fault(
        stage="rcpt", recipient="*@example.com", reply="451 4.7.1 greylisted, come again, anna@example.com"
    )
    notice_id = await office.write()

    await office.work()
    put_off = await office.notice(notice_id)
    assert put_off.next_attempt_at is not None
    pause = put_off.next_attempt_at - office.now()
    assert timedelta(seconds=30) < pause <= 1.25 * A_MINUTE
    assert await office.work() == 0, "not before its time"
    assert await office.in_the_future(2 * A_MINUTE).work() == 1

    assert await office.outcomes(notice_id) == [("deferred", 451, "4.7.1"), ("accepted", 250, "2.0.0")]
    notice = await office.notice(notice_id)
    assert notice.status == "sent"
    assert len(await box.messages()) == 1
    told = await office.facts(notice_id)
    assert [type(fact).__name__ for fact in told] == ["NoticeQueued", "NoticeDeferred", "NoticeSent"]
    assert isinstance(told[1], NoticeDeferred)
    assert (told[1].outcome, told[1].next_attempt_at) == ("deferred", put_off.next_attempt_at)
    assert isinstance(told[2], NoticeSent)
    assert (told[1].version, told[2].version) == (put_off.version, notice.version)


async def test_a_refused_one_has_failed_for_good(office: Office, box: Postbox) -> None:
    await box.fault(stage="rcpt", recipient="gone@*", reply="550 5.1.1 no such user gone@example.com")
    notice_id = await office.write("gone@example.com")

    await office.work()

    notice = await office.notice(notice_id)
    assert (notice.status, notice.reason) == ("failed", "refused")
    assert await office.jobs() == 0
    assert await office.ends(notice_id) == [
        NoticeFailed(
            subject=notice_id,
            template="test_message",
            attempts=1,
            reason="refused",
            code=550,
            enhanced="5.1.1",
            version=notice.version,
        )
    ]
    assert await box.messages() == []


async def test_an_answer_that_was_lost_is_unknown_and_the_copy_has_the_same_id(
    office: Office, box: Postbox
) -> None:
    await box.fault(stage="accept", drop=True)
    notice_id = await office.write()

    await office.work()
    assert await office.outcomes(notice_id) == [("unknown", None, None)]
    await office.in_the_future(2 * A_MINUTE).work()

    assert await office.outcomes(notice_id) == [("unknown", None, None), ("accepted", 250, "2.0.0")]
    first, second = await box.messages()
    assert first["message_id"] == second["message_id"]
    assert (first["subject"], first["text"], first["html"]) == (
        second["subject"],
        second["text"],
        second["html"],
    )
    assert dict(first["headers"])["Date"] == dict(second["headers"])["Date"]


async def test_three_lost_answers_are_enough(office: Office, box: Postbox) -> None:
    await box.fault(stage="accept", drop=True, times=None)
    notice_id = await office.write()

    for hours in range(5):
        await office.in_the_future(timedelta(hours=hours)).work()

    notice = await office.notice(notice_id)
    assert (notice.status, notice.reason, notice.attempts) == ("failed", "unknown", 3)
    assert len(await box.messages()) == 3


@pytest.mark.parametrize("stage", ["connect", "mail", "rcpt", "data"])
async def test_what_is_lost_before_the_message_was_surely_not_sent(
    office: Office, box: Postbox, stage: str
) -> None:
    await box.fault(stage=stage, drop=True)
    notice_id = await office.write()

    await office.work()
    await office.in_the_future(2 * A_MINUTE).work()

    assert await office.outcomes(notice_id) == [("not_sent", None, None), ("accepted", 250, "2.0.0")]
    assert len(await box.messages()) == 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"stage": "connect", "reply": "421 4.3.2 shutting down"}, ("not_sent", 421, "4.3.2")),
        ({"stage": "connect", "reply": "554 5.3.2 your address is on a list"}, ("not_sent", 554, "5.3.2")),
        ({"stage": "mail", "reply": "421 4.3.2 shutting down"}, ("deferred", 421, "4.3.2")),
        ({"stage": "data", "reply": "450 4.2.0 busy"}, ("deferred", 450, "4.2.0")),
        ({"stage": "data", "reply": "554 5.7.1 no"}, ("refused", 554, "5.7.1")),
        ({"stage": "accept", "reply": "452 4.3.1 disk full"}, ("deferred", 452, "4.3.1")),
        ({"stage": "accept", "reply": "554 looks like spam"}, ("refused", 554, None)),
        ({"stage": "accept", "reply": "250 ok"}, ("accepted", 250, None)),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_every_answer_has_its_outcome(
    office: Office, box: Postbox, fault: dict[str, object], outcome: tuple[object, ...]
) -> None:
    await box.fault(**fault)
    notice_id = await office.write()

    await office.work()

    assert (await office.outcomes(notice_id))[0] == outcome


async def test_a_server_that_is_away_is_tried_for_two_days_and_then_given_up(
    office: Office, box: Postbox
) -> None:
    box.process.kill()
    await box.process.wait()
    notice_id = await office.write()

    for hours in (0, 0.1, 0.4, 1, 2, 4, 8, 16, 24, 38, 46):
        await office.in_the_future(timedelta(hours=hours)).work()
    assert (await office.notice(notice_id)).status == "queued"
    for hours in (64, 90):
        await office.in_the_future(timedelta(hours=hours)).work()

    notice = await office.notice(notice_id)
    assert (notice.status, notice.reason, notice.attempts) == ("failed", "given_up", 11)
    assert {one.outcome for one in await office.attempts(notice_id)} == {"not_sent"}
    assert await office.jobs() == 0


async def test_the_same_occasion_is_written_once(office: Office, box: Postbox) -> None:
    first = await office.write(dedupe_key="invoice:1:issued")
    second = await office.write("other@example.com", dedupe_key="invoice:1:issued")
    third = await office.write(dedupe_key="invoice:2:issued")

    await office.work()

    assert first == second != third
    assert [message["recipients"] for message in await box.messages()] == [["anna@example.com"]] * 2


async def test_what_is_rolled_back_is_not_sent(office: Office, box: Postbox) -> None:
    async def writes_and_fails() -> None:
        async with office.db.org(office.org_id) as tx:
            await office.write_in(tx)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await writes_and_fails()

    await office.work()

    assert await box.messages() == []


async def test_eight_that_write_the_same_occasion_at_once_write_one(office: Office, box: Postbox) -> None:
    written = await asyncio.gather(*(office.write(dedupe_key="order:7:paid") for _ in range(8)))
    await office.work()

    assert len(set(written)) == 1
    assert len(await box.messages()) == 1


async def test_files_go_with_a_letter(office: Office, box: Postbox) -> None:
    pdf = Attachment("Rechnung 4711.pdf", "application/pdf", b"%PDF-1.7\n" + bytes(range(256)) * 1000)
    await office.write(attachments=(pdf,))

    await office.work()

    (message,) = await box.messages()
    assert message["attachments"] == [["Rechnung 4711.pdf", "application/pdf", len(pdf.content)]]
    assert max(len(line) for line in message["raw"].split("\r\n")) <= 998
