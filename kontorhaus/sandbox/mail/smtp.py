"""The SMTP side (RFC 5321): enough of it for any client that submits mail, and every fault on demand."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hmac
import re
import ssl
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from kontorhaus.sandbox.mail.books import Books, Stage

LINE_BYTES_MAX: Final = 65_536
"""Beyond what RFC 5321, 4.5.3.1 allows (512 for a command, 1,000 for a line of text), so that a client's mistake is
seen and not hidden."""

MESSAGE_BYTES_MAX: Final = 26_214_400
"""25 MiB, as the large providers take."""

NAME: Final = "sandbox.invalid"

_PATH: Final = re.compile(r"(?:FROM|TO):\s*<([^<>\s]*)>(.*)", re.IGNORECASE)


class Security(Struct, frozen=True):
    """What the server demands: TLS by STARTTLS if it has a certificate, and a user if one is set."""

    certificate: ssl.SSLContext | None = None
    user: str | None = None
    password: str | None = None


class _Dropped(Exception):
    """The connection ends here, in the middle."""


class Session:
    """One connection, from greeting to end."""

    def __init__(
        self, books: Books, security: Security, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._books, self._security = books, security
        self._reader, self._writer = reader, writer
        self._secure = False
        self._user: str | None = None
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._verbs: Final[dict[str, Callable[[str], object]]] = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": self._noop,
        }

    async def run(self) -> None:
        try:
            if not await self._faulty("connect"):
                await self._say(f"220 {NAME} ESMTP, brings mail to nobody")
            while (line := await self._line()) is not None:
                verb, _, rest = line.partition(" ")
                if verb.upper() == "QUIT":
                    await self._say(f"221 2.0.0 {NAME} closes")
                    return
                work = self._verbs.get(verb.upper())
                if work is None:
                    await self._say("502 5.5.1 unknown command")
                else:
                    await work(rest.strip())  # type: ignore[misc]
        except (_Dropped, ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            self._writer.transport.abort()
        finally:
            self._writer.close()

    async def _line(self) -> str | None:
        line = await self._bytes()
        return line.decode("utf-8", "replace").rstrip("\r\n") if line.endswith(b"\n") else None

    async def _bytes(self) -> bytes:
        try:
            return await self._reader.readline()
        except ValueError:  # longer than the reader's limit
            await self._say("500 5.5.2 line too long")
            raise _Dropped from None

    async def _say(self, *lines: str) -> None:
        for line in lines[:-1]:
            self._writer.write(f"{line[:3]}-{line[4:]}\r\n".encode())
        self._writer.write(f"{lines[-1]}\r\n".encode())
        await self._writer.drain()

    async def _faulty(self, stage: Stage, recipient: str = "*") -> bool:
        """Commit the fault of this stage, if there is one; True when it has answered instead of us."""
        fault = self._books.fault(stage, recipient)
        if fault.delay_ms:
            await asyncio.sleep(fault.delay_ms / 1000)
        if fault.drop:
            raise _Dropped
        if fault.reply is not None:
            await self._say(fault.reply)
        return fault.reply is not None

    async def _ehlo(self, name: str) -> None:
        del name
        offered = [f"250 {NAME}", f"250 SIZE {MESSAGE_BYTES_MAX}", "250 8BITMIME", "250 ENHANCEDSTATUSCODES"]
        if self._security.certificate is not None and not self._secure:
            offered.append("250 STARTTLS")
        if self._security.user is not None and (self._secure or self._security.certificate is None):
            offered.append("250 AUTH PLAIN")
        self._forget_envelope()
        await self._say(*offered)

    async def _helo(self, name: str) -> None:
        del name
        self._forget_envelope()
        await self._say(f"250 {NAME}")

    async def _starttls(self, rest: str) -> None:
        del rest
        if self._security.certificate is None or self._secure:
            await self._say("502 5.5.1 no TLS here")
            return
        await self._say("220 2.0.0 go ahead")
        await self._writer.start_tls(self._security.certificate)
        self._secure = True
        self._forget_envelope()

    async def _auth(self, rest: str) -> None:
        kind, _, given = rest.partition(" ")
        if kind.upper() != "PLAIN":
            await self._say("504 5.5.4 PLAIN alone")
            return
        if not given:
            await self._say("334 ")
            given = await self._line() or ""
        try:
            _, user, password = base64.b64decode(given, validate=True).decode().split("\0")
        except (binascii.Error, ValueError):
            await self._say("501 5.5.2 not base64 of three parts")
            return
        wanted = f"{self._security.user}\0{self._security.password}".encode()
        if not hmac.compare_digest(f"{user}\0{password}".encode(), wanted):
            await self._say("535 5.7.8 wrong user or password")
            return
        self._user = user
        await self._say("235 2.7.0 welcome")

    async def _mail(self, rest: str) -> None:
        found = _PATH.match(rest)
        if self._security.certificate is not None and not self._secure:
            await self._say("530 5.7.0 STARTTLS first")
        elif self._security.user is not None and self._user is None:
            await self._say("530 5.7.0 AUTH first")
        elif found is None:
            await self._say("501 5.5.4 MAIL FROM:<address>")
        elif not await self._faulty("mail"):
            self._sender, self._recipients = found[1], []
            await self._say("250 2.1.0 sender taken")

    async def _rcpt(self, rest: str) -> None:
        found = _PATH.match(rest)
        if self._sender is None:
            await self._say("503 5.5.1 MAIL first")
        elif found is None or "@" not in found[1]:
            await self._say("501 5.1.3 RCPT TO:<address>")
        elif not await self._faulty("rcpt", found[1]):
            self._recipients.append(found[1])
            await self._say("250 2.1.5 recipient taken")

    async def _data(self, rest: str) -> None:
        del rest
        if self._sender is None or not self._recipients:
            await self._say("503 5.5.1 MAIL and RCPT first")
            return
        if await self._faulty("data", self._recipients[0]):
            return
        await self._say("354 end with a dot")
        raw = await self._message()
        await self._accept(self._sender, self._recipients, raw)
        self._forget_envelope()

    async def _message(self) -> bytes:
        lines = bytearray()
        while (line := await self._bytes()) != b".\r\n":
            if not line.endswith(b"\n"):
                raise _Dropped
            # RFC 5321, 4.5.2: the first of the dots that a line begins with is the transport's.
            lines += line[1:] if line.startswith(b".") else line
            if len(lines) > MESSAGE_BYTES_MAX:
                await self._say("552 5.3.4 message too large")
                raise _Dropped
        return bytes(lines)

    async def _accept(self, sender: str, recipients: list[str], raw: bytes) -> None:
        fault = self._books.fault("accept", recipients[0])
        if fault.reply is None or fault.reply < "4":
            number = self._books.store.keep(
                sender=sender, recipients=recipients, secure=self._secure, user=self._user, raw=raw
            )
            answer = fault.reply or f"250 2.0.0 kept as {number}"
        else:
            answer = fault.reply
        if fault.delay_ms:
            await asyncio.sleep(fault.delay_ms / 1000)
        if fault.drop:
            raise _Dropped
        await self._say(answer)

    async def _rset(self, rest: str) -> None:
        del rest
        self._forget_envelope()
        await self._say("250 2.0.0 forgotten")

    async def _noop(self, rest: str) -> None:
        del rest
        await self._say("250 2.0.0 nothing done")

    def _forget_envelope(self) -> None:
        self._sender, self._recipients = None, []


async def listen(books: Books, security: Security, host: str, port: int) -> asyncio.Server:
    """Serve SMTP; port 0 takes a free one."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled when the process ends: asyncio would print that as a mistake of ours.
        with contextlib.suppress(asyncio.CancelledError):
            await Session(books, security, reader, writer).run()

    return await asyncio.start_server(meet, host, port, limit=LINE_BYTES_MAX)
