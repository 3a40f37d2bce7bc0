"""The simulators of the outside, started as processes of their own: the house imports nothing of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from typing import Final, TypeVar

import msgspec
from msgspec import Struct, structs

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.platform.settings import Settings, home_folder

MAIL: Final = "kontorhaus.sandbox.mail"

STRIPE: Final = "kontorhaus.sandbox.stripe"

MAIL_FROM: Final = "Kontorhaus <no-reply@kontorhaus.example>"
"""Who mail to the simulator is from, unless KONTORHAUS_MAIL_FROM says so."""

START_SECONDS_MAX: Final = 20.0
"""A Python that imports an HTTP server takes half a second, far longer on a machine that starts everything at once."""

END_SECONDS_MAX: Final = 5.0
"""It has nothing to finish: what it got is on disk."""


class SandboxNotStarted(Unavailable):
    """A simulator of `kontorhaus up` did not start. Set KONTORHAUS_SMTP_URL to use a mail server instead of that of
    mail, and KONTORHAUS_STRIPE_URL to ask Stripe instead of that of Stripe."""

    code = "sandbox_not_started"
    title = "A simulator did not start"


class MailListening(Struct, frozen=True):
    """Where the mail simulator listens."""

    smtp: str
    page: str


class StripeListening(Struct, frozen=True):
    """Where the Stripe simulator listens."""

    api: str
    page: str


ListeningT = TypeVar("ListeningT", MailListening, StripeListening)


@contextlib.asynccontextmanager
async def mail(settings: Settings) -> AsyncIterator[tuple[Settings, str | None]]:
    """Settings with a mail server: the one that they name, else a simulator that lives as long as this block, and the
    address of its page."""
    if settings.smtp_url is not None:
        yield settings, None
        return
    async with _running(settings, MAIL, MailListening) as where:
        yield (
            structs.replace(settings, smtp_url=where.smtp, mail_from=settings.mail_from or MAIL_FROM),
            where.page,
        )


@contextlib.asynccontextmanager
async def stripe(settings: Settings) -> AsyncIterator[tuple[Settings, str | None]]:
    """Settings with an address for Stripe's test keys: the one that they name, else a simulator's, and the address of
    its page. It is on this machine, so its webhooks find the house where it listens."""
    if settings.stripe_url is not None:
        yield settings, None
        return
    async with _running(settings, STRIPE, StripeListening) as where:
        heard_at = settings.webhook_url or settings.public_url or _here(settings)
        yield structs.replace(settings, stripe_url=where.api, webhook_url=heard_at), where.page


def _here(settings: Settings) -> str | None:
    """Where this machine reaches the API; None if that is not known before it listens."""
    if settings.port == 0:
        return None
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  # read, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


@contextlib.asynccontextmanager
async def _running(settings: Settings, module: str, listening: type[ListeningT]) -> AsyncIterator[ListeningT]:
    """A simulator that lives as long as this block. It does not outlive this process either, however that dies: the
    kernel closes its standard input. Its books are in the home."""
    books = home_folder(settings) / "sandbox" / f"{module.rpartition('.')[2]}.db"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", module, "--with-parent", "--books", str(books)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # Ctrl-C in a terminal reaches the house alone, which ends it last.
        start_new_session=True,
    )
    try:
        yield await _listening(process, listening)
    finally:
        await _end(process)


async def _listening(process: asyncio.subprocess.Process, listening: type[ListeningT]) -> ListeningT:
    assert process.stdout is not None, "its output is a pipe"
    try:
        async with asyncio.timeout(START_SECONDS_MAX):
            line = await process.stdout.readline()
        return msgspec.json.decode(line, type=listening)
    except (TimeoutError, msgspec.MsgspecError) as error:
        raise SandboxNotStarted("a simulator did not start") from error


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
    _become(MAIL, arguments)


def become_stripe(arguments: list[str]) -> None:
    """Turn this process into the Stripe simulator; never returns."""
    _become(STRIPE, arguments)


def _become(module: str, arguments: list[str]) -> None:
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606  # the house's own module
