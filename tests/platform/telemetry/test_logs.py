"""What is planted in logs is not found in them."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from uuid import UUID

import msgspec
import pytest
from msgspec import Struct

from kontorhaus.kernel.errors import NotFound
from kontorhaus.platform import telemetry
from kontorhaus.platform.settings import Settings

NAME, IBAN, KEY, CARD = (
    "Käthe Müller",
    "DE89370400440532013000",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "4242424242424242",
)
PLANTED = (NAME, "Müller", "M\\u00fcller", IBAN, KEY, CARD, "kaethe@example.com")

LOG = telemetry.get_logger("tests.logs")

Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """The lines written since the last call; each must be JSON, and none may hold what was planted."""

    def read() -> list[dict[str, object]]:
        written = capsys.readouterr()
        assert not [planted for planted in PLANTED if planted in written.out + written.err]
        return [msgspec.json.decode(line, type=dict[str, object]) for line in written.out.splitlines()]

    return read


@pytest.fixture
def standard_logging() -> Iterator[None]:
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    telemetry.set_up(Settings(log_level="debug"))
    yield
    telemetry.set_up(Settings())
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)


class Person(Struct):
    name: str


class Mood(StrEnum):
    FINE = "fine"


def test_personal_data_in_a_log_line_is_masked_and_facts_are_not(lines: Lines) -> None:
    LOG.warning(
        "party_created",
        customer_name=NAME,
        iban=IBAN,
        note=f"paid from {IBAN} with {KEY}",
        spaced="DE89 3704 0044 0532 0130 00",
        card=int(CARD),
        amount=int(CARD),
        idempotency_key="free text of the caller",
        contact={"email": "kaethe@example.com", "kind": "email"},
        party=Person(NAME),
        raw=NAME.encode(),
        nested=[{"deep": [{"name": NAME}]}],
        tries=3,
        seconds=0.25,
        id=UUID(int=7),
        mood=Mood.FINE,
        key_id="key_01",
        nothing=None,
    )

    (line,) = lines()
    assert line["event"] == "party_created"
    assert (line["level"], line["logger"]) == ("warning", "tests.logs")
    assert (line["tries"], line["seconds"], line["mood"], line["key_id"]) == (3, 0.25, "fine", "key_01")
    assert line["id"] == "00000000-0000-0000-0000-000000000007"
    assert line["nothing"] is None
    assert line["note"] == "paid from *** with sk_live_***"
    assert line["party"] == "<Person>"
    assert (line["iban"], line["spaced"], line["idempotency_key"], line["amount"]) == (
        "***",
        "***",
        "***",
        "***",
    )


def test_an_event_is_a_fixed_name_so_no_data_can_be_in_it(lines: Lines) -> None:
    LOG.info(f"created {NAME}")

    assert lines()[0]["event"] == "event_without_a_name"


class NoSuchParty(NotFound):
    """There is no such party."""

    code = "test_no_such_party"
    title = "No such party"


class DatabaseComplaint(Exception):
    """Of the form of asyncpg's errors, whose detail quotes the row."""

    sqlstate = "23505"
    constraint_name = "party_reference"
    table_name = "party"


def test_an_exception_is_logged_with_its_places_but_without_what_it_quotes(lines: Lines) -> None:
    def fails() -> None:
        customer_name = NAME
        try:
            int(customer_name)
        except ValueError as error:
            raise DatabaseComplaint(f"duplicate key\nDETAIL: Key (name)=({NAME}) already exists.") from error

    try:
        fails()
    except DatabaseComplaint:
        LOG.exception("insert_failed")

    (line,) = lines()
    error = line["exception"]
    assert isinstance(error, dict)
    assert error["type"].endswith("DatabaseComplaint")
    assert (error["sqlstate"], error["constraint_name"], error["table_name"]) == (
        "23505",
        "party_reference",
        "party",
    )
    assert [frame.split()[-1] for frame in error["stack"]][-1] == "fails"
    assert error["caused_by"]["type"] == "builtins.ValueError"
    assert "message" not in error
    assert "message" not in error["caused_by"]


