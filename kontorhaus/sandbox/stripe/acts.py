"""What the outside does: customers, their banks, Stripe's own people. Behind the control interface and the page."""

from __future__ import annotations

from typing import Literal, cast

from kontorhaus.sandbox.stripe import tasks
from kontorhaus.sandbox.stripe.call import Books, Call
from kontorhaus.sandbox.stripe.errors import Object, invalid, missing
from kontorhaus.sandbox.stripe.resources import authentication, disputes, payouts, refunds, setup_intents
from kontorhaus.sandbox.stripe.resources.accounts import banks, shape, standing
from kontorhaus.sandbox.stripe.resources.accounts.params import Bank
from kontorhaus.sandbox.stripe.resources.payment_intents import machine

IDENTITIES = ("failed", "pending", "rejected", "verified")


def _found(books: Books, wanted: str, *kinds: str) -> tuple[Call, Object]:
    found = books.store.find(wanted)
    if found is None or found[1]["object"] not in kinds:
        raise missing(kinds[0], wanted)
    account, body = found
    return Call(books, platform=tasks.platform_of(books, account), account=account), body


def authenticate(books: Books, wanted: str, token: str | None, *, approved: bool) -> str | None:
    """The customer passes or fails 3-D Secure; gives where his browser goes next. The page must show its token."""
    call, intent = _found(books, wanted, "payment_intent", "setup_intent")
    if intent["status"] != "requires_action" or (token is not None and token != intent.get("_token")):
        raise invalid("This authentication is over, or was replaced by another one.")
    back = authentication.way_back(intent, approved=approved)
    module = machine if intent["object"] == "payment_intent" else setup_intents
    with books.store.transaction():
        module.authenticated(call, intent, approved=approved)
    tasks.run_due(books)
    return back


def dispute(
    books: Books, wanted: str, *, reason: str = "fraudulent", amount: int | None = None, inquiry: bool = False
) -> Object:
    """The customer disputes a charge, or the charge of a PaymentIntent."""
    call, body = _found(books, wanted, "charge", "payment_intent")
    if body["object"] == "payment_intent":
        if body["latest_charge"] is None:
            raise invalid(f"{wanted} has no charge.")
        body = call.get("charge", body["latest_charge"])
    with books.store.transaction():
        return disputes.start(call, body, reason=reason, amount=amount, inquiry=inquiry)


def decide_dispute(books: Books, wanted: str, outcome: str) -> Object:
    if outcome not in {"win", "lose", "escalate"}:
        raise invalid("A dispute can win, lose or escalate.")
    call, _ = _found(books, wanted, "dispute")
    with books.store.transaction():
        return disputes.decide(call, wanted, cast("Literal['win', 'lose', 'escalate']", outcome))


def fail_refund(books: Books, wanted: str, reason: str = "expired_or_canceled_card") -> Object:
    call, _ = _found(books, wanted, "refund")
    with books.store.transaction():
        return refunds.fail(call, wanted, reason)


def fail_payout(books: Books, wanted: str, code: str = "could_not_process") -> Object:
    call, _ = _found(books, wanted, "payout")
    with books.store.transaction():
        return payouts.fail(call, wanted, code)


def pay_out(books: Books, wanted: str) -> Object:
    """The bank is quicker than its day."""
    call, _ = _found(books, wanted, "payout")
    with books.store.transaction():
        payouts.send(call, wanted)
        payouts.land(call, wanted)
    return call.get("payout", wanted)


def judge_account(books: Books, wanted: str, outcome: str) -> Object:
    """Stripe's people look at someone's papers: `verified`, `failed`, `pending` again, or `rejected` for good."""
    if outcome not in IDENTITIES:
        raise invalid(f"An identity is one of {', '.join(IDENTITIES)}.")
    call, _ = _found(books, wanted, "account")
    with books.store.transaction():
        return standing.judge(call, wanted, outcome)


def onboard(books: Books, wanted: str, token: str) -> str | None:
    """The seller fills in all that is due on Stripe's own page; gives where the browser goes next."""
    call, account = _found(books, wanted, "account")
    link = account.get("_link")
    if link is None or link["token"] != token or link["expires_at"] < call.now:
        raise invalid("This link has been used or is over; make a new one.")
    before = {**account}
    with books.store.transaction():
        _fill(call, account)
        account["_link"] = None
        standing.review(call, account)
        call.save(account)
        standing.tell(call, before, account)
    tasks.run_due(books)
    return cast("str | None", link["return_url"])


def _fill(call: Call, account: Object) -> None:
    account["business_type"] = account["business_type"] or "individual"
    part = "individual" if account["business_type"] == "individual" else "company"
    names = shape.PERSON_COLLECTED if part == "individual" else shape.COMPANY_COLLECTED
    account["_collected"] = {**account["_collected"], part: dict.fromkeys(names, True)}
    account["tos_acceptance"] = {"date": call.now, "ip": "127.0.0.1", "user_agent": None}
    if not account["external_accounts"]["data"]:
        bank = Bank(
            account_number="DE89370400440532013000",
            country=account["country"],
            currency=account["default_currency"],
        )
        account["external_accounts"] = {**account["external_accounts"], "data": []}
        banks.add(call, account, bank)


def advance(books: Books, to_ms: int) -> None:
    """Let the simulated time pass up to an instant; it never goes back."""
    if to_ms < books.now_ms:
        raise invalid("The clock only goes forward; DELETE /sandbox/clock returns to the machine's time.")
    tasks.move_clock(books, to_ms)
