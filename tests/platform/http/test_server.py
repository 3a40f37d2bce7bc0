"""What can only be seen at the socket: limits while bytes arrive, connections that end, and a stop that cuts no one."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import Struct

from kontorhaus.platform.http import Drain, serve, server
from kontorhaus.platform.http.errors import AddressInUse
from kontorhaus.platform.settings import Settings
from tests.platform.http.shop import KEY, Shop, made

AUTHORIZED = f"Authorization: Bearer {KEY}\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\n"


class Running(Struct, frozen=True):
    port: int
    shop: Shop
    drain: Drain
    stop: asyncio.Event
    ended: asyncio.Task[None]


class Reply(Struct, frozen=True):
    status: int
    head: str
    body: bytes


@contextlib.asynccontextmanager
async def running(**given: Any) -> AsyncIterator[Running]:
    settings = Settings(port=0, **{"drain_seconds_max": 10, **given})
    shop, drain, stop = Shop(), Drain(), asyncio.Event()
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    edge = made(shop, drain=drain, **given)
    ended = asyncio.create_task(serve(edge, settings, drain=drain, stop=stop, listening=listening.set_result))
    either: set[asyncio.Future[Any]] = {ended, listening}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if ended.done():
        ended.result()
    try:
        yield Running(int(listening.result().rpartition(":")[2]), shop, drain, stop, ended)
    finally:
        stop.set()
        shop.gate.set()
        await ended


async def read(reader: asyncio.StreamReader) -> Reply:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
    return Reply(
        int(head.split()[1]), head.lower(), await reader.readexactly(int(fields.get("content-length", "0")))
    )


async def ask(port: int, sent: bytes) -> Reply:
    """One request on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    reply = await read(reader)
    writer.close()
    return reply


def post(body: bytes, *more: str) -> bytes:
    fields = "".join(f"{line}\r\n" for line in (f"Content-Length: {len(body)}", *more))
    return f"POST /v1/orders HTTP/1.1\r\nHost: x\r\n{AUTHORIZED}{fields}\r\n".encode() + body


