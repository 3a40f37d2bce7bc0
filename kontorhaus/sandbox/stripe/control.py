"""`/sandbox/…`: the control interface, as JSON. Not Stripe's; a test's hand on the world."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from kontorhaus.sandbox.stripe import acts, keys, sums
from kontorhaus.sandbox.stripe.call import Books, shown
from kontorhaus.sandbox.stripe.clock import Setting, moved
from kontorhaus.sandbox.stripe.deliveries import Postman
from kontorhaus.sandbox.stripe.errors import StripeError, invalid
from kontorhaus.sandbox.stripe.faults import Fault, Faults
from kontorhaus.sandbox.stripe.keys import KEY

BOOKS: Final = web.AppKey("books", Books)
FAULTS: Final = web.AppKey("faults", Faults)
POSTMAN: Final = web.AppKey("postman", Postman)


class Authenticate(Struct, forbid_unknown_fields=True):
    outcome: Literal["approve", "fail"]


class OpenDispute(Struct, forbid_unknown_fields=True, kw_only=True):
    """One of `charge` and `payment_intent` says what is disputed."""

    charge: str | None = None
    payment_intent: str | None = None
    reason: str = "fraudulent"
    amount: int | None = None
    inquiry: bool = False


class FailPayout(Struct, forbid_unknown_fields=True):
    code: str = "could_not_process"


class FailRefund(Struct, forbid_unknown_fields=True):
    reason: str = "expired_or_canceled_card"


class Judge(Struct, forbid_unknown_fields=True):
    outcome: str


class Clock(Struct, forbid_unknown_fields=True, kw_only=True):
    """`now` in seconds since 1970, or `advance_seconds`; `frozen` stops the clock there or lets it run on."""

    now: Annotated[int, Meta(ge=0, le=4_102_444_800)] | None = None
    advance_seconds: Annotated[int, Meta(ge=0, le=315_360_000)] | None = None
    frozen: bool | None = None


class Revoke(Struct, forbid_unknown_fields=True):
    key: str


def answer(value: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")


async def given(request: web.Request, kind: type[Any]) -> Any:
    raw = await request.read()
    try:
        return msgspec.json.decode(raw or b"{}", type=kind)
    except msgspec.MsgspecError as error:
        raise invalid(str(error)) from error


async def show_books(request: web.Request) -> web.Response:
    """`?key=sk_test_…` narrows to one platform."""
    key = request.query.get("key")
    platform = None
    if key is not None:
        platform = keys.caller(request.app[BOOKS].store, f"Bearer {key}", None).platform
    return answer(sums.books(request.app[BOOKS], platform))


async def show_faults(request: web.Request) -> web.Response:
    return answer({"data": request.app[FAULTS].all})


async def add_fault(request: web.Request) -> web.Response:
    fault = await given(request, Fault)
    return answer(request.app[FAULTS].add(fault), 201)


async def clear_faults(request: web.Request) -> web.Response:
    number = request.match_info.get("number")
    request.app[FAULTS].clear(None if number is None else int(number))
    return await show_faults(request)


async def show_clock(request: web.Request) -> web.Response:
    books = request.app[BOOKS]
    return answer({"now": books.now_ms // 1000, "frozen": books.clock.frozen_at is not None})


async def set_clock(request: web.Request) -> web.Response:
    books, wanted = request.app[BOOKS], await given(request, Clock)
    if wanted.now is not None and wanted.advance_seconds is not None:
        raise invalid("Give `now` or `advance_seconds`, not both.")
    if wanted.frozen is not None:
        now = books.now_ms
        books.set_clock(Setting(frozen_at=now) if wanted.frozen else moved(Setting(), now))
    target = (
        wanted.now * 1000 if wanted.now is not None else books.now_ms + 1000 * (wanted.advance_seconds or 0)
    )
    acts.advance(books, max(target, books.now_ms) if wanted.now is None else target)
    request.app[POSTMAN].wake()
    return await show_clock(request)


async def reset_clock(request: web.Request) -> web.Response:
    request.app[BOOKS].set_clock(Setting())
    return await show_clock(request)


async def authenticate(request: web.Request) -> web.Response:
    wanted = await given(request, Authenticate)
    back = acts.authenticate(
        request.app[BOOKS], request.match_info["id"], None, approved=wanted.outcome == "approve"
    )
    return answer({"return_url": back})


async def open_dispute(request: web.Request) -> web.Response:
    wanted = await given(request, OpenDispute)
    target = wanted.charge or wanted.payment_intent
    if target is None:
        raise invalid("Name a charge or a payment_intent.")
    found = acts.dispute(
        request.app[BOOKS], target, reason=wanted.reason, amount=wanted.amount, inquiry=wanted.inquiry
    )
    return answer(shown(found), 201)


async def decide_dispute(request: web.Request) -> web.Response:
    return answer(
        shown(
            acts.decide_dispute(request.app[BOOKS], request.match_info["id"], request.match_info["outcome"])
        )
    )


async def fail_refund(request: web.Request) -> web.Response:
    wanted = await given(request, FailRefund)
    return answer(shown(acts.fail_refund(request.app[BOOKS], request.match_info["id"], wanted.reason)))


async def fail_payout(request: web.Request) -> web.Response:
    wanted = await given(request, FailPayout)
    return answer(shown(acts.fail_payout(request.app[BOOKS], request.match_info["id"], wanted.code)))


async def pay_out(request: web.Request) -> web.Response:
    return answer(shown(acts.pay_out(request.app[BOOKS], request.match_info["id"])))


async def judge_account(request: web.Request) -> web.Response:
    wanted = await given(request, Judge)
    return answer(shown(acts.judge_account(request.app[BOOKS], request.match_info["id"], wanted.outcome)))


async def show_deliveries(request: web.Request) -> web.Response:
    return answer({"data": request.app[BOOKS].store.deliveries(event=request.query.get("event"), limit=1000)})


async def resend(request: web.Request) -> web.Response:
    return answer({"sent": request.app[POSTMAN].again(request.match_info["id"])})


async def revoke(request: web.Request) -> web.Response:
    wanted = await given(request, Revoke)
    if KEY.fullmatch(wanted.key) is None:
        raise invalid("That is no key that the sandbox takes.")
    keys.revoke(request.app[BOOKS].store, wanted.key)
    return answer({"revoked": True})


def refused(error: StripeError) -> web.Response:
    return answer({"error": error.content}, error.status)


ROUTES: Final = (
    web.get("/sandbox/books", show_books),
    web.get("/sandbox/faults", show_faults),
    web.post("/sandbox/faults", add_fault),
    web.delete("/sandbox/faults", clear_faults),
    web.delete("/sandbox/faults/{number:[0-9]{1,9}}", clear_faults),
    web.get("/sandbox/clock", show_clock),
    web.post("/sandbox/clock", set_clock),
    web.delete("/sandbox/clock", reset_clock),
    web.post("/sandbox/payment_intents/{id}/authenticate", authenticate),
    web.post("/sandbox/setup_intents/{id}/authenticate", authenticate),
    web.post("/sandbox/disputes", open_dispute),
    web.post("/sandbox/disputes/{id}/{outcome:win|lose|escalate}", decide_dispute),
    web.post("/sandbox/refunds/{id}/fail", fail_refund),
    web.post("/sandbox/payouts/{id}/fail", fail_payout),
    web.post("/sandbox/payouts/{id}/pay", pay_out),
    web.post("/sandbox/accounts/{id}/identity", judge_account),
    web.get("/sandbox/deliveries", show_deliveries),
    web.post("/sandbox/events/{id}/resend", resend),
    web.post("/sandbox/keys/revoke", revoke),
)
