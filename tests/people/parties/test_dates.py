"""Of what excludes itself, one holds on any day, and the past is not rewritten."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from kontorhaus.people.parties.errors import PartyDatesOverlap
from kontorhaus.people.parties.model.dates import holds, overlap, predecessor


class Part(Struct, frozen=True):
    valid_from: date
    valid_to: date | None = None


def day(number: int) -> date:
    return date(2026, 1, 1) + timedelta(days=number)


def part(begins: int, ends: int | None = None) -> Part:
    return Part(day(begins), None if ends is None else day(ends))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (part(0), part(5), True),
        (part(0, 5), part(5), False),
        (part(0, 6), part(5), True),
        (part(5, 5), part(0), False),
        (part(0, 9), part(3, 4), True),
        (part(3, 3), part(3, 3), False),
    ],
)
def test_overlap_is_a_day_on_which_both_hold(one: Part, other: Part, *, expected: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is expected


@pytest.mark.parametrize(
    ("kept", "new", "ending"),
    [
        ([], part(3), None),
        ([part(0)], part(3), part(0)),
        ([part(0, 3)], part(3), None),
        ([part(0, 9)], part(3), part(0, 9)),
        ([part(3)], part(3), part(3)),
        ([part(5)], part(3, 5), None),
        ([part(0, 2), part(2)], part(3), part(2)),
    ],
)
def test_a_new_part_ends_the_one_before(kept: list[Part], new: Part, ending: Part | None) -> None:
    assert predecessor(kept, new) == ending


@pytest.mark.parametrize(("kept", "new"), [([part(5)], part(3)), ([part(0), part(5)], part(3, 9))])
def test_a_new_part_never_cuts_a_later_one(kept: list[Part], new: Part) -> None:
    with pytest.raises(PartyDatesOverlap):
        predecessor(kept, new)


@given(st.lists(st.tuples(st.integers(0, 30), st.none() | st.integers(1, 10)), max_size=12))
def test_whatever_is_added_one_holds_at_a_time(additions: list[tuple[int, int | None]]) -> None:
    kept: list[Part] = []
    for begins, length in additions:
        new = part(begins, None if length is None else begins + length)
        try:
            ending = predecessor(kept, new)
        except PartyDatesOverlap:
            continue
        before = [day(n) for n in range(begins)]
        told = [[one for one in kept if holds(one, d)] for d in before]
        kept = [replace(one, valid_to=new.valid_from) if one is ending else one for one in kept] + [new]

        assert [len([one for one in kept if holds(one, d)]) for d in before] == [len(t) for t in told]
        assert all(sum(holds(one, day(n)) for one in kept) <= 1 for n in range(45))
        assert holds(new, new.valid_from)
