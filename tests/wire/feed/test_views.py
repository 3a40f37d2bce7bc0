"""Facts look outside as the API does: every id with its noun, money as money, nothing else changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontorhaus.kernel.ids import ORG, Noun, OrgId, uuid7
from kontorhaus.kernel.money import Money, MoneyView
from kontorhaus.people.parties import PARTY, PartyId
from kontorhaus.platform import eventlog
from kontorhaus.platform.eventlog import Event, Fact
from kontorhaus.roles import api
from kontorhaus.wire.feed import views
from kontorhaus.wire.feed.model import EVENT, id_of, place_of


class Line(msgspec.Struct, frozen=True):
    seller: PartyId
    price: MoneyView


class Sold(Fact, frozen=True, kw_only=True, tag="test.sold"):
    """A fact with everything that a fact may hold."""

    NOUN: ClassVar[Noun[OrgId]] = ORG

    subject: OrgId
    buyer: PartyId | None
    payers: list[PartyId]
    lines: tuple[Line, ...]
    by_party: dict[PartyId, int]
    at: datetime


def test_ids_within_a_fact_are_shown_as_type_ids() -> None:
    party, at = PARTY.new(), datetime(2026, 11, 20, tzinfo=UTC)
    price = MoneyView(amount=1099, currency="EUR")
    sold = Sold(
        subject=ORG.new(), buyer=None, payers=[party], lines=(Line(party, price),), by_party={party: 2}, at=at
    )
    text = PARTY.text(party)

    assert msgspec.json.decode(msgspec.json.encode(views.data(sold))) == {
        "buyer": None,
        "payers": [text],
        "lines": [{"seller": text, "price": {"amount": 1099, "currency": "EUR"}}],
        "by_party": {text: 2},
        "at": "2026-11-20T00:00:00Z",
    }


def test_an_id_without_a_noun_is_a_mistake() -> None:
    class Strange(Fact, frozen=True, kw_only=True, tag="test.strange"):
        NOUN: ClassVar[Noun[OrgId]] = ORG
        subject: OrgId
        other: UUID

    with pytest.raises(AssertionError, match=r"Strange\.other"):
        views.renders(Strange)


def test_every_fact_of_the_house_can_be_shown() -> None:
    assert api.routes(), "the rooms are there"
    # Other tests of the same process publish facts of their own, whatever those hold.
    facts = [fact for fact in eventlog.published_types() if fact.__module__.startswith("kontorhaus.")]
    shown = [views.renders(fact) for fact in facts]
    assert len(shown) >= 7


@given(
    st.integers(min_value=1, max_value=4095),
    st.integers(min_value=1, max_value=2**62 - 1),
    st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2200, 1, 1)),  # noqa: DTZ001
)
def test_an_event_is_found_by_its_id(epoch: int, position: int, at: datetime) -> None:
    event = Event(epoch, position, uuid7(), at.replace(tzinfo=UTC), "a.b", 1, "org", uuid7(), b"{}")
    found = id_of(event)

    assert place_of(found) == position
    assert (found.version, found.variant) == (7, "specified in RFC 4122")
    assert EVENT.parse(EVENT.text(found)) == found
    later = Event(
        epoch, position, event.org_id, event.at + timedelta(milliseconds=1), "a.b", 1, "org", uuid7(), b"{}"
    )
    assert id_of(later) > found


def test_money_of_the_kernel_is_shown_as_money() -> None:
    class Paid(Fact, frozen=True, kw_only=True, tag="test.paid"):
        NOUN: ClassVar[Noun[OrgId]] = ORG
        subject: OrgId
        amount: Money | None

    paid = Paid(subject=ORG.new(), amount=Money(1099, "EUR"))
    assert views.data(paid) == {"amount": {"amount": 1099, "currency": "EUR"}}
