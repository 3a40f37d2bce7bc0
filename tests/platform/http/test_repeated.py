"""Calls that come again: by their key they have one effect, by their entity tag they cost nothing or clash."""

from __future__ import annotations

from tests.platform.http.asking import ask, problem
from tests.platform.http.shop import KEY, ORDER, OTHER, Shop, made

NEW = {"name": "a", "lines": [{"amount": 5}]}


async def test_an_unsafe_call_needs_a_key_in_a_form_that_the_draft_knows() -> None:
    edge = made()
    problem(
        await ask(edge, "POST", "/v1/orders", NEW, headers={"idempotency-key": ""}),
        400,
        "idempotency_key_missing",
    )
    for wrong in ("a b", '"a', 'a"', '""', "ä", "x" * 256, '"' + "x" * 256 + '"', '"a";b=1', '"a", "b"'):
        refused = await ask(edge, "POST", "/v1/orders", NEW, headers={"idempotency-key": wrong})
        problem(refused, 400, "idempotency_key_invalid")
    for right in (
        "a",
        "x" * 255,
        '"a b"',
        '"' + "x" * 255 + '"',
        r'"a\"\\b"',
        "8e03978e-40d5-43e8-bc93-6894a57f9324",
    ):
        assert (
            await ask(made(), "POST", "/v1/orders", NEW, headers={"idempotency-key": right})
        ).status == 201


async def test_a_repeated_call_is_recognized_quoted_or_bare_and_another_one_is_not() -> None:
    edge = made()
    first = await ask(edge, "POST", "/v1/orders", NEW, headers={"idempotency-key": "k1"})
    again = await ask(edge, "POST", "/v1/orders", NEW, headers={"idempotency-key": '"k1"'})
    assert (again.status, again.body, again.headers["etag"]) == (201, first.body, first.headers["etag"])
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (
        None,
        "true",
    )
    problem(
        await ask(edge, "POST", "/v1/orders", NEW, headers={"idempotency-key": "k2"}),
        409,
        "test_order_exists",
    )


async def test_what_makes_a_call_the_same_is_its_organization_path_query_and_body() -> None:
    resources = Shop()
    edge = made(resources)
    one, two = ORDER.text(ORDER.new()), ORDER.text(ORDER.new())
    seen = set()
    for path, body, key in (
        (f"/v1/orders/{one}", {"name": "a"}, KEY),
        (f"/v1/orders/{two}", {"name": "a"}, KEY),
        (f"/v1/orders/{one}", {"name": "b"}, KEY),
        (f"/v1/orders/{one}?why=x", {"name": "a"}, KEY),
        (f"/v1/orders/{one}", {"name": "a"}, OTHER),
    ):
        await ask(edge, "PATCH", path, body, key=key, headers={"if-match": "*"})
        seen.add(resources.asked[-1])
    assert len(seen) == 5
    await ask(edge, "PATCH", f"/v1/orders/{one}", {"name": "a"}, headers={"if-match": "*"})
    assert resources.asked[-1] in seen


async def test_a_change_says_what_it_has_seen() -> None:
    edge = made()
    created = await ask(edge, "POST", "/v1/orders", NEW)
    where, tag = created.headers["location"], created.headers["etag"]
    problem(await ask(edge, "PATCH", where, {"name": "b"}), 428, "if_match_missing")
    for wrong in (
        "1",
        '"x"',
        f"W/{tag}",
        f"{tag}, {tag}",
        '"-1-91eff4ac939f79af"',
        '"01-91eff4ac939f79af"',
        '"1-91"',
    ):
        refused = await ask(edge, "PATCH", where, {"name": "b"}, headers={"if-match": wrong})
        problem(refused, 400, "if_match_invalid")
    assert (await ask(edge, "PATCH", where, {"name": "b"}, headers={"if-match": tag})).status == 200
    problem(
        await ask(edge, "PATCH", where, {"name": "c"}, headers={"if-match": tag}), 412, "test_order_moved_on"
    )
    assert (await ask(edge, "PATCH", where, {"name": "c"}, headers={"if-match": "*"})).status == 200


async def test_who_has_the_bytes_gets_none() -> None:
    edge = made()
    where = (await ask(edge, "POST", "/v1/orders", NEW)).headers["location"]
    tag = (await ask(edge, "GET", where)).headers["etag"]
    for seen in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        same = await ask(edge, "GET", where, headers={"if-none-match": seen})
        assert (same.status, same.body, same.headers["etag"]) == (304, b"", tag)
        assert not {"content-type", "content-length"} & same.headers.keys()
    for other in ('"1-0000000000000000"', "x", tag.strip('"')):
        assert (await ask(edge, "GET", where, headers={"if-none-match": other})).status == 200
    await ask(edge, "PATCH", where, {"name": "b"}, headers={"if-match": tag})
    assert (await ask(edge, "GET", where, headers={"if-none-match": tag})).status == 200
