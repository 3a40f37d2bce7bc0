"""The page: the books as a person reads them, and the buttons to act as customer, bank or Stripe. Its forms carry a
token, so that no other page can press them."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

import jinja2
from aiohttp import web

from kontorhaus.sandbox.stripe import acts, clock, money, sums
from kontorhaus.sandbox.stripe.call import Books, shown
from kontorhaus.sandbox.stripe.control import BOOKS, FAULTS, POSTMAN
from kontorhaus.sandbox.stripe.errors import Object, StripeError, invalid, missing

SHOWN_MAX: Final = 30
"""Of each kind, the newest: what fits a screen or two."""

KINDS: Final = (
    "account",
    "payment_intent",
    "refund",
    "dispute",
    "transfer",
    "transfer_reversal",
    "payout",
    "balance_transaction",
    "event",
)

TOKEN: Final = secrets.token_urlsafe(24)
"""Of this process; each form of its pages carries it."""

PAGES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "pages"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)

ACTS: Final[dict[str, Callable[[Books, str], object]]] = {
    "dispute": acts.dispute,
    "inquiry": lambda books, wanted: acts.dispute(books, wanted, inquiry=True),
    "win": lambda books, wanted: acts.decide_dispute(books, wanted, "win"),
    "lose": lambda books, wanted: acts.decide_dispute(books, wanted, "lose"),
    "escalate": lambda books, wanted: acts.decide_dispute(books, wanted, "escalate"),
    "fail_refund": acts.fail_refund,
    "fail_payout": acts.fail_payout,
    "pay_out": acts.pay_out,
    "verify": lambda books, wanted: acts.judge_account(books, wanted, "verified"),
    "restrict": lambda books, wanted: acts.judge_account(books, wanted, "failed"),
    "approve": lambda books, wanted: acts.authenticate(books, wanted, None, approved=True),
    "refuse": lambda books, wanted: acts.authenticate(books, wanted, None, approved=False),
    "advance": lambda books, wanted: acts.advance(books, books.now_ms + 1000 * min(int(wanted), 31_536_000)),
}
"""What a button does, by its name."""


def _html(template: str, status: int = 200, **values: object) -> web.Response:
    text = PAGES.get_template(template).render(token=TOKEN, written=money.written, when=_when, **values)
    return web.Response(text=text, status=status, content_type="text/html")


def _when(seconds: int) -> str:
    return clock.written(seconds)


def error_page(error: StripeError) -> web.Response:
    return _html("error.html", error.status, message=error.content["message"])


async def overview(request: web.Request) -> web.Response:
    books = request.app[BOOKS]
    found = {kind: books.store.newest(kind, SHOWN_MAX) for kind in KINDS}
    return _html(
        "books.html",
        now=books.now_ms // 1000,
        frozen=books.clock.frozen_at is not None,
        found=found,
        sums=sums.brief(books, found["payment_intent"]),
        deliveries=books.store.deliveries(limit=SHOWN_MAX),
        faults=request.app[FAULTS].all,
    )


async def one(request: web.Request) -> web.Response:
    found = request.app[BOOKS].store.find(request.match_info["id"])
    if found is None:
        raise missing("object", request.match_info["id"])
    return _html("object.html", account=found[0], body=_flat(shown(found[1])))


def _flat(body: Object, before: str = "") -> list[tuple[str, object]]:
    """Names with dots and their values, as a table shows them."""
    rows: list[tuple[str, object]] = []
    for name, value in body.items():
        if isinstance(value, dict) and value:
            rows += _flat(value, f"{before}{name}.")
        else:
            rows.append((before + name, value))
    return rows


async def _form(request: web.Request) -> dict[str, str]:
    sent = await request.post()
    fields = {name: value for name, value in sent.items() if isinstance(value, str)}
    if not hmac.compare_digest(fields.get("token", "").encode(), TOKEN.encode()):
        raise invalid("This page is older than the sandbox's start; load it again.")
    return fields


async def act(request: web.Request) -> web.Response:
    fields = await _form(request)
    name, wanted = fields.get("act", ""), fields.get("id", "")
    if name == "resend":
        request.app[POSTMAN].again(wanted)
    elif name in ACTS and (name != "advance" or wanted.isdecimal()):
        ACTS[name](request.app[BOOKS], wanted)
    else:
        raise invalid("There is no such button.")
    request.app[POSTMAN].wake()
    raise web.HTTPSeeOther("/")


async def challenge(request: web.Request) -> web.Response:
    """The bank's page: the customer shows himself, or does not."""
    intent = _challenged(request)
    return _html("challenge.html", intent=intent)


def _challenged(request: web.Request) -> Object:
    wanted = request.match_info["id"]
    found = request.app[BOOKS].store.find(wanted)
    intent = {} if found is None else found[1]
    token = intent.get("_token") or ""
    if not token or not hmac.compare_digest(token.encode(), request.match_info["token"].encode()):
        raise invalid("This authentication is over, or was replaced by another one.")
    return intent


async def challenged(request: web.Request) -> web.Response:
    intent = _challenged(request)
    fields = await request.post()
    approved = fields.get("outcome") == "approve"
    back = acts.authenticate(request.app[BOOKS], intent["id"], intent["_token"], approved=approved)
    request.app[POSTMAN].wake()
    if back is None:
        return _html("done.html", approved=approved)
    raise web.HTTPSeeOther(back)


async def onboarding(request: web.Request) -> web.Response:
    found = request.app[BOOKS].store.find(request.match_info["id"])
    link = {} if found is None else found[1].get("_link") or {}
    if link.get("token") != request.match_info["token"]:
        raise invalid("This link has been used or is over; make a new one.")
    assert found is not None, "a link belongs to an account"
    return _html("onboarding.html", account=shown(found[1]))


async def onboarded(request: web.Request) -> web.Response:
    back = acts.onboard(request.app[BOOKS], request.match_info["id"], request.match_info["token"])
    request.app[POSTMAN].wake()
    if back is None:
        return _html("done.html", approved=True)
    raise web.HTTPSeeOther(back)


ROUTES: Final = (
    web.get("/", overview),
    web.post("/sandbox/act", act),
    web.get("/sandbox/show/{id}", one),
    web.get("/sandbox/3ds/{id}/{token}", challenge),
    web.post("/sandbox/3ds/{id}/{token}", challenged),
    web.get("/sandbox/onboarding/{id}/{token}", onboarding),
    web.post("/sandbox/onboarding/{id}/{token}", onboarded),
)
