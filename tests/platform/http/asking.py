"""Asking an ASGI application in this process, without a socket."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from kontorhaus.platform.http.edge import Edge


class Reply(Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def ask(
    edge: Edge,
    method: str,
    path: str,
    body: object = None,
    *,
    raw: bytes | None = None,
    key: str | None = "sk_test_all",
    headers: Mapping[str, str] | None = None,
    client: tuple[str, int] | None = ("127.0.0.1", 50_000),
) -> Reply:
    """One request. Unsafe ones get an idempotency key, and JSON its media type, unless `headers` says otherwise; a
    header of "" is left out."""
    if raw is None:
        raw = b"" if body is None else json.dumps(body).encode()
    sent = {"host": "test", **({"authorization": f"Bearer {key}"} if key else {})}
    if raw:
        sent |= {"content-type": "application/json", "content-length": str(len(raw))}
    if method not in ("GET", "HEAD", "OPTIONS"):
        sent["idempotency-key"] = "one-key"
    sent |= headers or {}
    waiting = iter([{"type": "http.request", "body": raw, "more_body": False}])

    async def receive() -> Any:
        return next(waiting, {"type": "http.disconnect"})

    return await asked(edge, method, path, [pair for pair in sent.items() if pair[1]], receive, client=client)


async def asked(
    edge: Edge,
    method: str,
    path: str,
    fields: Sequence[tuple[str, str]],
    receive: Callable[[], Awaitable[Any]],
    *,
    client: tuple[str, int] | None = ("127.0.0.1", 50_000),
) -> Reply:
    """One request with exactly these header fields; what is sent is read from `receive`."""
    target, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(target),
        "raw_path": target.encode(),
        "root_path": "",
        "query_string": query.encode("latin-1"),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in fields],
        "client": client,
        "server": ("test", 80),
        "state": {},
    }
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await edge(scope, receive, send)
    if not sent:
        return Reply(0, {}, b"")
    given = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Reply(sent[0]["status"], given, body)


def problem(reply: Reply, status: int, code: str) -> Reply:
    """The reply, which is a complete problem."""
    assert (reply.status, reply.json["code"]) == (status, code)
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["should-retry"] in ("true", "false")
    assert reply.json["status"] == status
    assert reply.json["type"].endswith(f"/problems/{code}")
    assert reply.json["request_id"] == reply.headers["request-id"]
    return reply