async def test_a_connection_serves_one_request_after_another() -> None:
    async with running() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        for _ in range(3):
            writer.write(post(b'{"name": "a"}'))
            assert (await read(reader)).status == 201
        writer.write(b"GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        assert [(await read(reader)).status for _ in range(2)] == [404, 404]
        writer.close()


async def test_answers_tell_nothing_of_the_server() -> None:
    async with running() as house:
        reply = await ask(house.port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert "\r\nserver:" not in reply.head
        assert "\r\ndate:" in reply.head


async def test_a_304_is_below_250_bytes() -> None:
    async with running() as house:
        made_ = await ask(house.port, post(b'{"name": "a"}'))
        where = next(line[10:] for line in made_.head.split("\r\n") if line.startswith("location: "))
        get = f"GET {where} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
        first = await ask(house.port, f"{get}\r\n".encode())
        tag = next(line for line in first.head.split("\r\n") if line.startswith("etag: "))[6:]
        same = await ask(house.port, f"{get}If-None-Match: {tag}\r\n\r\n".encode())
        assert (same.status, same.body) == (304, b"")
        assert len(same.head) < 250


async def test_a_caller_who_sends_too_much_is_told_before_he_is_cut_off() -> None:
    """Ten megabytes are written before anything is read, as simple clients do."""
    loop = asyncio.get_running_loop()
    async with running() as house:
        with socket.create_connection(("127.0.0.1", house.port)) as plain:
            plain.setblocking(False)
            await loop.sock_sendall(plain, post(b" " * 10_000_000))
            reader, writer = await asyncio.open_connection(sock=plain)
            reply = await read(reader)
            writer.close()
        assert (reply.status, b'"body_too_large"' in reply.body) == (413, True)
        assert "\r\nconnection: close" in reply.head


async def test_a_body_in_chunks_is_counted_as_it_comes() -> None:
    async with running(body_bytes_max=1_024) as house:
        head = (
            f"POST /v1/orders HTTP/1.1\r\nHost: x\r\n{AUTHORIZED}Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        small = b"d\r\n" + b'{"name": "a"}' + b"\r\n0\r\n\r\n"
        assert (await ask(house.port, head + small)).status == 201
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(head + (b"400\r\n" + b" " * 1_024 + b"\r\n") * 2)
        reply = await read(reader)
        assert (reply.status, "\r\nconnection: close" in reply.head) == (413, True)
        writer.write(b"0\r\n\r\n")
        assert await reader.read() == b"", "the server has closed the connection"
        writer.close()


async def test_who_waits_for_a_go_ahead_gets_the_refusal_at_once() -> None:
    async with running(body_bytes_max=1_024) as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        head = f"POST /v1/orders HTTP/1.1\r\nHost: x\r\n{AUTHORIZED}Expect: 100-continue\r\n"
        writer.write(f"{head}Content-Length: 99999\r\n\r\n".encode())
        assert (await read(reader)).status == 413
        assert await reader.read() == b""
        writer.close()


async def test_a_body_that_may_never_come_ends_the_connection() -> None:
    """Whoever is refused while he waits for a go-ahead may send the body or not: the next bytes could be either."""
    async with running() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(
            b"POST /v1/orders HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 13\r\n\r\n"
        )
        reply = await read(reader)
        assert (reply.status, "\r\nconnection: close" in reply.head) == (401, True)
        assert await reader.read() == b""
        writer.close()


async def test_a_body_that_does_not_come_is_408() -> None:
    async with running(body_seconds_max=0) as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(post(b'{"name": "a"}')[:-1])
        reply = await read(reader)
        assert (reply.status, b'"body_too_slow"' in reply.body) == (408, True)
        assert "\r\nshould-retry: true" in reply.head
        assert await reader.read() == b"", "the server has closed the connection"
        writer.close()


async def test_a_head_that_grows_without_end_is_431(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING")
    async with running() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-Filler: aaaaaaaaaaaaaaaaaaaa\r\n" * 2_000)
        assert (await read(reader)).status == 431
        writer.write(b"X-Filler: aaaaaaaaaaaaaaaaaaaa\r\n" * 2_000)
        assert await reader.read() == b""
        writer.close()
    assert not caplog.records, "it is refused once"


async def test_a_head_that_comes_in_one_piece_is_431_too() -> None:
    async with running() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(
            b"POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nX-Filler: %b\r\n\r\n{}\n"
            % (b"a" * 40_000)
        )
        reply = await read(reader)
        assert (reply.status, b'"head_too_large"' in reply.body) == (431, True)
        assert "\r\nshould-retry: false" in reply.head
        assert await reader.read() == b"", "it is answered once"
        writer.close()


async def test_pieces_of_a_body_that_are_none_are_400_and_nothing_else() -> None:
    """The request is at work already when its body turns out to be garbage: of two answers the second would be taken
    for that of the next request."""
    async with running() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        head = f"POST /v1/orders HTTP/1.1\r\nHost: x\r\n{AUTHORIZED}Transfer-Encoding: chunked\r\n\r\n"
        writer.write(head.encode() + b"garbage\r\n")
        reply = await read(reader)
        assert (reply.status, b'"request_malformed"' in reply.body) == (400, True)
        assert await reader.read() == b""
        writer.close()
        assert house.shop.orders == {}


async def test_no_part_of_an_answer_waits_for_an_acknowledgement(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer goes out in two writes; with Nagle's algorithm on, the second would wait 40 ms."""
    seen = []
    made_before = server._Protocol.connection_made

    def made_now(self: server._Protocol, transport: asyncio.Transport) -> None:
        accepted = transport.get_extra_info("socket")
        seen.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        made_before(self, transport)

    monkeypatch.setattr(server._Protocol, "connection_made", made_now)
    async with running() as house:
        await ask(house.port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert seen
    assert all(seen)


async def test_a_head_that_breaks_off_is_408(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await read(reader)).status == 200
        monkeypatch.setattr(server, "HEAD_SECONDS_MAX", 0.0)
        writer.write(b"GET /healthz HTTP/1.1\r\n")
        assert (await read(reader)).status == 408
        assert await reader.read() == b""
        writer.close()


async def test_a_connection_on_which_nothing_is_asked_is_closed_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS_MAX", 0.0)
    async with running() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        assert await reader.read() == b""
        writer.close()


async def test_what_is_no_http_is_400() -> None:
    async with running() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 400")
        writer.close()


async def test_a_stop_lets_requests_in_flight_end() -> None:
    async with running() as house:
        waiting = asyncio.create_task(ask(house.port, b"GET /v1/wait HTTP/1.1\r\nHost: x\r\n\r\n"))
        await house.shop.entered.wait()
        house.stop.set()
        while (ready := await ask(house.port, b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")).status == 200:
            assert not house.ended.done()
        assert (ready.status, "\r\nconnection: close" in ready.head) == (503, True)
        assert not house.ended.done()
        house.shop.gate.set()
        reply = await waiting
        assert (reply.status, "\r\nconnection: close" in reply.head) == (200, True)
        await house.ended
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", house.port)


async def test_a_stop_does_not_wait_for_connections_that_are_idle() -> None:
    async with running() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await read(reader)).status == 200
        house.stop.set()
        assert await reader.read() == b""
        await house.ended
        writer.close()


async def test_what_does_not_end_in_time_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CLOSE_SECONDS", 0)
    async with running(drain_seconds_max=0) as house:
        waiting = asyncio.create_task(ask(house.port, b"GET /v1/wait HTTP/1.1\r\nHost: x\r\n\r\n"))
        await house.shop.entered.wait()
        house.stop.set()
        await house.ended
        reply = await waiting
        assert (reply.status, b'"deadline_exceeded"' in reply.body) == (503, True)
        assert house.shop.cancelled == 1


async def test_a_taken_port_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings = Settings(port=other.getsockname()[1])
        with pytest.raises(AddressInUse) as refused:
            await serve(made(), settings, drain=Drain(), stop=asyncio.Event())
    assert refused.value.facts["port"] == settings.port


async def test_it_runs_beside_other_tasks_of_its_loop_and_leaves_them_alone() -> None:
    async with running() as house:
        beside = asyncio.create_task(asyncio.sleep(60))
        house.stop.set()
        await house.ended
        assert not beside.done()
        beside.cancel()