def test_a_message_that_quotes_nothing_is_shown(lines: Lines) -> None:
    for error in (
        NoSuchParty("there is no such party"),
        AttributeError("no attribute 'x'"),
        OSError(28, "No space left"),
    ):
        try:
            raise error
        except (NoSuchParty, AttributeError, OSError):
            LOG.exception("failed")

    shown = [line["exception"] for line in lines()]
    assert [error["message"] for error in shown if isinstance(error, dict)] == [
        "there is no such party",
        "no attribute 'x'",
        "No space left",
    ]


def test_a_group_of_exceptions_tells_of_each(lines: Lines) -> None:
    try:
        raise ExceptionGroup(NAME, [ValueError(NAME), KeyError(NAME)])
    except ExceptionGroup:
        LOG.exception("failed")

    error = lines()[0]["exception"]
    assert isinstance(error, dict)
    assert [inner["type"] for inner in error["inside"]] == ["builtins.ValueError", "builtins.KeyError"]


@pytest.mark.usefixtures("standard_logging")
def test_what_libraries_log_takes_the_same_form_without_its_values(lines: Lines) -> None:
    logger = logging.getLogger("asyncpg.pool")
    logger.warning("%d of %s wait for %s", 3, NAME, {"iban": IBAN})
    logger.error(f"task failed: ValueError('{NAME}')\nfuture: <Task {NAME}>")
    try:
        raise ValueError(NAME)
    except ValueError:
        logger.exception("failed")

    values, formatted, failed = lines()
    assert (values["message"], values["logger"]) == ("3 of … wait for …", "asyncpg.pool")
    assert formatted["message"] == "task failed: ValueError('…')"
    assert isinstance(failed["exception"], dict)
    assert failed["exception"]["type"] == "builtins.ValueError"


@pytest.mark.usefixtures("standard_logging")
def test_a_task_that_nobody_awaits_tells_no_more_than_its_type(lines: Lines) -> None:
    async def fails() -> None:
        raise ValueError(NAME)

    async def main() -> None:
        task = asyncio.ensure_future(fails())
        await asyncio.wait([task])
        del task

    asyncio.run(main())

    (line,) = [line for line in lines() if line["logger"] == "asyncio" and line["level"] == "error"]
    assert line["message"] == "Task exception was never retrieved"


@pytest.mark.usefixtures("standard_logging")
def test_what_ends_the_process_is_told_in_the_same_form(lines: Lines) -> None:
    error = ValueError(NAME)
    sys.excepthook(ValueError, error, None)

    assert lines()[0]["event"] == "process_crashed"


@pytest.mark.usefixtures("standard_logging")
def test_nothing_below_the_level_is_written(lines: Lines) -> None:
    telemetry.set_up(Settings(log_level="warning"))
    LOG.info("quiet")
    logging.getLogger("uvicorn.error").info("quiet")
    LOG.warning("loud")
    logging.getLogger("uvicorn.error").warning("loud")

    assert [(line["event"], line["logger"]) for line in lines()] == [
        ("loud", "tests.logs"),
        ("library_log", "uvicorn.error"),
    ]


def test_a_caller_cannot_write_our_own_fields(lines: Lines) -> None:
    LOG.info("sent", level="error", trace_id="forged", time="never")

    (line,) = lines()
    assert (line["level"], line["level_"]) == ("info", "error")
    assert "trace_id" not in line
    assert str(line["time"]).endswith("Z")


def test_any_value_makes_a_line(lines: Lines) -> None:
    circle: list[object] = []
    circle.append(circle)
    LOG.info(
        "odd",
        a=circle,
        b=float("nan"),
        c=2**80,
        d=object(),
        e="x" * 10_000,
        f="\ud800\n\x00",
        g={1: 2},
        h=int,
    )

    (line,) = lines()
    assert (line["b"], line["c"], line["g"], line["h"]) == ("***", "***", {"1": 2}, "<int>")
    assert len(str(line["e"])) == 1_000
