"""Words that the house does without, each with what stands in its place.

`CALLS` are looked for in the syntax tree of Python, so a docstring may speak of them; `WORDS` in every line
of every file that people write. A needle that would be met in this very file is built from pieces.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Banned(Struct, frozen=True):
    """`allowed` names the places, from the repository's root, that may use it all the same."""

    instead: str
    allowed: tuple[str, ...] = ()


CALLS: Final = {
    "datetime.now": Banned("utc_now() of kernel/time", ("kontorhaus/kernel/time.py",)),
    "datetime.utcnow": Banned("utc_now() of kernel/time: it is aware of its zone"),
    "datetime.today": Banned("utc_now() of kernel/time"),
    "date.today": Banned("the organization's date, handed in at the edge"),
    "time.time": Banned("utc_now() of kernel/time for an instant", ("kontorhaus/kernel/time.py",)),
    "time.time_ns": Banned(
        "utc_now() of kernel/time for an instant",
        # A simulator is the outside and knows nothing of the kernel.
        ("kontorhaus/kernel/time.py", "kontorhaus/sandbox/stripe/clock.py"),
    ),
    "time.monotonic": Banned("monotonic() of kernel/time", ("kontorhaus/kernel/time.py",)),
    "time.sleep": Banned(
        "waiting for the event itself: a pipe, a lock, asyncio.Event, a poll with a time-out"
    ),
    "print": Banned("telemetry.get_logger(), or click.echo in the command line", ("bench/",)),
    "uuid.uuid4": Banned(
        "NOUN.new() of kernel/ids: ids are UUIDv7, so that indexes grow at one end", ("tests/", "bench/")
    ),
    "uuid4": Banned(
        "NOUN.new() of kernel/ids: ids are UUIDv7, so that indexes grow at one end", ("tests/", "bench/")
    ),
    "eval": Banned("a table of functions"),
    "pickle.loads": Banned("msgspec, which runs nothing that it reads"),
    "json.dumps": Banned("msgspec.json.encode", ("bench/", "tests/")),
}

WORDS: Final = {
    r"\b(?:TO" + "DO|FIX" + r"ME)\b|#\s*XX" + r"X\b": Banned(
        "doing it now, or a sentence that says what is missing"
    ),
    "SELECT" + r" \*": Banned(
        "naming the columns: old and new code share one schema while a deploy rolls", ("tests/", "bench/")
    ),
    "RETURNING" + r" \*": Banned(
        "naming the columns: old and new code share one schema while a deploy rolls"
    ),
    r"\b[a-zA-Z]\.\*(?=\s+FROM\b)": Banned("naming the columns: old and new code share one schema"),
    r"(?<![\w.~*])/(?:" + "|".join(("ho" + "me", "ro" + "ot", "wo" + "rk", "Us" + "ers")) + r")/\w": Banned(
        "a path from the repository's root, or a folder that the caller names: this one is on one machine"
    ),
    "|".join(("py" + r"pi\.org", "python" + "hosted", "npm" + r"js\.(?:org|com)", "gh" + r"cr\.io")): Banned(
        "the package's name alone: whoever installs it names the registry"
    ),
    r"--(?:extra-)?index-" + r"url\b": Banned(
        "nothing: whoever installs names the registry in his own settings"
    ),
    "# type: " + r"ignore(?!\[)": Banned("`type: ignore[code]`, which hides that one mistake only"),
    "# no" + r"qa(?!: [A-Z])": Banned("`noqa: CODE`, which hides that one finding only"),
    r"-{3,} ?\w+ ?-{3,}$|={3,} ?\w+ ?={3,}$": Banned(
        "a file of its own: a ruler in a file says that it holds two"
    ),
    r"\b(?:CREATE TYPE\s+\w+\s+AS EN" + r"UM)\b": Banned("text with a CHECK: an enum's = is not leakproof"),
}

MONEY: Final = (
    "kontorhaus/kernel/money.py",
    "kontorhaus/kernel/currencies.py",
    "kontorhaus/money/",
    "kontorhaus/goods/",
)
"""Where amounts are worked with; a file that imports Money counts too."""
