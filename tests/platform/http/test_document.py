"""The document is valid OpenAPI 3.1, says what is decoded and answered, and its pages are whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from schemathesis.specs.openapi import definitions

from kontorhaus.platform.http import Problem, document, every_problem, status_of
from kontorhaus.platform.http.pages import POLICY
from tests.platform.http.asking import Reply, ask
from tests.platform.http.shop import ORDER, ROUTES, OrderExists, made

EXAMPLES = {
    "create_order": {
        "request": {"name": "a", "lines": [{"amount": 5}]},
        "response": {"id": "x", "name": "a", "version": 1},
    }
}


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return document(ROUTES, examples=EXAMPLES, public_url="https://api.example.com")


def operations(whole: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def resolved(whole: dict[str, Any], node: Any) -> Any:
    while "$ref" in node:
        found: Any = whole
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def test_it_is_valid_by_the_metaschema(whole: dict[str, Any]) -> None:
    assert definitions.OPENAPI_31_VALIDATOR.is_valid(whole), [
        (error.instance_path, error.message) for error in definitions.OPENAPI_31_VALIDATOR.iter_errors(whole)
    ]


def test_every_reference_leads_somewhere(whole: dict[str, Any]) -> None:
    references = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(whole)))
    assert references
    for reference in references:
        assert resolved(whole, {"$ref": reference}), reference


def test_equal_routes_give_equal_documents(whole: dict[str, Any]) -> None:
    again = document(ROUTES, examples=EXAMPLES, public_url="https://api.example.com")
    assert json.dumps(again) == json.dumps(whole)


def test_every_operation_is_described_and_secured(whole: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(whole)]
    assert len(names) == len(set(names)) == len(ROUTES) + 6
    for _, path, operation in operations(whole):
        assert operation["summary"]
        assert operation["tags"]
        private = path.startswith("/v1/orders")
        assert bool(operation["security"]) == private
        assert ("401" in operation["responses"]) == private
        assert ("403" in operation["responses"]) == private


def test_requests_refuse_what_they_do_not_know(whole: dict[str, Any]) -> None:
    for _, _, operation in operations(whole):
        if body := operation.get("requestBody"):
            schema = resolved(whole, body["content"]["application/json"]["schema"])
            assert schema["additionalProperties"] is False
            assert body["required"]


def test_parameters_are_those_that_are_read(whole: dict[str, Any]) -> None:
    def parameters(method: str, path: str) -> dict[str, Any]:
        found = [resolved(whole, one) for one in whole["paths"][path][method]["parameters"]]
        return {one["name"]: one for one in found}

    change = parameters("patch", "/v1/orders/{order_id}")
    assert list(change) == ["order_id", "why", "Request-Id", "Idempotency-Key", "If-Match"]
    assert change["order_id"]["schema"]["pattern"] == ORDER.pattern
    assert [name for name, one in change.items() if one.get("required")] == [
        "order_id",
        "Idempotency-Key",
        "If-Match",
    ]
    listing = parameters("get", "/v1/orders")
    assert list(listing) == ["limit", "cursor", "name", "Request-Id", "If-None-Match"]
    assert listing["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert listing["name"]["schema"] == {"type": "string"}, "null cannot be written in a query"


def test_each_error_stands_under_its_status_with_an_example(whole: dict[str, Any]) -> None:
    responses = whole["paths"]["/v1/orders"]["post"]["responses"]
    assert set(responses) == {
        "201",
        "400",
        "401",
        "403",
        "406",
        "408",
        "409",
        "413",
        "415",
        "422",
        "431",
        "500",
        "503",
    }
    assert "test_order_exists" in responses["409"]["content"]["application/problem+json"]["examples"]
    validator = jsonschema_rs.validator_for({**whole, **whole["components"]["schemas"]["Problem"]})
    for _, _, operation in operations(whole):
        for status, response in operation["responses"].items():
            for media in response.get("content", {}).values() if status >= "400" else ():
                for example in media["examples"].values():
                    value = resolved(whole, example)["value"]
                    assert str(value["status"]) == status
                    assert validator.is_valid(value)


def test_examples_are_the_recorded_ones(whole: dict[str, Any]) -> None:
    create = whole["paths"]["/v1/orders"]["post"]
    request = create["requestBody"]["content"]["application/json"]["examples"]["recorded"]["value"]
    answer = create["responses"]["201"]["content"]["application/json"]["examples"]["recorded"]["value"]
    assert (request, answer) == tuple(EXAMPLES["create_order"].values())


async def test_it_is_served_with_a_tag(whole: dict[str, Any]) -> None:
    reply = await ask(made(), "GET", "/openapi.json", key=None)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json["paths"].keys() == whole["paths"].keys()
    same = await ask(
        made(), "GET", "/openapi.json", key=None, headers={"if-none-match": reply.headers["etag"]}
    )
    assert same.status == 304


def test_every_documented_header_is_one_that_is_sent(whole: dict[str, Any]) -> None:
    named = {
        name for _, _, op in operations(whole) for one in op["responses"].values() for name in one["headers"]
    }
    assert named == whole["components"]["headers"].keys()


class Tags(HTMLParser):
    """Which elements a page opens and closes, and what they refer to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.references += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in ("meta", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(reply: Reply) -> Tags:
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["content-security-policy"] == POLICY
    tags = Tags()
    tags.feed(reply.body.decode())
    assert not tags.open
    assert "script" not in tags.seen
    assert all(one.startswith(("/", "#")) for one in tags.references), "nothing comes from elsewhere"
    return tags


async def test_the_documentation_shows_every_operation() -> None:
    reply = await ask(made(), "GET", "/docs", key=None)
    tags = parsed(reply)
    text = reply.body.decode()
    for name in (route.operation_id for route in ROUTES):
        assert f'<section id="{name}">' in text
        assert f"#{name}" in tags.references


async def test_every_code_has_its_page() -> None:
    edge = made()
    assert len(every_problem()) > 30
    for kind in every_problem():
        parsed(await ask(edge, "GET", f"/problems/{kind.code}", key=None))
    missing = await ask(edge, "GET", "/problems/nothing", key=None)
    assert (missing.status, missing.json["code"]) == (404, "problem_unknown")


def test_every_code_has_a_status_a_title_and_a_text() -> None:
    codes = [kind.code for kind in every_problem()]
    assert len(codes) == len(set(codes))
    for kind in every_problem():
        assert 400 <= kind.status < 600
        assert kind.title
        assert kind.text != kind.title, f"{kind.code} needs a docstring"
    assert status_of(OrderExists) == 409
    assert set(Problem.__struct_fields__) == {
        "type",
        "title",
        "status",
        "detail",
        "code",
        "request_id",
        "facts",
        "errors",
    }


def test_schemathesis_understands_it(whole: dict[str, Any]) -> None:
    loaded = schemathesis.openapi.from_dict(whole)
    assert loaded.statistic.operations.total == len(ROUTES) + 6
