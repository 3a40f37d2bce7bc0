"""No body with a card number passes, except where its type says that the number is something else."""

from __future__ import annotations

import enum
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta, Struct

from kontorhaus.platform.secrets import CardNumberRefused, card_pointer, refuse_cards, refuse_cards_in

CARD = "4242 4242 4242 4242"
SIRET = "36227206271667"


class Colour(enum.Enum):
    RED = CARD


class Email(Struct, tag_field="kind", tag="email"):
    value: Annotated[str, Meta(pattern="^[^@]+@[^@]+$")]
    label: str | None = None


class Note(Struct, tag_field="kind", tag="note"):
    text: str


class Line(Struct, rename={"free_text": "free/text~"}):
    free_text: str = ""
    count: int = 0


class Body(Struct, kw_only=True):
    id: Annotated[str, Meta(pattern="^pty_[0-9a-z]{26}$")] = ""
    iban: Annotated[str, Meta(pattern="^[A-Za-z]{2}[0-9]{2}[A-Za-z0-9 ]+$")] | None = None
    phone: Annotated[str, Meta(pattern=r"^\+[1-9][0-9]{6,14}$")] = ""
    siret: Annotated[str, Meta(extra={"typed_id": True})] = ""
    code: Annotated[str, Meta(max_length=11)] = ""
    uuid: UUID | None = None
    day: date | None = None
    colour: Colour | None = None
    choice: Literal["4242424242424242"] | None = None
    share: float = 0
    name: str = ""
    reference: Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9-]*$", max_length=40)] | None = None
    number: int = 0
    exact: Decimal | None = None
    lines: list[Line] = []
    contacts: list[Email | Note] = []
    labels: dict[str, str] = {}
    any: Any = None
    parent: Body | None = None


def pointer(**members: object) -> str | None:
    """Where `refuse_cards` points, for the body as bytes and as a tree; None if it lets it pass."""
    raw = msgspec.json.encode(members)
    try:
        refuse_cards(raw, msgspec.json.decode(raw), Body)
    except CardNumberRefused as refused:
        (fault,) = refused.faults
        told = f"{refused} {refused.faults} {refused.facts}"
        assert "4242" not in told
        return fault.pointer
    return None


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"name": CARD}, "/name"),
        ({"name": f"my card {CARD}, 12/29"}, "/name"),
        ({"reference": CARD.replace(" ", "")}, "/reference"),
        ({"number": 4242424242424242}, "/number"),
        ({"exact": "4242424242424242"}, "/exact"),
        ({"lines": [{"free/text~": "fine"}, {"free/text~": CARD}]}, "/lines/1/free~1text~0"),
        ({"lines": [{"count": 378282246310005}]}, "/lines/0/count"),
        ({"contacts": [{"kind": "note", "text": CARD}]}, "/contacts/0/text"),
        ({"contacts": [{"kind": "email", "value": "a@b", "label": CARD}]}, "/contacts/0/label"),
        ({"labels": {"a": "fine", "b": CARD}}, "/labels/b"),
        ({"labels": {CARD: "fine"}}, "/labels"),
        ({"any": {"deep": [1, [CARD]]}}, "/any/deep/1/0"),
        ({"parent": {"name": CARD}}, "/parent/name"),
        ({"unknown": CARD}, "/unknown"),
    ],
)
def test_a_card_number_is_refused_and_its_place_named(members: dict[str, object], expected: str) -> None:
    assert pointer(**members) == expected


@pytest.mark.parametrize(
    "members",
    [
        {"name": "Käthe Müller"},
        {"iban": "DE95 4242 4242 4242 4242 42"},
        {"id": "pty_4242424242424242000000000a"},
        {"phone": "+341111111111111"},
        {"siret": SIRET},
        {"uuid": "42424242-4242-4242-8242-424242424242"},
        {"colour": CARD},
        {"choice": "4242424242424242"},
        {"share": 0.4242424242424242},
        {"number": 1732170000000},
        {"number": 2**53 - 1},
        {"day": "2026-11-21"},
        {"name": "order 4006381333931 of 2026-11-21"},
    ],
)
def test_what_is_no_card_number_or_typed_as_something_else_passes(members: dict[str, object]) -> None:
    assert pointer(**members) is None


def test_the_same_number_in_a_field_without_a_type_is_refused() -> None:
    assert pointer(name=SIRET) == "/name"


def test_a_number_written_with_escapes_is_found() -> None:
    raw = rb'{"name":"\u0034242\u00204242 4242 4242"}'

    with pytest.raises(CardNumberRefused):
        refuse_cards(raw, msgspec.json.decode(raw), Body)


def test_without_a_type_everything_is_looked_at() -> None:
    assert card_pointer({"a": {"b": [True, None, 1.5, CARD]}}) == "/a/b/3"
    assert card_pointer([]) is None


def test_names_and_values_of_a_query_are_looked_at_too() -> None:
    with pytest.raises(CardNumberRefused):
        refuse_cards_in({"search": [CARD]}, None)
    refuse_cards_in({"search": ["Müller"], "limit": "20"}, None)
