"""Disputes: the customer's bank takes the money back, and who is right is found out afterwards.

They begin with a test card, or by the control interface and the page; Stripe's fee stays whoever wins.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from kontorhaus.sandbox.stripe import money, movements
from kontorhaus.sandbox.stripe.call import DAY, Call, changes
from kontorhaus.sandbox.stripe.endpoint import Endpoint, ListParams, page, retrieve
from kontorhaus.sandbox.stripe.errors import Object, invalid
from kontorhaus.sandbox.stripe.forms import Metadata, Params, merged
from kontorhaus.sandbox.stripe.resources import charges

ANSWER_DAYS: Final = 9
"""Until evidence is due; networks give seven to twenty-one days, of which Stripe keeps some."""

EVIDENCE: Final = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal "
    "customer_communication customer_email_address customer_name customer_purchase_ip customer_signature "
    "duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt "
    "refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation "
    "shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number "
    "uncategorized_file uncategorized_text"
).split()

REASONS: Final = (
    "bank_cannot_process check_returned credit_not_processed customer_initiated debit_not_authorized duplicate "
    "fraudulent general incorrect_account_details insufficient_funds noncompliant product_not_received "
    "product_unacceptable subscription_canceled unrecognized"
).split()

OPEN: Final = ("warning_needs_response", "needs_response")


class Update(Params, kw_only=True):
    evidence: dict[str, Any] | None = None
    metadata: Metadata | str | None = None
    submit: bool = True


class List(ListParams, kw_only=True):
    charge: str | None = None
    payment_intent: str | None = None


def start(
    call: Call,
    charge: Object,
    *,
    reason: str = "fraudulent",
    amount: int | None = None,
    inquiry: bool = False,
) -> Object:
    """The customer's bank asks (`inquiry`), or takes the money at once."""
    left = charges.refundable(charge)
    amount = left if amount is None else amount
    if reason not in REASONS:
        raise invalid(f"Invalid reason: must be one of {', '.join(REASONS)}", param="reason")
    if charge["disputed"] or not charge["captured"]:
        raise invalid(f"Charge {charge['id']} is not captured or is disputed already.", param="charge")
    if not 1 <= amount <= left:
        raise invalid(f"Between 1 and {left} of the charge {charge['id']} can be disputed.", param="amount")
    dispute = _shape(call, charge, amount, reason, inquiry=inquiry)
    if not inquiry:
        _withdraw(call, dispute)
    call.insert(dispute)
    charge |= {"disputed": True, "_dispute_holds": not inquiry}
    call.save(charge)
    call.later(ANSWER_DAYS * DAY, "expire_dispute", dispute["id"])
    call.emit("charge.dispute.created", dispute)
    if not inquiry:
        call.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def _shape(call: Call, charge: Object, amount: int, reason: str, *, inquiry: bool) -> Object:
    return call.new(
        "dispute",
        {
            "object": "dispute",
            "amount": amount,
            "balance_transactions": [],
            "charge": charge["id"],
            "currency": charge["currency"],
            "enhanced_eligibility_types": [],
            "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
            "evidence_details": {
                "due_by": call.now + ANSWER_DAYS * DAY,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
                "submission_method": "not_submitted",
            },
            "is_charge_refundable": inquiry,
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "payment_method_details": {
                "card": {
                    "brand": charge["payment_method_details"]["card"]["brand"],
                    "case_type": "inquiry" if inquiry else "chargeback",
                    "network": charge["payment_method_details"]["card"]["network"],
                    "network_reason_code": "10.4" if reason == "fraudulent" else "13.1",
                },
                "type": "card",
            },
            "reason": reason,
            "status": "warning_needs_response" if inquiry else "needs_response",
        },
    )


def _withdraw(call: Call, dispute: Object) -> None:
    dispute["balance_transactions"].append(
        movements.move(
            call,
            "adjustment",
            category="dispute",
            amount=-dispute["amount"],
            currency=dispute["currency"],
            source=dispute["id"],
            against="cards",
            fee=money.DISPUTE_FEE,
            fee_text="Dispute fee",
            description=f"Chargeback withdrawal for {dispute['charge']}",
        )
    )


def start_by_card(call: Call, wanted: str) -> None:
    """The test cards whose owner disputes every payment."""
    charge = call.get("charge", wanted)
    card = charges.card_of(charge)
    if card.dispute and not charge["disputed"] and charges.refundable(charge):
        start(call, charge, reason=card.dispute, inquiry=card.inquiry)


