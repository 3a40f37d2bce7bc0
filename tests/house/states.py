"""The state machines of the house, found by their tables of transitions, and the diagrams drawn from them."""

from __future__ import annotations

import re
import sys
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, NewType, Union, get_args, get_origin
from uuid import UUID

from msgspec import Struct

from tests.house.source import ROOT
from tests.house.statements import import_everything

BEGIN: Final = "<!-- states:begin -->"
END: Final = "<!-- states:end -->"


class Machine(Struct, frozen=True):
    """One `TRANSITIONS` table with its `advance`. The first member of the statuses is where an object
    begins, unless the model says otherwise by `INITIAL`."""

    module: str
    subject: type[Struct]
    statuses: type[StrEnum]
    steps: type[StrEnum]
    initial: frozenset[StrEnum]
    transitions: Mapping[tuple[StrEnum, StrEnum], StrEnum]
    advance: Callable[..., StrEnum]

    @property
    def name(self) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", " ", self.subject.__name__).lower()

    @property
    def table(self) -> str:
        """The table that holds its objects is called like the struct."""
        return self.name.replace(" ", "_")

    @property
    def room(self) -> str:
        return self.module.split(".")[2]

    def follow(self, begin: frozenset[StrEnum]) -> frozenset[StrEnum]:
        """Every status that can be reached from some, themselves included."""
        reached = set(begin)
        while more := {new for (old, _), new in self.transitions.items() if old in reached} - reached:
            reached |= more
        return frozenset(reached)

    @property
    def final(self) -> frozenset[StrEnum]:
        """Those that nothing leads out of."""
        return frozenset(self.statuses) - {old for old, _ in self.transitions}


def machines() -> list[Machine]:
    """Every machine in the models of the house."""
    return [
        _machine(name)
        for name in import_everything()
        if "model" in name.split(".") and hasattr(sys.modules[name], "TRANSITIONS")
    ]


def _machine(name: str) -> Machine:
    model = sys.modules[name]
    transitions: Mapping[tuple[StrEnum, StrEnum], StrEnum] = model.TRANSITIONS
    (status, step) = next(iter(transitions))
    initial = getattr(model, "INITIAL", next(iter(type(status))))
    subject = next(iter(typing.get_type_hints(model.advance).values()))
    return Machine(
        module=name,
        subject=subject,
        statuses=type(status),
        steps=type(step),
        initial=frozenset({initial} if isinstance(initial, StrEnum) else initial),
        transitions=transitions,
        advance=model.advance,
    )


def sample(kind: Any) -> Any:
    """Some value of a type: for what `advance` looks at beside the status, such as the id in its error."""
    if isinstance(kind, NewType):
        return sample(kind.__supertype__)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return sample(arguments[0])
    if origin is Literal:
        return arguments[0]
    if origin in {Union, types.UnionType}:
        return None if types.NoneType in arguments else sample(arguments[0])
    if origin in {list, tuple, dict, frozenset, set}:
        return origin()
    if isinstance(kind, type) and issubclass(kind, Struct):
        hints = typing.get_type_hints(kind, include_extras=True)
        return kind(**{field: sample(hints[field]) for field in kind.__struct_fields__})
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return next(iter(kind))
    return SAMPLES[kind]


SAMPLES: Final[Mapping[Any, Any]] = {
    str: "EUR",  # also where a currency is wanted
    int: 1,
    bool: False,
    bytes: b"",
    UUID: UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
    datetime: datetime(2026, 1, 31, tzinfo=UTC),
    date: date(2026, 1, 31),
}


def diagram(machine: Machine) -> str:
    """The machine as Mermaid draws it (https://mermaid.js.org/syntax/stateDiagram.html)."""
    arrows = [f"    [*] --> {status}" for status in machine.statuses if status in machine.initial]
    arrows += [f"    {old} --> {new}: {step}" for (old, step), new in machine.transitions.items()]
    arrows += [f"    {status} --> [*]" for status in machine.statuses if status in machine.final]
    return "\n".join(["```mermaid", "stateDiagram-v2", *arrows, "```"])


def block(room: str) -> str:
    """What stands between the markers of a room's page."""
    drawn = [
        f"The states of {'an' if machine.name[0] in 'aeiou' else 'a'} {machine.name}:\n\n{diagram(machine)}"
        for machine in machines()
        if machine.room == room
    ]
    return "\n\n".join([BEGIN, *drawn, END])


def redraw(page: str, room: str) -> str:
    """The page with its diagram as it must be; one without markers gets them at its end."""
    if BEGIN not in page:
        return f"{page.rstrip()}\n\n## States\n\n{block(room)}\n"
    before, _, rest = page.partition(BEGIN)
    return before + block(room) + rest.partition(END)[2]


def rooms_with_machines() -> list[str]:
    return sorted({machine.room for machine in machines()})


def page_of(room: str) -> Any:
    return ROOT / "docs" / "rooms" / f"{room}.md"
