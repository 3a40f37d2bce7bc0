"""Ids sort by when they were made, say what they are ids of, and read back as what they were."""

from __future__ import annotations

import threading
from typing import NewType
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontorhaus.kernel.ids import ORG, IdInvalid, Noun, OrgId, uuid7
from kontorhaus.kernel.time import utc_now

# The valid vectors of the TypeID specification, version 0.3.
VECTORS = [
    ("prefix", "00000000-0000-0000-0000-000000000000", "00000000000000000000000000"),
    ("prefix", "00000000-0000-0000-0000-000000000001", "00000000000000000000000001"),
    ("prefix", "00000000-0000-0000-0000-00000000000a", "0000000000000000000000000a"),
    ("prefix", "00000000-0000-0000-0000-000000000010", "0000000000000000000000000g"),
    ("prefix", "00000000-0000-0000-0000-000000000020", "00000000000000000000000010"),
    ("prefix", "ffffffff-ffff-ffff-ffff-ffffffffffff", "7zzzzzzzzzzzzzzzzzzzzzzzzz"),
    ("prefix", "0110c853-1d09-52d8-d73e-1194e95b5f19", "0123456789abcdefghjkmnpqrs"),
    ("prefix", "01890a5d-ac96-774b-bcce-b302099a8057", "01h455vb4pex5vsknk084sn02q"),
]

AnyId = NewType("AnyId", UUID)
PREFIX = Noun("prefix", AnyId)


@pytest.mark.parametrize(("prefix", "value", "suffix"), VECTORS)
def test_the_specifications_vectors_hold(prefix: str, value: str, suffix: str) -> None:
    assert PREFIX.text(UUID(value)) == f"{prefix}_{suffix}"
    assert PREFIX.parse(f"{prefix}_{suffix}") == UUID(value)


@pytest.mark.parametrize(
    "text",
    [
        "", "prefix", "prefix_", "00000000000000000000000000", "_00000000000000000000000000",
        "PREFIX_00000000000000000000000000", "12345_00000000000000000000000000", "other_00000000000000000000000000",
        "prefix_1234567890123456789012345", "prefix_123456789012345678901234567", "prefix_1234567890123456789012345 ",
        "prefix_0123456789ABCDEFGHJKMNPQRS", "prefix_8zzzzzzzzzzzzzzzzzzzzzzzzz", "prefix_ooooooiiiiiiuuuuuuulllllll",
        "prefix_i23456789ol23456789oi23456", "prefix_0123456789-123456789-12345", "prefix_0000000000000000000000000\n",
    ],
)  # fmt: skip
def test_what_is_no_id_of_this_noun_is_refused(text: str) -> None:
    with pytest.raises(IdInvalid):
        PREFIX.parse(text)


@given(st.uuids())
def test_an_id_reads_back_as_what_it_was(value: UUID) -> None:
    assert ORG.parse(ORG.text(value)) == OrgId(value)


@given(st.uuids(), st.uuids())
def test_texts_sort_as_their_ids_do(one: UUID, other: UUID) -> None:
    assert (ORG.text(one) < ORG.text(other)) == (one < other)


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


def test_two_nouns_cannot_share_a_prefix() -> None:
    with pytest.raises(AssertionError, match="two nouns"):
        Noun("org", OrgId)


@pytest.mark.parametrize("prefix", ["", "_a", "a_", "A", "a1", "a" * 64])
def test_a_prefix_is_lower_case_letters(prefix: str) -> None:
    with pytest.raises(AssertionError):
        Noun(prefix, OrgId)
