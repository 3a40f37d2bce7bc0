"""A list comes in pages without gap or repeat, and a cursor works for the list that made it alone."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from kontorhaus.platform.http import Page, paging
from kontorhaus.platform.http.errors import CursorInvalid
from tests.platform.http.asking import ask
from tests.platform.http.shop import KEY, OTHER, made


class Place(Struct, frozen=True):
    name: str
    id: UUID


class Filtered(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    role: str | None = None


HERE = Place("Müller", UUID(int=7))


async def names(path: str, *, limit: int) -> list[str]:
    edge = made()
    for number in range(7):
        await ask(
            edge, "POST", "/v1/orders", {"name": f"o{number}"}, headers={"idempotency-key": f"k{number}"}
        )
    found: list[str] = []
    cursor = ""
    while True:
        page = (await ask(edge, "GET", f"{path}?limit={limit}{cursor}")).json
        found += [order["name"] for order in page["data"]]
        assert (page["next_cursor"] is not None) == page["has_more"]
        if not page["has_more"]:
            return found
        assert len(page["data"]) == limit
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
async def test_pages_make_up_the_list(limit: int) -> None:
    assert await names("/v1/orders", limit=limit) == [f"o{number}" for number in range(7)]


def test_a_position_comes_back_as_it_was() -> None:
    query = Filtered(cursor=paging.cursor("parties", Filtered(role="payer"), HERE), role="payer", limit=3)
    assert paging.position("parties", query, Place) == HERE
    assert paging.position("parties", Filtered(), Place) is None


def test_a_cursor_is_bound_to_its_list_its_filters_and_its_type() -> None:
    cursor = paging.cursor("parties", Filtered(role="payer"), HERE)
    for listing, query, kind in (
        ("orders", Filtered(cursor=cursor, role="payer"), Place),
        ("parties", Filtered(cursor=cursor, role="seller"), Place),
        ("parties", Filtered(cursor=cursor), Place),
        ("parties", Filtered(cursor=cursor, role="payer"), UUID),
    ):
        with pytest.raises(CursorInvalid) as refused:
            paging.position(listing, query, kind)
        assert refused.value.faults[0].pointer == "cursor"


@given(st.text(max_size=80))
def test_a_text_that_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(CursorInvalid):
        paging.position("parties", Filtered(cursor=text), Place)


@given(st.data())
def test_a_cursor_with_one_character_changed_is_refused(data: st.DataObject) -> None:
    cursor = paging.cursor("parties", Filtered(), HERE)
    place = data.draw(st.integers(0, len(cursor) - 2))
    other = data.draw(st.characters(codec="ascii").filter(lambda character: character != cursor[place]))
    with pytest.raises(CursorInvalid):
        paging.position("parties", Filtered(cursor=cursor[:place] + other + cursor[place + 1 :]), Place)


def test_a_long_text_is_not_even_decoded() -> None:
    with pytest.raises(CursorInvalid):
        paging.position("parties", Filtered(cursor="A" * 513), Place)


async def test_another_organizations_cursor_is_refused() -> None:
    edge = made()
    for number in range(3):
        await ask(
            edge, "POST", "/v1/orders", {"name": f"o{number}"}, headers={"idempotency-key": f"k{number}"}
        )
    cursor = (await ask(edge, "GET", "/v1/orders?limit=1")).json["next_cursor"]
    assert (await ask(edge, "GET", f"/v1/orders?cursor={cursor}", key=KEY)).status == 200
    refused = await ask(edge, "GET", f"/v1/orders?cursor={cursor}", key=OTHER)
    assert (refused.status, refused.json["code"]) == (400, "cursor_invalid")
    filtered = await ask(edge, "GET", f"/v1/orders?name=o1&cursor={cursor}")
    assert (filtered.status, filtered.json["errors"][0]["pointer"]) == (400, "cursor")
