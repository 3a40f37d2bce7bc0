"""Where a fault is: from msgspec's `$.lines[0].amount` to the JSON pointer `/lines/0/amount` (RFC 6901)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Any, Final

from kontorhaus.kernel.errors import Fault
from kontorhaus.platform.http.decoding.shapes import Shape

Judge = Callable[[Any], str | None]

INDEX: Final = re.compile(r"\[(\d+)\]")

NAME_CHARACTERS_MAX: Final = 64
"""A name that nobody could have meant is cut: an answer is no mirror for whatever was sent."""

VALUE_OF_ANY_NAME: Final = "[...]"


def child(pointer: str, name: str) -> str:
    """The pointer to a member, its name escaped and cut."""
    shown = name[:NAME_CHARACTERS_MAX].encode("utf-8", errors="replace").decode()
    return f"{pointer}/{shown.replace('~', '~0').replace('/', '~1')}"


def told(faults: tuple[Fault, ...], whole: str) -> str:
    """The first fault as a sentence: what a person reads who looks at `detail` alone."""
    more = f" (and {len(faults) - 1} more in `errors`)" if len(faults) > 1 else ""
    return f"{faults[0].pointer or whole} {faults[0].detail}{more}"


def unknown(name: str, known: list[str]) -> str:
    """What to say about a name that is not known here."""
    near = difflib.get_close_matches(name[:NAME_CHARACTERS_MAX], known, n=1)
    if near:
        return f"is not known here; did you mean {near[0]}?"
    return (
        f"is not known here; known are {', '.join(sorted(known))}"
        if known
        else "is not known here; leave it out"
    )


def split(message: str) -> tuple[str, str]:
    """msgspec's message and its path. The path comes last and holds names of our own fields alone, so the last mark is
    the right one even if a caller's unknown name imitates it."""
    what, mark, path = message.rpartition(" - at `")
    if not mark:
        return message, "$"
    # "at `key` in `$.labels`": the fault is in a name of that object.
    path = path.rpartition("` in `")[2]
    return what, path.removesuffix("`")


def resolve(path: str, tree: Any, shape: Shape, judge: Judge) -> tuple[str, Any, Shape]:
    """The pointer that `path` stands for in `tree`, the value there and the shape that was asked for.

    Names are matched against the names of the shape, longest first, since msgspec does not escape dots and brackets;
    `[...]`, which stands for a value of a mapping without saying which, is found by trying.
    """
    pointer, node, rest = "", tree, path.removeprefix("$")
    trail: list[Any] = []
    while rest:
        if rest.startswith(VALUE_OF_ANY_NAME) and isinstance(node, dict):
            name = _culprit(tree, trail, node, judge)
            tree = _with(tree, trail, {name: node[name]})
            shape, node, rest = shape.member(node, name), node[name], rest.removeprefix(VALUE_OF_ANY_NAME)
            pointer = child(pointer, name)
            trail.append(name)
        elif (index := INDEX.match(rest)) and isinstance(node, list) and int(index[1]) < len(node):
            shape, node, rest = shape.item(int(index[1])), node[int(index[1])], rest[index.end() :]
            pointer = f"{pointer}/{index[1]}"
            trail.append(int(index[1]))
        elif rest.startswith(".") and isinstance(node, dict) and (name := _named(rest[1:], node, shape)):
            shape, node, rest = shape.member(node, name), node.get(name), rest[1 + len(name) :]
            pointer = child(pointer, name)
            trail.append(name)
        else:
            break
    return pointer, node, shape


def _named(rest: str, node: dict[str, Any], shape: Shape) -> str:
    """The longest name of the shape with which the rest of the path begins."""
    fitting = [
        name
        for name in shape.names(node) or list(node)
        if rest.startswith(name) and rest[len(name) :][:1] in ("", ".", "[")
    ]
    return max(fitting, key=len, default="")


def _culprit(tree: Any, trail: list[Any], node: dict[str, Any], judge: Judge) -> str:
    """The name whose value is at fault, by halving: about log2(names) looks, each at half of the names before."""
    names, message = list(node), judge(tree)
    while len(names) > 1:
        half = names[: len(names) // 2]
        guilty = judge(_with(tree, trail, {name: node[name] for name in half})) == message
        names = half if guilty else names[len(half) :]
    return names[0]


def _with(tree: Any, trail: list[Any], replacement: Any) -> Any:
    """The tree with another value at the end of the trail; what is beside it is shared."""
    if not trail:
        return replacement
    copy = tree.copy()
    copy[trail[0]] = _with(tree[trail[0]], trail[1:], replacement)
    return copy
