"""Import contracts: one test each, so that a failure names the one that broke and the chain that breaks
it."""

from __future__ import annotations

import copy
import functools

import grimp
import pytest
from importlinter import Contract
from importlinter import configuration as linter_configuration
from importlinter.application import output
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract

from tests.house.contracts import FLOORS, Rule, rules
from tests.house.source import HOUSE

KINDS: dict[str, type[Contract]] = {
    "layers": LayersContract,
    "protected": ProtectedContract,
    "forbidden": ForbiddenContract,
    "acyclic_siblings": AcyclicSiblingsContract,
}

SESSION = {"root_packages": ["kontorhaus"], "include_external_packages": "True"}

linter_configuration.configure()


@functools.cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("kontorhaus", include_external_packages=True, cache_dir=None)


def broken(rule: Rule) -> str:
    """How a contract is broken, as import-linter tells it; empty when it is kept."""
    options = dict(rule.options)
    if rule.kind == "protected":
        # A library that nobody imports yet is in no graph, and import-linter refuses what it does not know.
        options["protected_modules"] = [m for m in options["protected_modules"] if m in graph().modules]
    contract = KINDS[rule.kind](rule.name, SESSION, options)
    check = contract.check(copy.deepcopy(graph()), verbose=False)
    if check.kept:
        return ""
    with output.console.capture() as told:
        contract.render_broken_contract(check)
    return told.get()


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name.replace(" ", "-"))
def test_import_contract_is_kept(rule: Rule) -> None:
    story = broken(rule)

    assert not story, f"{rule.name}: broken.\n\n{story}\n{rule.guidance}"


def test_every_package_stands_on_a_floor() -> None:
    stray = {p.name.removesuffix(".py") for p in HOUSE.iterdir() if not p.name.startswith("_")}
    stray -= {*FLOORS, "sandbox"}

    assert not stray, f"{sorted(stray)}: every package of the house stands on one of the floors {FLOORS}"


def test_a_broken_contract_is_noticed() -> None:
    """The checks themselves: an order turned round must not pass."""
    upside_down = {"containers": ["kontorhaus"], "layers": ["kernel", "platform"]}

    assert "kontorhaus.kernel" in broken(Rule("upside down", "layers", upside_down, ""))
