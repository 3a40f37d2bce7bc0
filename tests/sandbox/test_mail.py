"""The mail simulator, asked by a plain SMTP client and over HTTP; and that it never outlives who started it."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import sys
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiohttp
import pytest
from msgspec import json

from tests.support.postbox import Postbox, postbox


@pytest.fixture
async def box() -> AsyncIterator[Postbox]:
    async with postbox() as running:
        yield running


def written(subject: str = "Hello", html: str | None = None) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.com", "b@example.com", subject
    made.set_content("Text\n")
    if html is not None:
        made.add_alternative(html, subtype="html")
    return made


async def submit(box: Postbox, message: EmailMessage, to: str = "b@example.com") -> None:
    def send() -> None:
        with smtplib.SMTP(timeout=10) as client:
            client.connect("127.0.0.1", int(box.smtp.rpartition(":")[2]))
            client.send_message(message, to_addrs=[to])

    await asyncio.to_thread(send)


async def test_it_keeps_what_it_gets(box: Postbox) -> None:
    await submit(box, written("Grüße"))
    await submit(box, written("Two"), to="c@example.com")

    first, second = await box.messages()
    assert (first["subject"], first["recipients"], first["text"]) == ("Grüße", ["b@example.com"], "Text\r\n")
    assert [one["subject"] for one in await box.messages(to="c@example.com")] == ["Two"]
    async with box.session.get(f"{box.page}/messages/{second['id']}") as response:
        assert (await response.json())["subject"] == "Two"
    async with box.session.delete(f"{box.page}/messages") as response:
        assert await response.json() == {"forgotten": 2}
    assert await box.messages() == []


async def test_faults_are_counted_off_and_aimed(box: Postbox) -> None:
    await box.fault(stage="rcpt", recipient="b@*", reply="450 4.2.1 later", times=2)

    await submit(box, written(), to="c@example.com")
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            await submit(box, written())
    await submit(box, written())

    assert len(await box.messages()) == 2


async def test_a_lost_answer_is_a_kept_message(box: Postbox) -> None:
    await box.fault(stage="accept", drop=True)

    with pytest.raises((smtplib.SMTPException, ConnectionError)):
        await submit(box, written())

    assert len(await box.messages()) == 1


async def test_a_refused_message_is_not_kept(box: Postbox) -> None:
    await box.fault(stage="accept", reply="554 5.7.1 spam")

    with pytest.raises(smtplib.SMTPDataError):
        await submit(box, written())

    assert await box.messages() == []


async def test_faults_can_be_seen_cleared_and_are_checked(box: Postbox) -> None:
    await box.fault(stage="data", drop=True, times=None)
    async with box.session.get(f"{box.page}/faults") as response:
        assert [fault["stage"] for fault in (await response.json())["data"]] == ["data"]
    async with box.session.delete(f"{box.page}/faults") as response:
        assert await response.json() == {"data": []}
    await submit(box, written())
    for wrong in ({"stage": "nowhere"}, {"stage": "rcpt", "reply": "hello"}, {"stage": "rcpt", "tims": 1}):
        async with box.session.post(f"{box.page}/faults", json=wrong) as response:
            assert response.status == 400


async def test_what_a_message_says_does_nothing_on_the_page(box: Postbox) -> None:
    await submit(box, written("<script>alert(1)</script>", html='<script>alert(2)</script>"><img src=x>'))
    (message,) = await box.messages()

    for path in ("/", f"/show/{message['id']}"):
        async with box.session.get(f"{box.page}{path}") as response:
            page = await response.text()
            assert "<script" not in page
            assert "<img" not in page
            assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<iframe sandbox " in page
    assert "&lt;script&gt;alert(2)" in page


@pytest.mark.parametrize(
    "raw",
    [
        b'To: "\r\nSubject: Moin\r\n\r\n',
        b"From: *@[@\r\nSubject: Moin\r\n\r\n",
        b"Subject: Moin\r\nContent-Type: text/plain; charset=nowhere\r\n\r\nhi\xff\r\n",
        b"Message-ID: <\r\nSubject: Moin\r\n\r\n",
    ],
)
async def test_a_message_that_cannot_be_read_hides_no_other(box: Postbox, raw: bytes) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", int(box.smtp.rpartition(":")[2]), timeout=10) as client:
            client.sendmail("a@example.com", ["b@example.com"], raw)

    await submit(box, written("Two"))
    await asyncio.to_thread(send)

    assert [one["subject"] for one in await box.messages()] == ["Two", "Moin"]
    for path in ("/", "/show/2"):
        async with box.session.get(f"{box.page}{path}") as response:
            assert (response.status, "Moin" in await response.text()) == (200, True)


async def test_pages_elsewhere_cannot_ask_it(box: Postbox) -> None:
    async with box.session.get(f"{box.page}/messages", headers={"host": "evil.example:80"}) as response:
        assert response.status == 421
    async with box.session.post(f"{box.page}/faults", data='{"stage":"rcpt"}') as response:
        assert response.status == 415


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        (b"EHLO x\r\nDATA\r\n", b"503"),
        (b"EHLO x\r\nMAIL FROM:<a@b.c>\r\nDATA\r\n", b"503"),
        (b"EHLO x\r\nMAIL FROM:a@b.c\r\n", b"501"),
        (b"EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<nobody>\r\n", b"501"),
        (b"EHLO x\r\nSTARTTLS\r\n", b"502"),
        (b"HELO x\r\nRSET\r\nNOOP\r\nHELP\r\n", b"502"),
        (b"x" * 100_000 + b"\r\n", b"500"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_is_out_of_order_is_refused(box: Postbox, said: bytes, answers: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(box.smtp.rpartition(":")[2]))
    writer.write(said)
    writer.write_eof()

    with contextlib.suppress(ConnectionError):
        answered = await asyncio.wait_for(reader.read(), 10)
    writer.close()

    assert answered.splitlines()[-1].startswith(answers), answered


async def test_messages_survive_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "books" / "mail.db"
    async with postbox("--books", str(file)) as box:
        await submit(box, written())
    async with postbox("--books", str(file)) as box:
        assert len(await box.messages()) == 1


async def test_it_ends_in_silence_while_somebody_waits_for_it() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kontorhaus.sandbox.mail"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    where = json.decode(await process.stdout.readline())
    async with aiohttp.ClientSession() as session:
        fault = {"stage": "connect", "delay_ms": 600_000}
        async with session.post(f"{where['page']}/faults", json=fault) as response:
            assert response.status == 201
        _, writer = await asyncio.open_connection("127.0.0.1", int(where["smtp"].rpartition(":")[2]))
        while True:
            async with session.get(f"{where['page']}/faults") as response:
                if not (await response.json())["data"]:
                    break  # it was counted off: the session waits

    process.terminate()
    async with asyncio.timeout(10):
        _, said = await process.communicate()

    assert (process.returncode, said) == (0, b"")
    writer.close()


async def test_it_ends_with_who_started_it() -> None:
    """However that dies: a parent that is killed can say nothing any more, and the kernel closes the pipe."""
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-m', 'kontorhaus.sandbox.mail', '--with-parent'],"
        " stdin=subprocess.PIPE)\n"
        "child.wait()\n",
        stdout=asyncio.subprocess.PIPE,
    )
    assert parent.stdout is not None
    where = json.decode(await parent.stdout.readline())
    port = int(where["smtp"].rpartition(":")[2])
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()

    parent.kill()
    await parent.wait()

    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                break
            writer.close()
            await asyncio.sleep(0.05)
    assert await parent.stdout.read() == b"", "nobody holds its output any more"
