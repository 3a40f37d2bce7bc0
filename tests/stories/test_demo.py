"""`kontorhaus demo` as a person and as a script run it: three sales, or those of a file, and books that are sound."""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kontorhaus.roles.demo import orders
from kontorhaus.roles.demo.orders import DemoFileInvalid
from tests.stories.test_up import Command

EXAMPLE = Path(__file__).parents[2] / "docs" / "demo-orders.json"

CAR: dict[str, Any] = {
    "model": "agent",
    "description": "Volkswagen T6",
    "amount": {"amount": 1_690_000, "currency": "EUR"},
    "seller": {"name": "Autohaus Petersen GmbH", "country": "DE"},
}
FEE: dict[str, Any] = {
    "model": "own",
    "description": "Our fee",
    "amount": {"amount": 35_700, "currency": "EUR"},
    "tax": {"rate_ppm": 190_000, "country": "DE"},
}


def order(reference: str = "1", **changed: object) -> dict[str, Any]:
    return {
        "reference": reference,
        "buyer": {"name": "Garage De Smet BV", "country": "BE"},
        "lines": [CAR, FEE],
        **changed,
    }


def with_line(**changed: object) -> dict[str, Any]:
    return order(lines=[{**CAR, **changed}])


def written(path: Path, *rows: object) -> Path:
    path.write_text(json.dumps({"orders": rows}))
    return path


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path / "home")
    # What a person has set for a house of his own is none of the demo's business.
    made.environ |= {
        "KONTORHAUS_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "TMPDIR": str(tmp_path),
    }
    return made


async def played(command: Command, *words: str) -> tuple[int, list[dict[str, Any]]]:
    """How the demo ended, and its steps. Its log goes elsewhere."""
    process = await command.start("demo", "--json", *words, merged=False)
    said, logged = await process.communicate()
    assert process.returncode is not None
    assert said, logged.decode()
    return process.returncode, [json.loads(line) for line in said.splitlines()]


def kinds(steps: list[dict[str, Any]], sale: str) -> list[str]:
    """What happened in a sale, before the books were looked at."""
    return [step["kind"] for step in steps if step.get("sale") == sale and step["kind"] != "charges"]


def check_the_books(steps: list[dict[str, Any]]) -> None:
    """What every run must end with, told apart from what the demo itself makes of it."""
    sides: Counter[str] = Counter()
    for step in steps:
        if step["kind"] == "account":
            sides[step["data"]["side"]] += step["data"]["balance"]["amount"]
    assert sides["debit"] == sides["credit"] > 0
    beside = [step["data"] for step in steps if step["kind"] == "beside"]
    assert beside
    assert all(one["ours"] == one["provider"] for one in beside)
    checks = [step["data"] for step in steps if step["kind"] == "check"]
    assert len(checks) > 5
    assert [one["name"] for one in checks if not one["ok"] or one["rows"]] == []


async def test_three_sales_are_played_and_the_books_are_sound(command: Command, tmp_path: Path) -> None:
    status, steps = await played(command)

    assert status == 0, steps
    assert [step["step"] for step in steps] == list(range(1, len(steps) + 1))
    first, second, third = (kinds(steps, f"demo-{number}") for number in (1, 2, 3))
    assert first == [
        "sale",
        "order.placed",
        "payment.action_required",
        "payment.returned",
        "payment.authorized",
        "payment.captured",
        "order.confirmed",
        "order.handed_over",
        "line.released",
        "payout.paid",
        "order.completed",
    ]
    assert "refund.succeeded" in second
    assert third.index("provider.silent") < third.index("payment.captured")
    check_the_books(steps)
    assert [step["data"]["times"] for step in steps if step["kind"] == "charges"] == [1, 1, 1]
    assert [step["data"]["times"] for step in steps if step["kind"] == "provider.repeats"] == [3]
    captured = {
        step["data"]["what"]: step["data"]["provider"]["amount"] for step in steps if step["kind"] == "beside"
    }
    assert captured["demo-3: captured"] == 1_543_900, "charged once, though the answer was lost"
    assert captured["demo-2: refunded"] == 75_000
    end = steps[-1]["data"]
    assert end == {"completed": 3, "declined": 0, "wrong": 0, "stuck": 0, "sound": True}
    assert not list(tmp_path.glob("kontorhaus-demo-*")), "nothing is left behind"
    assert not (tmp_path / "home").exists()


async def test_people_are_told_a_story(command: Command) -> None:
    """Another run, beside whatever an earlier one may have left."""
    status, story = await command.run("demo")

    assert status == 0, story
    assert "18,900.00 EUR" in story
    assert "The books are sound." in story
    assert "FALSE" not in story
    assert '{"' not in story


