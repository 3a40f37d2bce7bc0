"""The client says NotSent only when nothing can have arrived, and Unknown whenever something may have."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.platform import telemetry
from kontorhaus.platform.outbound import NotSent, Outbound, ReplyTooLarge, Unknown

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    async with Outbound() as opened:
        yield opened


@asynccontextmanager
async def serving(handler: Handler, stop: asyncio.Event | None = None) -> AsyncIterator[str]:
    """A real HTTP server in this loop; gives its address. `stop` is set at the end, for handlers that wait for it."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        if stop is not None:
            stop.set()
        await runner.cleanup()


@asynccontextmanager
async def raw_server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    stop: asyncio.Event | None = None,
) -> AsyncIterator[str]:
    """A server that does to its socket what it likes."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        if stop is not None:
            stop.set()
        server.close()


async def test_a_request_arrives_as_it_was_given_and_any_status_is_an_answer(outbound: Outbound) -> None:
    async def echo(request: web.Request) -> web.Response:
        assert request.headers["user-agent"].startswith("kontorhaus/")
        seen = f"{request.method} {request.path} {request.headers['idempotency-key']} {await request.text()}"
        return web.Response(status=418, text=seen, headers={"X-Seen": "yes"})

    async with serving(echo) as address:
        reply = await outbound.request(
            "POST", f"{address}/charges", headers={"idempotency-key": "k1"}, body=b"{}", timeout_seconds=5
        )

    assert (reply.status, reply.body) == (418, b"POST /charges k1 {}")
    assert reply.headers["x-seen"] == "yes"


async def test_a_redirect_is_an_answer_and_not_followed(outbound: Outbound) -> None:
    async def elsewhere(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"location": "/other"})

    async with serving(elsewhere) as address:
        reply = await outbound.request("POST", address, body=b"{}", timeout_seconds=5)

    assert (reply.status, reply.headers["location"]) == (307, "/other")


async def test_cookies_are_forgotten(outbound: Outbound) -> None:
    async def handler(request: web.Request) -> web.Response:
        response = web.Response(text=request.headers.get("cookie", "none"))
        response.set_cookie("session", "1")
        return response

    async with serving(handler) as address:
        named = address.replace("127.0.0.1", "localhost")
        replies = [await outbound.request("GET", named, timeout_seconds=5) for _ in range(2)]

    assert [reply.body for reply in replies] == [b"none", b"none"]


async def test_a_refused_connection_was_not_sent(outbound: Outbound) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(NotSent) as caught:
            await outbound.request("POST", address, body=b"{}", timeout_seconds=5)

    assert isinstance(caught.value, Unavailable)
    assert caught.value.should_retry


async def test_a_name_that_does_not_resolve_was_not_sent(outbound: Outbound) -> None:
    # RFC 6761, 6.4: no resolver may ever find a name under .invalid.
    with pytest.raises(NotSent):
        await outbound.request("POST", "http://nobody.invalid/", body=b"{}", timeout_seconds=10)


async def test_an_address_that_is_none_was_not_sent(outbound: Outbound) -> None:
    with pytest.raises(NotSent):
        await outbound.request("POST", "http:///nowhere", timeout_seconds=5)


async def test_a_handshake_that_fails_was_not_sent(outbound: Outbound) -> None:
    async def no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with raw_server(no_tls) as address:
        with pytest.raises(NotSent):
            await outbound.request("POST", address.replace("http:", "https:"), body=b"{}", timeout_seconds=5)


async def test_time_that_runs_out_before_the_connection_stands_was_not_sent(outbound: Outbound) -> None:
    """A server that accepts TCP and never answers the TLS greeting: the connection is not there yet."""
    stop = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stop.wait()
        writer.close()

    async with raw_server(silent, stop) as address:
        with pytest.raises(NotSent) as caught:
            await outbound.request(
                "POST", address.replace("http:", "https:"), body=b"{}", timeout_seconds=0.2
            )

    assert "Timeout" in str(caught.value.facts["reason"])


async def test_time_that_runs_out_after_the_request_was_sent_is_unknown(outbound: Outbound) -> None:
    arrived, stop = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        await request.read()
        arrived.set()
        await stop.wait()
        return web.Response()

    async with serving(slow, stop) as address:
        with pytest.raises(Unknown) as caught:
            await outbound.request("POST", address, body=b"{}", timeout_seconds=0.3)

    assert arrived.is_set()
    assert not isinstance(caught.value, NotSent)


async def test_time_that_runs_out_in_the_middle_of_the_answer_is_unknown(outbound: Outbound) -> None:
    stop = asyncio.Event()

    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-length": "10"})
        await response.prepare(request)
        await response.write(b"half")
        await stop.wait()
        return response

    async with serving(half, stop) as address:
        with pytest.raises(Unknown):
            await outbound.request("POST", address, body=b"{}", timeout_seconds=0.3)


@pytest.mark.parametrize(
    "answered", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", b"nonsense\r\n\r\n"]
)
async def test_a_connection_that_breaks_after_the_request_is_unknown(
    outbound: Outbound, answered: bytes
) -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answered)
        await writer.drain()
        writer.transport.abort()

    async with raw_server(reset) as address:
        with pytest.raises(Unknown):
            await outbound.request("POST", address, body=b"{}", timeout_seconds=5)


async def test_a_post_on_a_connection_that_was_closed_meanwhile_is_unknown_and_sent_once(
    outbound: Outbound,
) -> None:
    requests = 0

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        for answer in (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", None):
            await reader.readuntil(b"\r\n\r\n")
            requests += 1
            if answer is None:
                writer.transport.abort()
            else:
                writer.write(answer)

    async with raw_server(once) as address:
        await outbound.request("POST", address, timeout_seconds=5)
        with pytest.raises(Unknown):
            await outbound.request("POST", address, timeout_seconds=5)

    assert requests == 2


@pytest.mark.parametrize("packed", [False, True])
async def test_an_answer_that_is_too_large_is_given_up_and_unknown(outbound: Outbound, packed: bool) -> None:
    async def large(request: web.Request) -> web.Response:
        body, headers = b"x" * 1_000_000, {}
        if packed:
            body, headers = gzip.compress(body), {"content-encoding": "gzip"}
        return web.Response(body=body, headers=headers)

    async with serving(large) as address:
        with pytest.raises(ReplyTooLarge):
            await outbound.request("GET", address, timeout_seconds=5, reply_bytes_max=999_999)
        reply = await outbound.request("GET", address, timeout_seconds=5, reply_bytes_max=1_000_000)

    assert len(reply.body) == 1_000_000
    assert issubclass(ReplyTooLarge, Unknown)


async def test_a_caller_who_gives_up_gets_his_cancellation(outbound: Outbound) -> None:
    arrived, stop = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        arrived.set()
        await stop.wait()
        return web.Response()

    async with serving(slow, stop) as address:
        task = asyncio.create_task(outbound.request("GET", address, timeout_seconds=30))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_the_trace_goes_on_at_the_other_side(outbound: Outbound) -> None:
    seen: list[str | None] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers.get("traceparent"))
        return web.Response(status=503)

    async with serving(handler) as address:
        with telemetry.recorded_spans() as exporter, telemetry.server_span("GET", request_id="req_1"):
            await outbound.request("GET", f"{address}/secret?key=1", timeout_seconds=5, peer="tests")
        await outbound.request("GET", address, timeout_seconds=5)

    call, server = exporter.get_finished_spans()
    assert call.context is not None
    assert seen == [f"00-{call.context.trace_id:032x}-{call.context.span_id:016x}-01", None]
    assert server.context is not None
    assert call.parent is not None
    assert call.parent.span_id == server.context.span_id
    assert call.attributes == {
        "http.request.method": "GET",
        "server.address": "127.0.0.1",
        "http.response.status_code": 503,
        "error.type": "503",
    }


async def test_outcomes_are_counted_by_peer(outbound: Outbound) -> None:
    def counted(outcome: str) -> float:
        name, labels = (
            "kontorhaus_outbound_request_duration_seconds_count",
            {"peer": "count", "outcome": outcome},
        )
        return telemetry.metrics.REGISTRY.get_sample_value(name, labels) or 0

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=404)

    before = counted("4xx"), counted("not_sent")
    async with serving(handler) as address:
        await outbound.request("GET", address, timeout_seconds=5, peer="count")
    with pytest.raises(NotSent):
        await outbound.request("GET", "http://nobody.invalid/", timeout_seconds=5, peer="count")

    assert (counted("4xx"), counted("not_sent")) == (before[0] + 1, before[1] + 1)
