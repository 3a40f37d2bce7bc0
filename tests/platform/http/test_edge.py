"""What is the same for every request: ids, keys, scopes, statuses, and an answer for whatever happens inside."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode

import pytest

from kontorhaus.platform import telemetry
from kontorhaus.platform.http import Drain
from tests.platform.http import shop
from tests.platform.http.asking import ask, asked, problem
from tests.platform.http.shop import KEY, READER, Shop, made

NEW = {"name": "a", "lines": [{"amount": 5}]}


async def test_an_order_is_created_read_listed_changed_and_deleted() -> None:
    edge = made()
    created = await ask(edge, "POST", "/v1/orders", NEW)
    assert created.status == 201
    where = created.headers["location"]
    read = await ask(edge, "GET", where)
    assert (read.status, read.body) == (200, created.body)
    renamed = await ask(edge, "PATCH", where, {"name": "b"}, headers={"if-match": read.headers["etag"]})
    assert (renamed.status, renamed.json["name"]) == (200, "b")
    listed = await ask(edge, "GET", "/v1/orders")
    assert [order["name"] for order in listed.json["data"]] == ["b"]
    deleted = await ask(edge, "DELETE", where)
    assert (deleted.status, deleted.body) == (204, b"")
    assert "content-type" not in deleted.headers
    problem(await ask(edge, "GET", where), 404, "test_order_not_found")


async def test_a_request_has_an_id_its_callers_if_it_is_well_formed() -> None:
    edge = made()
    assert (await ask(edge, "GET", "/healthz", headers={"request-id": "aB-9_"})).headers[
        "request-id"
    ] == "aB-9_"
    for strange in ("", "a b", "ä", "x" * 65, "a\tb", "a;b"):
        own = (await ask(edge, "GET", "/healthz", headers={"request-id": strange})).headers["request-id"]
        assert own.startswith("req_"), strange


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "credentials_missing"),
        ("Bearer", "credentials_invalid"),
        ("Bearer unknown", "credentials_invalid"),
        ("Bearer ü", "credentials_invalid"),
        (f"Digest {KEY}", "credentials_invalid"),
        (KEY, "credentials_invalid"),
        ("Basic !!!", "credentials_invalid"),
        (f"Basic {b64encode(b'unknown:').decode()}", "credentials_invalid"),
        (f"Basic {b64encode(bytes([255])).decode()}", "credentials_invalid"),
    ],
)
async def test_who_has_no_key_is_told_how_to_send_one(authorization: str, code: str) -> None:
    reply = await ask(made(), "GET", "/v1/orders", key=None, headers={"authorization": authorization})
    assert problem(reply, 401, code).headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    "authorization", [f"Bearer {KEY}", f"bearer  {KEY} ", f"Basic {b64encode(f'{KEY}:'.encode()).decode()}"]
)
async def test_a_key_comes_as_bearer_or_as_the_user_name_of_basic(authorization: str) -> None:
    reply = await ask(made(), "GET", "/v1/orders", key=None, headers={"authorization": authorization})
    assert reply.status == 200


async def test_a_scope_that_was_not_granted_is_named() -> None:
    reply = problem(await ask(made(), "POST", "/v1/orders", NEW, key=READER), 403, "scope_missing")
    assert reply.json["facts"] == {"scope": "orders:write"}
    assert (await ask(made(), "GET", "/v1/orders", key=READER)).status == 200


async def test_nothing_of_a_strangers_body_is_read() -> None:
    async def receive() -> None:
        raise AssertionError("read a body")

    reply = await asked(made(), "POST", "/v1/orders", [("host", "test"), ("content-length", "5")], receive)
    assert problem(reply, 401, "credentials_missing")


async def test_addresses_and_methods_that_do_not_exist() -> None:
    edge = made()
    for path in ("/", "/v1", "/v1/orderss", "/v1/orders/a/b/c", "/v1/orders/%2e%2e", "/V1/orders", "//x"):
        problem(
            await ask(edge, "GET", path), 404, "route_not_found" if "%" not in path else "object_not_found"
        )
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "QUERY", "CONNECT"):
        refused = problem(await ask(edge, method, "/v1/orders"), 405, "method_not_allowed")
        assert refused.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    options = await ask(edge, "OPTIONS", "/v1/orders", key=None)
    assert (options.status, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


@pytest.mark.parametrize(
    "text", ["x", "order_1", "HTTPORDER_01JD4W1XK7E8RTZ0V6MPQ3H5YA", "org_01jd4w1xk7e8rtz0v6mpq3h5ya", "%00"]
)
async def test_an_id_of_another_form_is_of_nothing(text: str) -> None:
    assert problem(await ask(made(), "GET", f"/v1/orders/{text}"), 404, "object_not_found")


async def test_head_is_get_without_its_body() -> None:
    edge = made()
    read, head = await ask(edge, "GET", "/v1/orders"), await ask(edge, "HEAD", "/v1/orders")
    assert head.body == b""
    own = {"request-id"}
    assert {k: v for k, v in head.headers.items() if k not in own} == {
        k: v for k, v in read.headers.items() if k not in own
    }


async def test_bodies_of_other_media_types_and_codings_are_refused() -> None:
    edge = made()
    for changed in ({"content-type": "text/plain"}, {"content-type": ""}, {"content-encoding": "gzip"}):
        refused = problem(
            await ask(edge, "POST", "/v1/orders", NEW, headers=changed), 415, "media_type_unsupported"
        )
        assert refused.headers["accept"] == "application/json"


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("", 200),
        ("*/*", 200),
        ("application/*", 200),
        ("text/html, application/json;q=0.1", 200),
        ("application/json", 200),
        ("text/html", 406),
        ("application/xml, text/*", 406),
        ("application/json;q=0, */*", 406),
        ("*/*;q=0.000", 406),
    ],
)
async def test_an_answer_in_another_media_type_is_not_to_be_had(accept: str, status: int) -> None:
    reply = await ask(made(), "GET", "/v1/orders", headers={"accept": accept})
    assert reply.status == status
    if status == 406:
        problem(reply, 406, "not_acceptable")


async def test_a_route_without_a_body_takes_none() -> None:
    edge = made()
    where = (await ask(edge, "POST", "/v1/orders", NEW)).headers["location"]
    assert (await ask(edge, "POST", f"{where}/touch")).status == 200
    assert (await ask(edge, "POST", f"{where}/touch", {})).status == 200
    problem(await ask(edge, "POST", f"{where}/touch", {"name": "b"}), 400, "body_unexpected")
    problem(await ask(edge, "GET", where, {"name": "b"}), 400, "body_unexpected")
    problem(await ask(edge, "GET", where, raw=b"x"), 400, "body_malformed")


async def test_a_missing_body_is_named() -> None:
    assert problem(await ask(made(), "POST", "/v1/orders"), 400, "body_malformed")


async def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    fields = [
        ("host", "test"),
        ("authorization", f"Bearer {KEY}"),
        ("content-length", str(10**12)),
        ("idempotency-key", "k"),
    ]
    reply = await asked(made(), "POST", "/v1/orders", fields, receive)
    assert problem(reply, 413, "body_too_large").json["facts"] == {"bytes_max": 1_048_576}
    assert reply.headers["connection"] == "close"


async def test_an_unreadable_length_is_refused() -> None:
    reply = await ask(made(), "POST", "/v1/orders", NEW, headers={"content-length": "five"})
    assert problem(reply, 400, "request_malformed")


async def test_what_nobody_foresaw_is_500_and_tells_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    edge = made()
    for path in ("/v1/crash", "/v1/own_timeout"):
        reply = problem(await ask(edge, "GET", path), 500, "internal_error")
        assert reply.headers["should-retry"] == "true"
        assert "secret" not in reply.body.decode()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    crashed = next(line for line in lines if line["event"] == "request_crashed")
    assert crashed["exception"]["type"].endswith("ZeroDivisionError")
    assert crashed["request_id"].startswith("req_")
    assert "secret" not in json.dumps(lines)


async def test_an_answer_after_the_deadline_is_503_and_its_work_is_cancelled() -> None:
    resources = Shop()
    edge = made(resources, answer_seconds_max=0)
    reply = problem(await ask(edge, "GET", "/v1/wait"), 503, "deadline_exceeded")
    assert (reply.headers["retry-after"], resources.cancelled) == ("2", 1)


async def test_a_caller_who_leaves_while_he_sends_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    fields = [
        ("host", "test"),
        ("authorization", f"Bearer {KEY}"),
        ("content-length", "9"),
        ("content-type", "application/json"),
        ("idempotency-key", "k"),
    ]
    reply = await asked(made(), "POST", "/v1/orders", fields, receive)
    assert reply.status == 0, "nothing was sent"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["level"], line["status"]) for line in lines] == [("info", 499)]


async def test_a_request_leaves_one_line_without_query_body_or_key(
    capsys: pytest.CaptureFixture[str],
) -> None:
    await ask(made(), "GET", "/v1/orders?name=Geheim", headers={"request-id": "line-1"})
    out = capsys.readouterr().out
    (line,) = (json.loads(text) for text in out.splitlines())
    assert (line["event"], line["method"], line["route"], line["status"]) == (
        "request",
        "GET",
        "/v1/orders",
        200,
    )
    assert (line["request_id"], line["org_id"][:4]) == ("line-1", "org_")
    assert line["milliseconds"] >= 0
    assert "Geheim" not in out
    assert KEY not in out


async def test_probes_do_not_fill_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        await ask(made(), "GET", path)
    assert capsys.readouterr().out == ""


async def test_a_request_continues_its_callers_trace() -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with telemetry.recorded_spans() as spans:
        await ask(made(), "GET", "/v1/orders", headers={"traceparent": parent})
        await ask(made(), "GET", "/v1/crash")
    read, crashed = spans.get_finished_spans()
    assert (read.name, f"{read.context.trace_id:032x}") == (
        "GET /v1/orders",
        "0af7651916cd43dd8448eb211c80319c",
    )
    assert (read.attributes or {})["http.response.status_code"] == 200
    assert (crashed.attributes or {})["error.type"] == "500"


async def test_the_url_of_a_problem_stands_below_the_public_address() -> None:
    edge = made(public_url="https://api.example.com/")
    reply = problem(await ask(edge, "GET", "/nothing"), 404, "route_not_found")
    assert reply.json["type"] == "https://api.example.com/problems/route_not_found"


async def test_while_draining_it_is_not_ready_and_closes_its_connections() -> None:
    drain = Drain()
    edge = made(drain=drain)
    assert (await ask(edge, "GET", "/readyz")).status == 200
    drain.begin()
    problem(await ask(edge, "GET", "/readyz"), 503, "not_ready")
    late = await ask(edge, "GET", "/v1/orders")
    assert (late.status, late.headers["connection"]) == (200, "close")
    assert (await ask(edge, "GET", "/healthz")).status == 200


async def test_a_drain_waits_for_what_is_in_flight() -> None:
    drain, resources = Drain(), Shop()
    edge = made(resources, drain=drain)
    assert await drain.wait(0.0), "nothing is in flight"
    asking = asyncio.create_task(ask(edge, "GET", "/v1/wait"))
    await resources.entered.wait()
    assert not await drain.wait(0.0)
    resources.gate.set()
    assert await drain.wait(10)
    assert (await asking).status == 200


async def test_metrics_are_for_this_machine_and_for_whoever_has_the_token() -> None:
    edge, guarded = made(), made(metrics_token="a-token-for-metrics")
    outside = ("203.0.113.7", 50_000)
    local = await ask(edge, "GET", "/metrics", key=None)
    assert local.status == 200
    assert b"kontorhaus_http_request_duration_seconds_count" in local.body
    problem(await ask(edge, "GET", "/metrics", client=outside), 404, "route_not_found")
    problem(await ask(edge, "GET", "/metrics", client=None), 404, "route_not_found")
    for field in ("x-forwarded-for", "forwarded", "via"):
        problem(await ask(edge, "GET", "/metrics", headers={field: "127.0.0.1"}), 404, "route_not_found")
    assert (await ask(guarded, "GET", "/metrics", key="a-token-for-metrics", client=outside)).status == 200
    problem(await ask(guarded, "GET", "/metrics", key="another", client=outside), 404, "route_not_found")
    problem(await ask(edge, "GET", "/metrics", key="None", client=outside), 404, "route_not_found")


async def test_the_edge_answers_for_the_shop_as_it_stands_in_its_routes() -> None:
    refused = problem(await ask(made(), "POST", "/v1/orders", {"name": "tiny"}), 422, "test_order_too_small")
    assert refused.json["facts"] == {"least": 1000}
    assert shop.ROUTES[0].operation_id == "create_order"
