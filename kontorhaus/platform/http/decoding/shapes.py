"""The shape that was asked for, walked beside what came: which names an object may have, what a value may be."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from msgspec import Struct, inspect


@cache
def _type(kind: Any) -> inspect.Type:
    return inspect.type_info(kind)


class Shape(Struct, frozen=True):
    """What may stand at one place: the alternatives of a union, or just one; none where anything may."""

    types: tuple[inspect.Type, ...]
    examples: tuple[Any, ...] = ()
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, kind: Any) -> Shape:
        return _shape(_type(kind))

    def names(self, node: dict[str, Any]) -> list[str] | None:
        """The names that this object may have; None if it may have any."""
        if not self.types or any(isinstance(one, inspect.DictType) for one in self.types):
            return None
        structs = list(self._structs(node))
        if not structs or not all(one.forbid_unknown_fields for one in structs):
            return None
        tags = [one.tag_field for one in structs if one.tag_field is not None]
        return [*dict.fromkeys([*tags, *(field.encode_name for one in structs for field in one.fields)])]

    def required(self, node: dict[str, Any]) -> list[str]:
        """The names that this object must have. Which struct of a tagged union it is, only its tag can say."""
        structs = list(self._structs(node))
        if len(structs) > 1:
            return [*dict.fromkeys(one.tag_field for one in structs if one.tag_field is not None)]
        return [field.encode_name for one in structs for field in one.fields if field.required]

    def member(self, node: dict[str, Any], name: str) -> Shape:
        tags = tuple(str(one.tag) for one in self._all_structs() if one.tag_field == name)
        if tags:
            return Shape((), tags=tags)
        found: list[inspect.Type] = []
        for one in self._structs(node):
            found += [field.type for field in one.fields if field.encode_name == name]
        found += [one.value_type for one in self.types if isinstance(one, inspect.DictType)]
        return _join(found)

    def item(self, index: int) -> Shape:
        found: list[inspect.Type] = []
        for one in self.types:
            if isinstance(
                one, inspect.ListType | inspect.SetType | inspect.FrozenSetType | inspect.VarTupleType
            ):
                found.append(one.item_type)
            elif isinstance(one, inspect.TupleType) and index < len(one.item_types):
                found.append(one.item_types[index])
        return _join(found)

    def choices(self) -> list[str]:
        """The values that an enum, a literal or a tag may have."""
        found: list[Any] = [*self.tags]
        for one in self.types:
            if isinstance(one, inspect.LiteralType):
                found += one.values
            elif isinstance(one, inspect.EnumType):
                found += [member.value for member in one.cls]
        return [str(value) for value in found]

    def _all_structs(self) -> list[inspect.StructType]:
        return [one for one in self.types if isinstance(one, inspect.StructType)]

    def _structs(self, node: dict[str, Any]) -> Iterator[inspect.StructType]:
        """The structs that this object can be: of a tagged union the one with its tag, if it has one."""
        structs = self._all_structs()
        tagged = [one for one in structs if one.tag_field is not None and node.get(one.tag_field) == one.tag]
        yield from tagged or structs


def _shape(one: inspect.Type) -> Shape:
    if isinstance(one, inspect.Metadata):
        inner = _shape(one.type)
        examples = tuple((one.extra_json_schema or {}).get("examples", ())) or inner.examples
        return Shape(inner.types, examples)
    if isinstance(one, inspect.UnionType):
        return _join(list(one.types))
    if isinstance(one, inspect.AnyType | inspect.RawType):
        return Shape(())
    return Shape((one,))


def _join(types: list[inspect.Type]) -> Shape:
    shapes = [_shape(one) for one in types]
    examples = next((shape.examples for shape in shapes if shape.examples), ())
    return Shape(tuple(one for shape in shapes for one in shape.types), examples)