async def test_the_file_of_the_docs_is_played(command: Command) -> None:
    status, steps = await played(command, "--orders", str(EXAMPLE))

    assert status == 0, steps
    assert kinds(steps, "2026-1042")[-1] == "order.completed"
    assert kinds(steps, "2026-1043")[-1] == "payment.declined"
    assert steps[-1]["data"] == {"completed": 1, "declined": 1, "wrong": 0, "stuck": 0, "sound": True}
    check_the_books(steps)


async def test_wrong_orders_are_named_and_the_others_played(command: Command, tmp_path: Path) -> None:
    file = written(
        tmp_path / "orders.json",
        order("right-1"),
        order("wrong-1", lines=[{**CAR, "amount": {"amount": 1, "currency": "XXQ"}}]),
        "no order at all",
        order("right-1"),
        order("right-2", lines=[CAR], price_cut={"line": 0, "amount": {"amount": 100, "currency": "EUR"}}),
    )

    status, steps = await played(command, "--orders", str(file))

    wrong = [step["data"]["pointer"] for step in steps if step["kind"] == "wrong"]
    assert wrong == ["/orders/1/lines/0/amount/currency", "/orders/2", "/orders/3/reference"]
    assert status == 3
    assert steps[-1]["data"] == {"completed": 2, "declined": 0, "wrong": 3, "stuck": 0, "sound": True}
    check_the_books(steps)


async def test_an_interrupted_demo_leaves_nothing_behind(command: Command, tmp_path: Path) -> None:
    process = await command.start("demo", merged=False)
    assert process.stdout is not None
    await process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, logged = await process.communicate()

    assert process.returncode == 1, logged.decode()
    assert "Traceback" not in logged.decode()
    assert not list(tmp_path.glob("kontorhaus-demo-*"))


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        (with_line(seller=None), "/lines/0/seller"),
        (with_line(model="own", tax=FEE["tax"]), "/lines/0/seller"),
        (with_line(tax=FEE["tax"]), "/lines/0/tax"),
        (order(lines=[{**FEE, "tax": None}]), "/lines/0/tax"),
        (order(lines=[{**FEE, "tax": {"rate_ppm": 1, "country": "XX"}}]), "/lines/0/tax/country"),
        (order(lines=[CAR, {**FEE, "amount": {"amount": 1, "currency": "USD"}}]), "/lines/1/amount/currency"),
        (with_line(amount={"amount": 10.5, "currency": "EUR"}), "/lines/0/amount/amount"),
        (with_line(amount={"amount": 2**70, "currency": "EUR"}), "/lines/0/amount/amount"),
        (with_line(amount={"amount": 0, "currency": "EUR"}), "/lines/0/amount/amount"),
        (with_line(colour="red"), "/lines/0/colour"),
        (order(lines=[{**CAR, "amount": {"amount": 2**53 - 1, "currency": "EUR"}}] * 2), "/lines"),
        (order(lines=[]), "/lines"),
        (order(buyer={"name": "Nobody", "country": "XX"}), "/buyer/country"),
        (order(price_cut={"line": 1, "amount": {"amount": 1, "currency": "EUR"}}), "/price_cut/line"),
        (order(price_cut={"line": 7, "amount": {"amount": 1, "currency": "EUR"}}), "/price_cut/line"),
        (order(price_cut={"line": 0, "amount": CAR["amount"]}), "/price_cut/amount"),
        (order(card="gold"), "/card"),
        (order(card="pm_card_createDispute"), "/card"),
        (order(trouble=["answer_lost", "answer_lost"]), "/trouble"),
        (order(inspection_days=91), "/inspection_days"),
        (order("two words"), "/reference"),
        (with_line(description="4242424242424242"), "/lines/0/description"),
        (7, ""),
    ],
)
def test_what_is_wrong_is_named_in_its_place(tmp_path: Path, row: object, pointer: str) -> None:
    found, wrong = orders.read(written(tmp_path / "orders.json", order("right"), row))

    assert [one.sale.reference for one in found] == ["right"]
    assert [one.pointer for one in wrong] == [f"/orders/1{pointer}"]
    assert wrong[0].detail


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b'{"orders": {}}', b'{"orders": [1', b"\xff\xfe", b'{"sales": []}', b"[" * 5_000],
)
def test_what_is_no_file_of_orders_is_told_in_one_sentence(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "orders.json"
    file.write_bytes(raw)

    with pytest.raises(DemoFileInvalid) as told:
        orders.read(file)

    assert "\n" not in told.value.detail


def test_a_file_that_is_too_large_or_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    file.write_bytes(b" " * (orders.FILE_BYTES_MAX + 1))
    with pytest.raises(DemoFileInvalid, match="more than"):
        orders.read(file)
    with pytest.raises(DemoFileInvalid, match="at most 1000"):
        orders.read(written(file, *([1] * (orders.ORDERS_MAX + 1))))
    with pytest.raises(DemoFileInvalid, match=r"nothing\.json"):
        orders.read(tmp_path / "nothing.json")
