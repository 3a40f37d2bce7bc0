"""The drawing of an entry set: the same bytes, well-formed whatever accounts are called, nothing over anything else."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontorhaus.money.ledger.model.shown import (
    ENTRY_SET,
    EntrySetId,
    ShownTransfer,
    entry_set_id,
    entry_set_place,
)
from kontorhaus.money.ledger.views.drawing import CHARACTER, TEXT_HEIGHT, drawing

SVG = "{http://www.w3.org/2000/svg}"

SNAPSHOT = Path(__file__).with_name("drawing.svg")

Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""


def shown(debit: str, credit: str, amount: int, currency: str = "EUR") -> ShownTransfer:
    return ShownTransfer(
        id=UUID(int=1),
        entity_id=UUID(int=2),
        entity=1,
        recorded_at=datetime(2026, 11, 20, tzinfo=UTC),
        line=0,
        currency=currency,
        debit=debit,
        credit=credit,
        amount=amount,
        base_amount=amount,
        base_currency="EUR",
        effective_at=None,
        reference=None,
        tax_rate=None,
        tax_category=None,
        tax_point=None,
    )


SALE = (
    shown("clearing:card", "deposit:anna", 119_00),
    shown("deposit:anna", "receivable:anna", 119_00),
    shown("receivable:anna", "revenue:fees", 100_00),
    shown("receivable:anna", "tax:de:output", 19_00),
    shown("fx:usdeur", "clearing:a<b>&'\"card", 5, "JPY"),
)


def test_the_drawing_of_a_sale() -> None:
    assert drawing(SALE).decode() == SNAPSHOT.read_text(encoding="utf-8")


def boxes(svg: ElementTree.Element) -> list[Box]:
    """The boxes of accounts, and what the texts of amounts take up at most."""
    found = []
    for box in svg.iter(f"{SVG}rect"):
        if box.get("class") == "box":
            x, y, width, height = (int(box.attrib[name]) for name in ("x", "y", "width", "height"))
            found.append((x, y, x + width, y + height))
    for text in svg.iterfind(f"{SVG}g/{SVG}text/..[@aria-label]/{SVG}text"):
        x, y, half = int(text.attrib["x"]), int(text.attrib["y"]), len(text.text or "") * CHARACTER // 2
        found.append((x - half, y - TEXT_HEIGHT, x + half, y))
    return found


def lies_over(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


NAMES = st.from_regex(r"\A[a-z]{1,40}(:[!-~]{1,150})?\Z")


@given(
    st.lists(
        st.tuples(NAMES, NAMES, st.integers(1, 2**53 - 1), st.sampled_from(["EUR", "JPY", "KWD"])).filter(
            lambda one: one[0] != one[1]
        ),
        max_size=12,
    )
)
def test_nothing_lies_over_anything_else_whatever_accounts_are_called(
    given_ones: list[tuple[str, str, int, str]],
) -> None:
    raw = drawing([shown(*one) for one in given_ones])
    svg = ElementTree.fromstring(raw)
    found = boxes(svg)

    assert len(found) == len({(c, n) for d, k, _, c in given_ones for n in (d, k)}) + len(given_ones)
    assert not [pair for pair in itertools.combinations(found, 2) if lies_over(*pair)]
    width, height = int(svg.attrib["width"]), int(svg.attrib["height"])
    assert all(
        min(left, top) >= 0 and right <= width and bottom <= height for left, top, right, bottom in found
    )
    assert {one.tag.removeprefix(SVG) for one in svg.iter()} <= {
        *("svg", "title", "style", "rect", "line", "g", "text", "path")
    }


def test_an_arrow_does_not_cross_the_words_of_its_own() -> None:
    """An amount stands within the first gap that its arrow enters, between two lifelines."""
    svg = ElementTree.fromstring(
        drawing([shown("a", "c", 2**53 - 1), shown("c", "b", 1), shown("b", "a", 1)])
    )
    lifelines = [int(line.attrib["x1"]) for line in svg.iter(f"{SVG}line") if line.get("class") == "line"]

    for left, top, right, _ in boxes(svg)[len(lifelines) :]:
        assert top > 0
        assert not [x for x in lifelines if left < x < right]


@pytest.mark.parametrize("seed", range(20))
def test_the_id_of_an_entry_set_says_where_it_is(seed: int) -> None:
    chance = random.Random(seed)
    number = chance.randrange(1, 2**31)
    at = datetime.fromtimestamp(chance.randrange(1, 4_000_000_000), UTC).replace(
        microsecond=chance.randrange(1_000_000)
    )
    made = entry_set_id(number, at)

    assert (made.version, entry_set_place(made)) == (7, (number, at))
    assert ENTRY_SET.parse(ENTRY_SET.text(made)) == made


@pytest.mark.parametrize(
    "value",
    [0, 2**128 - 1, 0x6 << 76, 0x7 << 76 | 0x3E8 << 64, 0xFFFFFFFFFFFF << 80 | 0x7 << 76 | 0b10 << 62],
)
def test_other_ids_are_no_entry_sets(value: int) -> None:
    assert entry_set_place(EntrySetId(UUID(int=value))) is None
