"""Who may import whom, as contracts of import-linter. Rooms are found, not listed: a new room is under them
at once."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from tests.house.source import HOUSE, ROOM_FLOORS, files, module, rooms

FLOORS: Final = ("cli", "roles", "console", "wire", "goods", "money", "people", "platform", "kernel")

PLATFORM: Final = (
    "inbox",
    "http",
    "clocks",
    "idempotency",
    "eventlog : jobs : checks",
    "db : secrets : outbound : postgres",
    "telemetry : failpoints : answers : actor : settings",
)
"""Highest first. Those on one line may know each other, but never in a circle."""

PEOPLE: Final = ("parties", "notices", "access")

MONEY: Final = ("reconciliation", "subscriptions", "payments : invoicing", "ledger")

GOODS: Final = ("orders", "transport")

ROOM: Final = (
    "routes | reactions | jobs",
    "actions | queries",
    "gateways | store",
    "views",
    "events",
    "model",
    "errors",
)
"""The inside of a room, highest first. `errors` stands below `model`, since pure decisions raise the room's
errors (docs/decisions/0001-errors-below-the-model.md)."""

ENTRANCES: Final = ("routes", "reactions", "jobs")
"""What `roles` may import past the door, to register it."""

LIBRARIES: Final = {
    "litestar": (
        (
            "kontorhaus.platform.http",
            "kontorhaus.wire.realtime",
            "kontorhaus.console",
            "kontorhaus.roles",
            "routes",
        ),
        "the web framework is known to the edge alone; write an action or a query, and let routes.py call it",
    ),
    "asyncpg": (
        ("kontorhaus.platform.db", "kontorhaus.platform.postgres", "store"),
        "write a Query or a Command in store.py; what a constraint refuses becomes an error of the room there",
    ),
    "aiohttp": (
        ("kontorhaus.platform.outbound", "kontorhaus.sandbox"),
        "what leaves goes through platform.outbound, which bounds, traces and tells NotSent from Unknown",
    ),
    "aiosmtplib": (
        ("kontorhaus.people.notices.gateways",),
        "write a Letter and hand it to notices.send; its gateway alone speaks SMTP",
    ),
    "stripe": (
        ("kontorhaus.money.payments.gateways",),
        "ask a provider through the Gateway of its connection",
    ),
    "jinja2": (
        ("kontorhaus.people.notices.views", "kontorhaus.sandbox", "kontorhaus.console"),
        "letters are templates of notices; what the API shows is a struct",
    ),
    "cryptography": (("kontorhaus.platform.secrets",), "seal and open through platform.secrets"),
    "opentelemetry": (("kontorhaus.platform.telemetry",), "use telemetry.span"),
    "prometheus_client": (("kontorhaus.platform.telemetry",), "add the metric to telemetry.metrics"),
    "structlog": (
        ("kontorhaus.platform.telemetry",),
        "use telemetry.get_logger, which keeps personal data out",
    ),
}
"""Each library has its place, so that it can be replaced there; `routes` and `store` stand for those parts of
any room."""


class Rule(Struct, frozen=True):
    """One contract: its name in a sentence, import-linter's type and options, and what to do when it
    breaks."""

    name: str
    kind: str
    options: dict[str, list[str]]
    guidance: str


def rules() -> list[Rule]:
    """All contracts for the house as it stands now."""
    return [
        *_floors(),
        *_within_floors(),
        *_insides(),
        *_doors(),
        *_libraries(),
        *_circles(),
        *_sandbox(),
    ]


def _floors() -> list[Rule]:
    guidance = (
        "A lower floor never imports an upper one: let the upper room hand down what the lower must keep, "
        "or react to the lower room's fact."
    )
    return [
        Rule("a floor imports only from floors below it", "layers", _layers("kontorhaus", FLOORS), guidance)
    ]


def _within_floors() -> list[Rule]:
    guidance = "The order stands in tests/house/contracts.py; move the code down, or hand in what it needs."
    ordered = (("platform", PLATFORM), ("people", PEOPLE), ("money", MONEY), ("goods", GOODS))
    return [
        Rule(f"the order within {floor}", "layers", _layers(f"kontorhaus.{floor}", layers), guidance)
        for floor, layers in ordered
        if (HOUSE / floor).is_dir()
    ]


def _insides() -> list[Rule]:
    guidance = "Inside a room: " + " > ".join(ROOM) + "."
    return [
        Rule(f"the inside of {room.package}", "layers", _layers(room.package, ROOM), guidance)
        for room in rooms("platform", *ROOM_FLOORS)
    ]


def _doors() -> list[Rule]:
    guidance = "Import from the room's door, its __init__.py; what is missing there can be added to it."
    found = []
    for room in rooms("platform", *ROOM_FLOORS):
        inner = [m for m in _modules() if m.rpartition(".")[0] == room.package]
        entrances = [m for m in inner if m.rpartition(".")[2] in ENTRANCES]
        rest = sorted(set(inner) - set(entrances))
        if rest:
            found.append(_protected(f"{room.package} is entered by its door", rest, [room.package], guidance))
        if entrances:
            allowed = [room.package, *_existing("kontorhaus.roles")]
            found.append(
                _protected(f"{room.package} is registered by roles alone", entrances, allowed, guidance)
            )
    return found


def _libraries() -> list[Rule]:
    found = []
    for library, (users, guidance) in LIBRARIES.items():
        parts = [name for name in _modules() if name.split(".")[3:4] and name.split(".")[3] in users]
        name = f"{library} has its place"
        found.append(_protected(name, [library], [*_existing(*users), *parts], guidance))
    return found


def _circles() -> list[Rule]:
    guidance = (
        "Of two that need each other one is lower: hand it what it needs, or move what they share down."
    )
    return [
        Rule(
            "no siblings know each other in a circle",
            "acyclic_siblings",
            {"ancestors": ["kontorhaus"]},
            guidance,
        )
    ]


def _sandbox() -> list[Rule]:
    if not _existing("kontorhaus.sandbox"):
        return []
    house = [f"kontorhaus.{name}" for name in FLOORS if name != "roles" and _existing(f"kontorhaus.{name}")]
    guidance = "The sandbox is the outside: the house talks to it over HTTP alone, as to any provider."
    return [
        Rule(name, "forbidden", {"source_modules": sources, "forbidden_modules": forbidden}, guidance)
        for name, sources, forbidden in (
            ("the sandbox knows nothing of the house", ["kontorhaus.sandbox"], [*house, "kontorhaus.roles"]),
            ("the house knows nothing of the sandbox", house, ["kontorhaus.sandbox"]),
        )
    ]


def _layers(container: str, layers: tuple[str, ...]) -> dict[str, list[str]]:
    """Every layer is optional: a room has only the files that it needs, a floor only the rooms built so
    far."""
    optional = []
    for line in layers:
        mark = "|" if "|" in line else ":"
        optional.append(f" {mark} ".join(f"({name.strip()})" for name in line.split(mark)))
    return {"containers": [container], "layers": optional}


def _protected(name: str, protected: list[str], allowed: list[str], guidance: str) -> Rule:
    return Rule(name, "protected", {"protected_modules": protected, "allowed_importers": allowed}, guidance)


def _modules() -> list[str]:
    return [module(path) for path in files() if path.is_relative_to(HOUSE) and path.suffix == ".py"]


def _existing(*names: str) -> list[str]:
    known = set(_modules())
    return [name for name in names if name in known]
