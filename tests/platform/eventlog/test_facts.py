"""Facts: a name of their own, nothing unknown in them, and newer ones are told from broken ones."""

from __future__ import annotations

from typing import ClassVar

import msgspec
import pytest

from kontorhaus.kernel.ids import Noun
from kontorhaus.platform.eventlog import Fact, FactUnknown, facts, published
from tests.platform.eventlog.boats import BOAT, BoatId, BoatMoved


def test_a_fact_is_read_as_it_was_written() -> None:
    fact = BoatMoved(subject=BOAT.new(), number=3)

    assert facts.decode("boat.moved", 1, facts.encode(fact)) == fact


def test_a_field_that_the_fact_does_not_have_is_refused() -> None:
    subject = BOAT.new()
    with pytest.raises(TypeError):
        BoatMoved(subject=subject, number=3, colour="red")  # type: ignore[call-arg]
    with pytest.raises(msgspec.ValidationError):
        facts.decode(
            "boat.moved",
            1,
            b'{"kind":"boat.moved","subject":"%s","number":3,"colour":"red"}' % str(subject).encode(),
        )


def test_two_facts_cannot_share_a_name() -> None:
    with pytest.raises(AssertionError, match=r"two facts are called boat\.moved"):

        @published
        class Again(Fact, frozen=True, kw_only=True, tag="boat.moved"):
            NOUN: ClassVar[Noun[BoatId]] = BOAT
            subject: BoatId


def test_a_fact_needs_a_name() -> None:
    with pytest.raises(AssertionError):

        @published
        class Nameless(Fact, frozen=True, kw_only=True):
            NOUN: ClassVar[Noun[BoatId]] = BOAT
            subject: BoatId


def test_a_fact_of_a_newer_release_is_unknown_and_not_broken() -> None:
    with pytest.raises(FactUnknown):
        facts.decode("boat.moved", 2, b"{}")


async def test_what_was_not_published_cannot_be_appended() -> None:
    class Loose(Fact, frozen=True, kw_only=True, tag="boat.loose"):
        NOUN: ClassVar[Noun[BoatId]] = BOAT
        subject: BoatId

    with pytest.raises(AssertionError, match="not @published"):
        facts.kind_of(Loose)
