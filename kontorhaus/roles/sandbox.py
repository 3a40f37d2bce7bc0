"""The simulators of the outside, started as processes of their own: the house imports nothing of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from msgspec import Struct, structs

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.platform.settings import Settings, home_folder

MAIL: Final = "kontorhaus.sandbox.mail"

MAIL_FROM: Final = "Kontorhaus <no-reply@kontorhaus.example>"
"""Who mail to the simulator is from, unless KONTORHAUS_MAIL_FROM says so."""

START_SECONDS_MAX: Final = 20.0
"""A Python that imports an HTTP server takes half a second, far longer on a machine that starts everything at once."""

END_SECONDS_MAX: Final = 5.0
"""It has nothing to finish: what it got is on disk."""


class SandboxNotStarted(Unavailable):
    """The mail simulator of `kontorhaus up` did not start. Set KONTORHAUS_SMTP_URL to use a mail server instead."""

    code = "sandbox_not_started"
    title = "A simulator did not start"


class Listening(Struct, frozen=True):
    """Where the mail simulator listens."""

    smtp: str
    page: str


@contextlib.asynccontextmanager
async def mail(settings: Settings) -> AsyncIterator[tuple[Settings, str | None]]:
    """Settings with a mail server: the one that they name, else a simulator that lives as long as this block, and the
    address of its page. It does not outlive this process either, however that dies: the kernel closes its standard
    input."""
    if settings.smtp_url is not None:
        yield settings, None
        return
    books = home_folder(settings) / "sandbox" / "mail.db"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", MAIL, "--with-parent", "--books", str(books)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # Ctrl-C in a terminal reaches the house alone, which ends it last.
        start_new_session=True,
    )
    try:
        where = await _listening(process)
        yield (
            structs.replace(settings, smtp_url=where.smtp, mail_from=settings.mail_from or MAIL_FROM),
            where.page,
        )
    finally:
        await _end(process)


async def _listening(process: asyncio.subprocess.Process) -> Listening:
    assert process.stdout is not None, "its output is a pipe"
    try:
        async with asyncio.timeout(START_SECONDS_MAX):
            line = await process.stdout.readline()
        return msgspec.json.decode(line, type=Listening)
    except (TimeoutError, msgspec.MsgspecError) as error:
        raise SandboxNotStarted("the mail simulator did not start") from error


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(END_SECONDS_MAX):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def become_mail(arguments: list[str]) -> None:
    """Turn this process into the mail simulator; never returns."""
    os.execv(sys.executable, [sys.executable, "-m", MAIL, *arguments])  # noqa: S606  # the house's own module
