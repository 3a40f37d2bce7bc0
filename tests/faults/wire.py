"""Requests as bytes on a socket: what no HTTP library would send."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from tests.support.house import Reply


class Request(Struct, frozen=True):
    """One request, as it goes over the wire. A header field of None is left out; with `transfer-encoding: chunked` the
    body goes in pieces of 64 KiB and its length is not said."""

    method: str
    target: bytes
    body: bytes | None = None
    headers: Mapping[str, str | None] = {}

    def encoded(self, host: str, credential: str) -> bytes:
        fields: dict[str, str | None] = {"host": host, "authorization": f"Bearer {credential}"}
        if self.method not in ("GET", "HEAD", "OPTIONS"):
            fields["idempotency-key"] = "one-key"
        if self.body is not None:
            fields["content-type"] = "application/json"
            fields["content-length"] = None if self._chunked else str(len(self.body))
        fields |= self.headers
        fields["connection"] = "close"
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
        line = self.method.encode() + b" " + self.target + b" HTTP/1.1\r\n"
        return line + head.encode("latin-1") + b"\r\n" + self._sent_body()

    @property
    def _chunked(self) -> bool:
        return self.headers.get("transfer-encoding") == "chunked"

    def _sent_body(self) -> bytes:
        body = self.body or b""
        if not self._chunked:
            return body
        pieces = [body[start : start + 65_536] for start in range(0, len(body), 65_536)]
        return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


async def send(address: str, request: bytes) -> Reply:
    """Send it on a connection of its own and read the one answer, also if it comes before all was sent."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    writer.close()
    return Reply(int(status.split()[1]), headers, body)
