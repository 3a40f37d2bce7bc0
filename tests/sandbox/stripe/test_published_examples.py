"""Every object of the simulator has the names that Stripe's published examples have.

They (`fixtures3.json` of stripe/openapi) are not part of this repository: STRIPE_FIXTURES says where a copy lies.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.sandbox.stripe.test_shapes import everything
from tests.support.stripe import Sandbox

FIXTURES = os.environ.get("STRIPE_FIXTURES")


@pytest.mark.skipif(FIXTURES is None, reason="STRIPE_FIXTURES names no copy of Stripe's published examples")
async def test_no_name_of_the_published_examples_is_missing(own: Sandbox) -> None:
    assert FIXTURES is not None
    examples = msgspec.json.decode(Path(FIXTURES).read_bytes())["resources"]

    objects = await everything(own)

    compared = {one["object"] for one in objects} & set(examples)
    missing = {f"{one['object']}.{name}" for one in objects for name in _missing(one, examples)}
    assert not missing, "\n".join(sorted(missing))
    assert len(compared) >= 15, compared


EXPANDED = {"charge": {"refunds"}}
"""Left out unless a call asks for it, since version 2022-11-15; the examples show it all the same."""


def _missing(one: dict[str, Any], examples: dict[str, Any]) -> set[str]:
    example = examples.get(one["object"])
    return set() if example is None else set(example) - set(one) - EXPANDED.get(one["object"], set())
