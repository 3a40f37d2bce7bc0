"""Handing one message over by SMTP (RFC 5321), and saying honestly what came of it."""

from __future__ import annotations

import asyncio
import re
import ssl
from typing import Final

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from kontorhaus.people.notices.model import Outcome, Report
from kontorhaus.people.notices.model.server import Sender, Server

COMMAND_SECONDS_MAX: Final = 30.0
"""For connecting and for each command. RFC 5321, 4.5.3.2, allows a server minutes, but ours is the operator's own,
and a worker's slot is not to hang on it; what ends here has surely not been sent, and is tried again."""

BEFORE_SECONDS_MAX: Final = 90.0
"""For all of that together: a session has a dozen answers before the message, and a server that takes its time with
each of them must not outlast the job, since what is cut off there may be called unknown."""

ACCEPT_SECONDS_MAX: Final = 180.0
"""For the answer to the message itself: servers scan for viruses first. Ending too early leaves it unknown whether the
message is on its way, so this is patient; with what comes before and after it below the six minutes of a job."""

QUIT_SECONDS_MAX: Final = 2.0
"""Good manners; the message is out of our hands already."""


class NotHandedOver(asyncio.CancelledError):
    """Cancelled before the first byte of the message: the server surely does not have it."""


class Mailer:
    """The operator's mail server, one connection a message.

    Not guaranteed: that an accepted message is delivered. A server that accepts and fails later writes to the sender's
    address, and nobody reads that here.
    """

    def __init__(self, server: Server, sender: Sender, *, trust: ssl.SSLContext | None = None) -> None:
        self._server: Final = server
        self._trust: Final = trust or (ssl.create_default_context() if server.tls != "none" else None)
        self.sender: Final = sender
        self.place: Final = server.place

    async def deliver(self, message: bytes, *, to: str) -> Report:
        """Hand one message over. Whatever happens on the network is a report, never an error. Who is cancelled while it
        can be told that nothing was handed over learns so by NotHandedOver."""
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            # Asking the machine for its full name may take seconds of name lookups.
            local_hostname=self.sender.domain,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",
            tls_context=self._trust,
            timeout=COMMAND_SECONDS_MAX,
        )
        try:
            no = await self._before(client, to)
            return await _sent(client, message) if no is None else no
        finally:
            client.close()

    async def _before(self, client: aiosmtplib.SMTP, to: str) -> Report | None:
        """Everything up to the server's word that it is ready for the message; None when it is."""
        try:
            async with asyncio.timeout(BEFORE_SECONDS_MAX):
                return await self._connected(client) or await self._agreed(client, to)
        except TimeoutError:
            return Report(Outcome.NOT_SENT)
        except asyncio.CancelledError as cancelled:
            raise NotHandedOver from cancelled

    async def _connected(self, client: aiosmtplib.SMTP) -> Report | None:
        try:
            await client.connect()
        except SMTPResponseException as refusal:
            return _report(Outcome.NOT_SENT, refusal)  # whatever its code: it is not about this message
        except (SMTPException, OSError, ValueError):
            return Report(Outcome.NOT_SENT)
        return None

    async def _agreed(self, client: aiosmtplib.SMTP, to: str) -> Report | None:
        try:
            await client.mail(self.sender.address)
            await client.rcpt(to)
            ready = await client.execute_command(b"DATA")
        except SMTPResponseException as refusal:
            return _judged(refusal)
        except (SMTPException, OSError):
            return Report(Outcome.NOT_SENT)
        return (
            None if ready.code == START_INPUT else _judged(SMTPResponseException(ready.code, ready.message))
        )


START_INPUT: Final = 354


async def _sent(client: aiosmtplib.SMTP, message: bytes) -> Report:
    """The message itself. From the first byte on a lost connection means that nobody knows; so the library's own DATA,
    which does not tell before from after, is not used."""
    protocol = client.protocol
    try:
        assert protocol is not None, "the server has just answered"
        protocol.write(_LINE_START_PERIOD.sub(b"..", message) + b".\r\n")
        answer = await protocol.read_response(timeout=ACCEPT_SECONDS_MAX)
    except SMTPResponseException as garbled:
        return _report(Outcome.UNKNOWN, garbled)
    except (SMTPException, OSError):
        return Report(Outcome.UNKNOWN)
    said = SMTPResponseException(answer.code, answer.message)
    if not 200 <= answer.code < 300:
        return _judged(said)
    await _bid_farewell(client)
    return _report(Outcome.ACCEPTED, said)


async def _bid_farewell(client: aiosmtplib.SMTP) -> None:
    try:
        async with asyncio.timeout(QUIT_SECONDS_MAX):
            await client.quit()
    except (SMTPException, OSError):
        return  # TimeoutError is an OSError


_LINE_START_PERIOD: Final = re.compile(rb"(?m)^\.")
"""RFC 5321, 4.5.2: a line that begins with a period gets a second one, or it would end the message."""

_ENHANCED: Final = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")
"""RFC 2034: at the beginning of the text. Nothing else of the text is kept, for it quotes addresses."""


def _judged(said: SMTPResponseException) -> Report:
    """A server's no: 5xx for good, and everything else for now. 421 is "I am closing", whatever was asked."""
    return _report(Outcome.REFUSED if 500 <= said.code < 600 else Outcome.DEFERRED, said)


def _report(outcome: Outcome, said: SMTPResponseException) -> Report:
    code = said.code if 200 <= said.code < 600 else None
    found = _ENHANCED.match(said.message)
    return Report(outcome, code, found[1] if code is not None and found else None)
