"""Ids sort by when they were made, say what they are ids of, and read back as what they were."""

from __future__ import annotations

import multiprocessing
import re
import sys
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from multiprocessing.connection import Connection
from typing import NewType
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontorhaus.kernel import ids
from kontorhaus.kernel.ids import ORG, SUFFIX_7, IdInvalid, Noun, OrgId, parse_any, text_of, uuid7
from kontorhaus.kernel.time import utc_now

# The valid vectors of the TypeID specification, version 0.3. It also allows an id without a prefix, which the house
# does not; the suffixes of those vectors stand here behind one.
VECTORS = [
    ("prefix", "00000000-0000-0000-0000-000000000000", "00000000000000000000000000"),
    ("prefix", "00000000-0000-0000-0000-000000000001", "00000000000000000000000001"),
    ("prefix", "00000000-0000-0000-0000-00000000000a", "0000000000000000000000000a"),
    ("prefix", "00000000-0000-0000-0000-000000000010", "0000000000000000000000000g"),
    ("prefix", "00000000-0000-0000-0000-000000000020", "00000000000000000000000010"),
    ("prefix", "ffffffff-ffff-ffff-ffff-ffffffffffff", "7zzzzzzzzzzzzzzzzzzzzzzzzz"),
    ("prefix", "0110c853-1d09-52d8-d73e-1194e95b5f19", "0123456789abcdefghjkmnpqrs"),
    ("prefix", "01890a5d-ac96-774b-bcce-b302099a8057", "01h455vb4pex5vsknk084sn02q"),
    ("pre_fix", "00000000-0000-0000-0000-000000000000", "00000000000000000000000000"),
]

# The invalid vectors of the same version.
INVALID = [
    "PREFIX_00000000000000000000000000",  # prefix-uppercase
    "12345_00000000000000000000000000",  # prefix-numeric
    "pre.fix_00000000000000000000000000",  # prefix-period
    "préfix_00000000000000000000000000",  # prefix-non-ascii
    "  prefix_00000000000000000000000000",  # prefix-spaces
    f"{'abcdefghijklmnopqrstuvwxyz' * 2}abcdefghijkl_00000000000000000000000000",  # prefix-64-chars
    "_00000000000000000000000000",  # separator-empty-prefix
    "_",  # separator-empty
    "prefix_1234567890123456789012345",  # suffix-short
    "prefix_123456789012345678901234567",  # suffix-long
    "prefix_1234567890123456789012345 ",  # suffix-spaces
    "prefix_0123456789ABCDEFGHJKMNPQRS",  # suffix-uppercase
    "prefix_123456789-123456789-123456",  # suffix-hyphens
    "prefix_ooooooiiiiiiuuuuuuulllllll",  # suffix-wrong-alphabet
    "prefix_i23456789ol23456789oi23456",  # suffix-ambiguous-crockford
    "prefix_123456789-0123456789-0123456",  # suffix-hyphens-crockford
    "prefix_8zzzzzzzzzzzzzzzzzzzzzzzzz",  # suffix-overflow
    "_prefix_00000000000000000000000000",  # prefix-underscore-start
    "prefix__00000000000000000000000000",  # prefix-underscore-end
]

AnyId = NewType("AnyId", UUID)
NOUNS = {prefix: Noun(prefix, AnyId) for prefix in ("prefix", "pre_fix")}
PREFIX = NOUNS["prefix"]


@pytest.mark.parametrize(("prefix", "value", "suffix"), VECTORS)
def test_the_specifications_vectors_hold(prefix: str, value: str, suffix: str) -> None:
    noun, text = NOUNS[prefix], f"{prefix}_{suffix}"
    assert noun.text(AnyId(UUID(value))) == text
    assert noun.parse(text) == parse_any(text) == UUID(value)
    assert re.search(noun.pattern, text)


@pytest.mark.parametrize("text", [*INVALID, "", "prefix", "prefix_", "prefix_00000000000000000000000000\n"])
def test_what_is_no_id_at_all_is_refused(text: str) -> None:
    with pytest.raises(IdInvalid):
        PREFIX.parse(text)
    with pytest.raises(IdInvalid):
        parse_any(text)


@pytest.mark.parametrize("text", ["pre_fix_00000000000000000000000000", "00000000000000000000000000"])
def test_an_id_of_another_noun_is_refused(text: str) -> None:
    assert not re.search(PREFIX.pattern, text)
    with pytest.raises(IdInvalid):
        PREFIX.parse(text)