def update(call: Call, params: Update, wanted: str) -> Object:
    dispute = call.get("dispute", wanted)
    before = dict(dispute)
    dispute["metadata"] = merged(dispute["metadata"], params.metadata)
    if params.evidence is not None:
        _take_evidence(dispute, params.evidence)
        if params.submit:
            dispute["evidence_details"] = {
                **dispute["evidence_details"],
                "submission_count": dispute["evidence_details"]["submission_count"] + 1,
                "submission_method": "manual",
            }
            dispute["status"] = "warning_under_review" if _is_warning(dispute) else "under_review"
    call.save(dispute)
    call.emit("charge.dispute.updated", dispute, changes(before, dispute))
    said = (params.evidence or {}).get("uncategorized_text")
    if params.submit and said == "winning_evidence":
        call.later(0, "win_dispute", wanted)
    elif params.submit and said == "losing_evidence":
        call.later(0, "lose_dispute", wanted)
    return dispute


def _take_evidence(dispute: Object, given: dict[str, Any]) -> None:
    if dispute["status"] not in OPEN:
        raise invalid(
            f"This dispute has a status of {dispute['status']}; evidence can no longer be given.",
            param="evidence",
        )
    for name, value in given.items():
        if name not in EVIDENCE:
            raise invalid(
                f"Received unknown parameter: evidence[{name}]",
                param=f"evidence[{name}]",
                code="parameter_unknown",
            )
        dispute["evidence"] = {**dispute["evidence"], name: value or None}
    has = any(dispute["evidence"][name] for name in EVIDENCE)
    dispute["evidence_details"] = {**dispute["evidence_details"], "has_evidence": has}


def _is_warning(dispute: Object) -> bool:
    return str(dispute["status"]).startswith("warning_")


def close(call: Call, params: Params, wanted: str) -> Object:
    del params
    dispute = call.get("dispute", wanted)
    if dispute["status"] not in OPEN:
        raise invalid("This dispute is already closed or under review.")
    return decide(call, wanted, "lose")


def decide(call: Call, wanted: str, outcome: Literal["win", "lose", "escalate"]) -> Object:
    """The bank's word. A lost dispute can still be won; an inquiry that is escalated becomes a dispute."""
    dispute = call.get("dispute", wanted)
    before = dict(dispute)
    warning, status = _is_warning(dispute), dispute["status"]
    if outcome == "escalate":
        _escalate(call, dispute)
    elif status in {"won", "warning_closed"} or (status == "lost" and outcome == "lose"):
        raise invalid(f"Dispute {wanted} is closed: {status}.")
    else:
        _close(call, dispute, won=outcome == "win", warning=warning)
    call.save(dispute)
    if outcome == "escalate":
        call.emit("charge.dispute.updated", dispute, changes(before, dispute))
        call.emit("charge.dispute.funds_withdrawn", dispute)
        return dispute
    if outcome == "win" and not warning:
        call.emit("charge.dispute.funds_reinstated", dispute)
    call.emit("charge.dispute.closed", dispute, changes(before, dispute))
    return dispute


def _escalate(call: Call, dispute: Object) -> None:
    if not _is_warning(dispute) or dispute["status"] == "warning_closed":
        raise invalid(f"Dispute {dispute['id']} is no open inquiry: {dispute['status']}.")
    dispute |= {"status": "needs_response", "is_charge_refundable": False}
    dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    dispute["balance_transactions"] = [*dispute["balance_transactions"]]
    _withdraw(call, dispute)
    _hold(call, dispute, holds=True)


def _close(call: Call, dispute: Object, *, won: bool, warning: bool) -> None:
    if warning:
        dispute["status"] = "warning_closed"
    else:
        dispute["status"] = "won" if won else "lost"
    if won and not warning:
        returned = movements.move(
            call,
            "adjustment",
            category="dispute_reversal",
            amount=dispute["amount"],
            currency=dispute["currency"],
            source=dispute["id"],
            against="cards",
            description=f"Chargeback reversal for {dispute['charge']}",
        )
        dispute["balance_transactions"] = [*dispute["balance_transactions"], returned]
    _hold(call, dispute, holds=not won and not warning)


def _hold(call: Call, dispute: Object, *, holds: bool) -> None:
    """While the bank has the money, the charge cannot be refunded as well."""
    charge = call.get("charge", dispute["charge"])
    charge["_dispute_holds"] = holds
    call.save(charge)


def expire(call: Call, wanted: str) -> None:
    """Nobody answered in time."""
    dispute = call.get("dispute", wanted)
    if dispute["status"] in OPEN:
        dispute["evidence_details"] = {**dispute["evidence_details"], "past_due": True}
        call.save(dispute)
        decide(call, wanted, "lose")


def list_all(call: Call, params: List) -> Object:
    links = {"charge": params.charge, "payment_intent": params.payment_intent}
    return page(call, "dispute", params, "/v1/disputes", links=links)


ENDPOINTS: Final = (
    Endpoint("GET", "/v1/disputes", List, list_all),
    Endpoint("GET", "/v1/disputes/{id}", Params, retrieve("dispute")),
    Endpoint("POST", "/v1/disputes/{id}", Update, update),
    Endpoint("POST", "/v1/disputes/{id}/close", Params, close),
)
