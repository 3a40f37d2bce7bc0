"""What schemathesis is taught about this API: it is loaded by its process, through `schemathesis.toml` beside this."""

from __future__ import annotations

import json
import os
import re
import uuid
from typing import Any, Final

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response

KEPT_KEY: Final = "FUZZING_KEPT_KEY"
"""Names the id of the API key that the run itself uses: revoking it would end the run with nothing but 401."""

SPARE_KEY: Final = "FUZZING_SPARE_KEY"
"""Names the id of another key, which may be revoked in its place."""

KEY: Final = re.compile(r'[!#-\[\]-~]{1,255}|"[ !#-\[\]-~]{1,255}"')

RULES: Final = frozenset(
    {"card_number_refused", "cursor_invalid", "party_invalid", "party_search_invalid", "scope_not_grantable"}
)
"""Why a request that fits the document may be refused all the same: what these say, no schema can."""


@schemathesis.hook
def before_call(_: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """Make every valid idempotency key a new one: the document's example, sent with another body, is refused before
    anything of the body matters. Invalid ones are sent as they are."""
    given = case.headers.get("Idempotency-Key")
    if isinstance(given, str) and KEY.fullmatch(given):
        case.headers["Idempotency-Key"] = uuid.uuid4().hex
    if case.path_parameters.get("api_key_id") == os.environ[KEPT_KEY] and case.method == "POST":
        case.path_parameters["api_key_id"] = os.environ[SPARE_KEY]


@schemathesis.check
def what_fits_the_document_is_refused_by_rules_alone(_: CheckContext, response: Response, case: Case) -> None:
    """`body_invalid` for a body that fits the schema means that the schema promises too much."""
    if (
        case.meta is None
        or not case.meta.generation.mode.is_positive
        or response.status_code not in (400, 422)
    ):
        return
    code = json.loads(response.content)["code"]
    assert code in RULES, f"{code} for a request that fits the document"


@schemathesis.check
class EveryOperationSucceeds:
    """Of an operation that only ever refused, nothing was tested but its refusals."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.succeeded: set[str] = set()

    def after_response(self, _: CheckContext, response: Response, case: Case) -> None:
        self.asked.add(case.operation.label)
        if response.status_code < 300:
            self.succeeded.add(case.operation.label)

    def after_run(self, _: CheckContext) -> None:
        missed = sorted(self.asked - self.succeeded)
        assert not missed, f"never answered with success: {', '.join(missed)}"
