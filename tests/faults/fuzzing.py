"""What schemathesis is taught about this API. Its process loads this through `schemathesis.toml`, which lies beside."""

from __future__ import annotations

import itertools
import json
import os
import re
import uuid
from typing import Any, Final

import msgspec
import schemathesis
from msgspec import Struct
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.generation.meta import TestPhase

VARIABLE: Final = "FUZZING"
"""The environment variable with what the test prepared: a `Prepared` as JSON."""


class Prepared(Struct, frozen=True):
    """Objects that exist: `ids` has one for each parameter of a path. `erasable` is a party to erase. `own_key` is the
    API key of the run itself: revoked, it would leave nothing but 401. `voidable` is a hold to void."""

    ids: dict[str, str]
    erasable: str
    voidable: str
    own_key: str


KEY: Final = re.compile(r'[!#-\[\]-~]{1,255}|"[ !#-\[\]-~]{1,255}"')

WAIT: Final = re.compile(r"[1-9]|[1-5][0-9]|60")

RULES: Final = frozenset(
    {
        "card_number_refused",
        "commit_token_invalid",
        "cursor_invalid",
        "event_filter_invalid",
        "instant_invalid",
        "ledger_account_invalid",
        "ledger_balance_insufficient",
        "ledger_entity_unfit",
        "ledger_entry_invalid",
        "ledger_hold_exceeded",
        "ledger_instant_invalid",
        "ledger_period_locked",
        "ledger_route_closed",
        "log_cursor_invalid",
        "notice_invalid",
        "order_cut_invalid",
        "order_filter_invalid",
        "order_invalid",
        "party_invalid",
        "payment_account_differs",
        "payment_amount_exceeded",
        "payment_connection_unclear",
        "payment_connection_unfit",
        "payment_invalid",
        "payment_return_invalid",
        "refund_allocated",
        "refund_exceeded",
        "payment_connection_invalid",
        "payment_credentials_refused",
        "party_part_limit",
        "payment_provider_refused",
        "payout_exceeded",
        "payout_invalid",
        "seller_unfit",
        "party_search_invalid",
        "test_clock_ahead",
        "test_clock_out_of_range",
        "time_runs_forward",
    }
)
"""Why a request that fits the document may be refused all the same: what these say, no schema can."""

IN_WORDS: Final = ("U+0000", "without a point")

every_second: Final = itertools.cycle((True, False))
every_tenth: Final = itertools.cycle((True, *(False,) * 9))


@schemathesis.hook
def before_call(_: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Lead calls past the doors at which nearly all that is made up would end.

    Every valid idempotency key becomes a new one: the document's example, sent again with another body, is refused
    for that alone. Every second call that fits the document is about an object that exists, whatever its version.
    """
    prepared = msgspec.json.decode(os.environ[VARIABLE], type=Prepared)
    if KEY.fullmatch(str(case.headers.get("Idempotency-Key", ""))):
        case.headers["Idempotency-Key"] = uuid.uuid4().hex
    if _fits(case) and (_in(case, TestPhase.EXAMPLES) or next(every_second)):
        case.path_parameters.update({name: prepared.ids[name] for name in case.path_parameters})
        if case.operation.label.endswith("{party_id}/erase"):
            case.path_parameters["party_id"] = prepared.erasable
        if case.operation.label.endswith("{hold_id}/void"):
            case.path_parameters["hold_id"] = prepared.voidable
        if isinstance(case.body, dict) and "entity" in case.body:
            case.body["entity"] = prepared.ids["entity_id"]
        if "If-Match" in case.headers:
            case.headers["If-Match"] = "*"
    if WAIT.fullmatch(str(case.query.get("timeout", ""))):
        # Hundreds of waits of seconds would only make the run long.
        case.query["timeout"] = 1 if next(every_tenth) else 0
    if case.operation.label.endswith("/revoke") and case.path_parameters["api_key_id"] == prepared.own_key:
        case.path_parameters["api_key_id"] = prepared.ids["api_key_id"]


def _fits(case: Case[Any]) -> bool:
    """Whether it was made to fit the document, and not to follow a link from another answer."""
    fits = case.meta is not None and case.meta.generation.mode.is_positive
    return fits and not _in(case, TestPhase.STATEFUL)


def _in(case: Case[Any], phase: TestPhase) -> bool:
    return case.meta is not None and case.meta.phase.name == phase


@schemathesis.check
def what_fits_the_document_is_refused_by_rules_alone(
    _: CheckContext, response: Response, case: Case[Any]
) -> None:
    """`body_invalid` for a body that fits the schema means that the document promises too much.

    Two things are the document's to refuse in words: U+0000, which as a pattern would stand at every string, and an
    integer written as `5.0`, which no schema can tell from one written as `5`.
    """
    if (
        case.meta is None
        or not case.meta.generation.mode.is_positive
        or response.status_code not in (400, 422)
    ):
        return
    problem = json.loads(response.content)
    said = [fault["detail"] for fault in problem["errors"]]
    if problem["code"] not in RULES and not any(word in detail for detail in said for word in IN_WORDS):
        raise AssertionError(f"{problem['code']} for a request that fits the document: {said}")


@schemathesis.check
class EveryOperationSucceeds:
    """Of an operation that only ever refused, nothing was tested but its refusals."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.succeeded: set[str] = set()

    def after_response(self, _: CheckContext, response: Response, case: Case[Any]) -> None:
        self.asked.add(case.operation.label)
        if response.status_code < 300:
            self.succeeded.add(case.operation.label)

    def after_run(self, _: CheckContext) -> None:
        missed = sorted(self.asked - self.succeeded)
        if missed:
            raise AssertionError(f"never answered with success: {', '.join(missed)}")