def test_a_refusal_names_the_prefix_and_repeats_nothing_of_the_text() -> None:
    with pytest.raises(IdInvalid) as refused:
        PREFIX.parse("sk_live_" + "7" * 10_000)
    assert "prefix_" in refused.value.detail
    assert refused.value.facts == {"prefix": "prefix"}
    assert "7" not in refused.value.detail


@given(st.uuids())
def test_an_id_reads_back_as_what_it_was(value: UUID) -> None:
    assert ORG.parse(ORG.text(OrgId(value))) == value


@given(st.uuids(), st.uuids())
def test_texts_sort_as_their_ids_do(one: UUID, other: UUID) -> None:
    assert (ORG.text(OrgId(one)) < ORG.text(OrgId(other))) == (one < other)


def test_uuid7_carries_version_variant_and_the_millisecond() -> None:
    before = int(utc_now().timestamp() * 1000)
    value = uuid7()
    after = int(utc_now().timestamp() * 1000)
    assert (value.version, value.variant) == (7, RFC_4122)
    # Ids made in one millisecond count on from each other, which may carry into the next.
    assert before <= value.int >> 80 <= after + 1


def test_uuid7_grows_within_a_process_whatever_thread_asks() -> None:
    made: list[list[UUID]] = [[] for _ in range(4)]

    def make(into: list[UUID]) -> None:
        into.extend(uuid7() for _ in range(5_000))

    threads = [threading.Thread(target=make, args=(into,)) for into in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(ids == sorted(ids) for ids in made)
    assert len({value for ids in made for value in ids}) == 20_000


@pytest.mark.parametrize("step", [timedelta(0), timedelta(milliseconds=-1), timedelta(hours=-1)])
def test_uuid7_grows_while_the_clock_stands_still_or_runs_backwards(
    monkeypatch: pytest.MonkeyPatch, step: timedelta
) -> None:
    now = datetime(2026, 3, 29, 1, tzinfo=UTC)

    def clock() -> datetime:
        nonlocal now
        now += step
        return now

    monkeypatch.setattr(ids, "_last", 0)
    monkeypatch.setattr(ids, "utc_now", clock)
    made = [uuid7() for _ in range(1_000)]
    assert all(one < following for one, following in pairwise(made))


def test_uuid7_has_74_random_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 3, 29, 1, tzinfo=UTC)

    def clock() -> datetime:
        nonlocal now
        now += timedelta(milliseconds=1)
        return now

    monkeypatch.setattr(ids, "_last", 0)
    monkeypatch.setattr(ids, "utc_now", clock)
    made = [uuid7().int for _ in range(200)]
    seen_set = seen_clear = 0
    for value in made:
        seen_set, seen_clear = seen_set | value, seen_clear | ~value
    # Each bit was seen set and clear; the odds that one of the 74 was not are 1 in 2^192.
    random_bits = ((1 << 12) - 1) << 64 | ((1 << 62) - 1)
    assert random_bits.bit_count() == 74
    assert seen_set & seen_clear & random_bits == random_bits


def _report_last(end: Connection) -> None:
    end.send((ids._last, ids._lock.acquire(blocking=False)))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork on Windows")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_starts_anew_even_while_its_parent_makes_an_id() -> None:
    uuid7()
    here, there = multiprocessing.Pipe()
    with ids._lock:
        child = multiprocessing.get_context("fork").Process(target=_report_last, args=(there,))
        child.start()
    there.close()
    assert here.recv() == (0, True)
    child.join()


def test_two_nouns_cannot_share_a_prefix() -> None:
    with pytest.raises(AssertionError, match="two nouns"):
        Noun("org", OrgId)


@pytest.mark.parametrize("prefix", ["", "_a", "a_", "A", "a1", "a" * 64])
def test_a_prefix_is_lower_case_letters(prefix: str) -> None:
    with pytest.raises(AssertionError):
        Noun(prefix, OrgId)


@given(st.uuids())
def test_the_form_of_a_chosen_id_is_that_of_a_uuid7(value: UUID) -> None:
    seven = UUID(int=value.int & ~(0xF << 76) & ~(0b11 << 62) | 0x7 << 76 | 0b10 << 62)
    form = f"org_{SUFFIX_7}"
    assert re.fullmatch(form, text_of("org", seven))
    assert bool(re.fullmatch(form, text_of("org", value))) == (
        value.version == 7 and value.variant == RFC_4122
    )
    assert re.fullmatch(form, ORG.text(ORG.new()))
