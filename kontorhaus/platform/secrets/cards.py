"""Card numbers are refused at the edge, so that no part of the house ever holds one (PCI DSS then has no scope here).

Every body is looked at, but for fields whose type says that what stands there is something else. A field is left out

- if its type holds no such text or number: a UUID, a date, a boolean, a float, an enum, a literal;
- if its schema's pattern or length admits no card number: a TypeID's prefix, an IBAN's country, a telephone's plus;
- if it is annotated with `Meta(extra={"typed_id": True})`: for numbers that are checked by a rule of their own and
  look like a card's, as a French SIRET, which ends in a Luhn digit as well.

By the type, not by a list of names: a new field is looked at unless its author has said what it holds.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct, inspect

from kontorhaus.kernel.errors import Fault
from kontorhaus.platform.secrets.errors import CardNumberRefused
from kontorhaus.platform.telemetry import find_card_number, may_hold_card_number

TYPED_ID: Final = "typed_id"
"""The word in `Meta(extra=…)` that leaves a field out."""


class Look(Struct, frozen=True):
    """How to look through one place of a value: at itself, its members by name, all other members, its items.

    None stands for "not at all". What the type says nothing about is looked at.
    """

    at_value: bool = True
    members: Mapping[str, Look | None] = {}
    items: Look | None = None
    others: Look | None = None


def refuse_cards(raw: bytes, tree: object, kind: object) -> None:
    """CardNumberRefused, pointing at the field, if a body holds a card number outside of fields made for others.

    `tree` is the body as plain dicts, lists and scalars, `kind` the type it is decoded to. A usual body costs a look at
    its bytes alone, about a microsecond.
    """
    if may_hold_card_number(raw):
        refuse_cards_in(tree, kind)


def refuse_cards_in(tree: object, kind: object) -> None:
    """The same for values that are no JSON body, such as the names and values of a query."""
    pointer = card_pointer(tree, kind)
    if pointer is not None:
        fault = Fault(pointer, "this looks like the number of a payment card")
        raise CardNumberRefused("a field holds what looks like the number of a payment card", faults=(fault,))


def card_pointer(tree: object, kind: object = None) -> str | None:
    """JSON pointer (RFC 6901) to the first text or integer with a card number in it; None if there is none.

    Of a member whose *name* holds one the pointer ends at the object: it would repeat the number.
    """
    return _find(tree, EVERYWHERE if kind is None else look_for(kind), "")


EVERYWHERE: Final = Look()
NOWHERE: Final = None


def _find(tree: object, look: Look | None, pointer: str) -> str | None:
    if look is None or tree is None or isinstance(tree, bool | float):
        return None
    if isinstance(tree, str | int):
        return pointer if look.at_value and find_card_number(str(tree)) else None
    if isinstance(tree, Mapping):
        return _find_in_object(tree, look, pointer)
    assert isinstance(tree, Sequence), f"not of JSON: {type(tree).__name__}"
    below = EVERYWHERE if look is EVERYWHERE else look.items
    found = (_find(item, below, f"{pointer}/{position}") for position, item in enumerate(tree))
    return next((place for place in found if place is not None), None)


def _find_in_object(tree: Mapping[object, object], look: Look, pointer: str) -> str | None:
    rest = EVERYWHERE if look is EVERYWHERE else look.others
    for name, value in tree.items():
        key = str(name)
        if key not in look.members and find_card_number(key):
            return pointer
        escaped = key.replace("~", "~0").replace("/", "~1")
        place = _find(value, look.members.get(key, rest), f"{pointer}/{escaped}")
        if place is not None:
            return place
    return None


@functools.cache
def look_for(kind: object) -> Look | None:
    """How to look through values of a type; kept, since the types of the house's routes are few."""
    return _look(inspect.type_info(kind), ())


def _look(kind: inspect.Type, above: tuple[type, ...]) -> Look | None:
    """The look for a type as msgspec sees it; `above` are the structs that it stands in."""
    match kind:
        case inspect.Metadata():
            look = NOWHERE if (kind.extra or {}).get(TYPED_ID) else _look(kind.type, above)
        case inspect.StrType():
            look = EVERYWHERE if _admits_card_number(kind) else NOWHERE
        case inspect.StructType() if kind.cls not in above and not kind.array_like:
            members = {field.encode_name: _look(field.type, (*above, kind.cls)) for field in kind.fields}
            look = Look(members=members, others=EVERYWHERE)
        case inspect.CollectionType():
            look = Look(items=_look(kind.item_type, above), others=EVERYWHERE)
        case inspect.DictType():
            look = Look(others=_look(kind.value_type, above), items=EVERYWHERE)
        case inspect.UnionType():
            look = _any_of([_look(each, above) for each in kind.types])
        case _:
            # A struct within itself, or one without names, ends here too: looked at without knowledge of its fields.
            look = NOWHERE if isinstance(kind, _FORMED) else EVERYWHERE
    return look


_FORMED: Final = (
    inspect.NoneType,
    inspect.BoolType,
    inspect.FloatType,
    inspect.UUIDType,
    inspect.DateTimeType,
    inspect.DateType,
    inspect.TimeType,
    inspect.TimeDeltaType,
    inspect.EnumType,
    inspect.LiteralType,
)
"""What has a form of its own, which decoding has checked."""


def _any_of(looks: Sequence[Look | None]) -> Look | None:
    """Of a union: whatever one of its types looks at is looked at."""
    seen = [look for look in looks if look is not None]
    if not seen:
        return NOWHERE
    if EVERYWHERE in seen:
        return EVERYWHERE
    names = {name for look in seen for name in look.members}
    return Look(
        at_value=any(look.at_value for look in seen),
        members={
            name: _any_of([look.members[name] for look in seen if name in look.members]) for name in names
        },
        items=_any_of([look.items for look in seen]),
        others=_any_of([look.others for look in seen]),
    )


SAMPLES: Final = (
    "4242424242424242",
    "4242 4242 4242 4242",
    "4242-4242-4242-4242",
    "378282246310005",
    "36227206271667",
    "501800000009",
)
"""Card numbers for tests, published by payment providers: the usual forms, and the short ones of Amex, Diners and
Maestro."""


def _admits_card_number(kind: inspect.StrType) -> bool:
    pattern = None if kind.pattern is None else re.compile(kind.pattern)
    return any(
        (kind.max_length is None or len(sample) <= kind.max_length)
        and (pattern is None or pattern.search(sample) is not None)
        for sample in SAMPLES
    )
