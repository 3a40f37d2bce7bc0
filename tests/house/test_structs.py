"""Values are frozen structs that msgspec can read and write, with no float and no unknown in them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct
from msgspec import inspect as kinds

from tests.house.statements import import_everything


def structs() -> list[type[Struct]]:
    """Every struct of the house that others may hold; one with an underscore is a module's own affair."""
    return [
        value
        for name in import_everything()
        for value in vars(sys.modules[name]).values()
        if inspect.isclass(value) and issubclass(value, Struct) and value.__module__ == name
        if not value.__name__.startswith("_")
    ]


def where(struct: type[Struct]) -> str:
    return f"{struct.__module__}.{struct.__name__}"


def read(struct: type[Struct]) -> kinds.Type | str:
    """What msgspec makes of a struct's annotations, or why it makes nothing of them."""
    try:
        return kinds.type_info(struct)
    except TypeError as error:
        return str(error)


def test_every_struct_is_frozen() -> None:
    """Who holds a value may keep it: nobody changes it behind his back, and equal ones are equal for ever."""
    loose = [where(struct) for struct in structs() if not struct.__struct_config__.frozen]

    assert not loose, f"{loose}: Struct, frozen=True"


def test_msgspec_understands_every_struct() -> None:
    """It looks at annotations only when it first decodes: `Annotated[str | None, Meta(max_length=…)]` imports well and
    fails with the first request. A constraint belongs to the type it constrains: `Annotated[str, Meta(…)] | None`."""
    found = [f"{where(struct)}: {told}" for struct in structs() if isinstance(told := read(struct), str)]

    assert not found, "\n".join(found)


def test_no_struct_of_a_room_holds_a_float() -> None:
    """Below the rooms a float may count seconds of a machine's clock; what a room holds is reckoned with."""
    found = [
        f"{where(struct)}: an amount is Money, a rate an integer fraction, a duration a timedelta"
        for struct in structs()
        if struct.__module__.split(".")[1] != "platform"
        if not isinstance(told := read(struct), str)
        and any(isinstance(k, kinds.FloatType) for k in _inside(told))
    ]

    assert not found, "\n".join(found)


def _inside(kind: Any) -> Iterator[Any]:
    """A type and those it is made of; a struct's fields too, but no struct within."""
    yield kind
    fields = kind.fields if isinstance(kind, kinds.StructType) else ()
    parts = [getattr(kind, name, None) for name in ("type", "item_type", "key_type", "value_type")]
    parts += [
        *getattr(kind, "types", ()),
        *getattr(kind, "item_types", ()),
        *(field.type for field in fields),
    ]
    for part in parts:
        if isinstance(part, msgspec.Struct) and not isinstance(part, kinds.StructType):
            yield from _inside(part)


def test_there_are_structs() -> None:
    assert len(structs()) > 10
