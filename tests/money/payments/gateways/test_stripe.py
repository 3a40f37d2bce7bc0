"""What the gateway to Stripe does beside what every gateway does."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe
from aiohttp import web
from msgspec import Struct

from kontorhaus.kernel.currencies import SCALES
from kontorhaus.kernel.ids import uuid7
from kontorhaus.money.payments.gateways import Credentials
from kontorhaus.money.payments.gateways.stripe import Stripe, finding, stripe_accepted
from kontorhaus.money.payments.gateways.stripe.calls import LIVE_BASE, VERSION, is_live
from kontorhaus.money.payments.gateways.stripe.declines import DECLINES, decline, plain, refusal
from kontorhaus.money.payments.gateways.stripe.gateway import CAPABILITIES
from kontorhaus.money.payments.model.observations import (
    Absent,
    Advice,
    DeclineCode,
    IntentStatus,
    Notice,
    PaymentSeen,
    RefusalCode,
    Subject,
)
from kontorhaus.platform.inbox import Delivery
from kontorhaus.platform.outbound import Outbound, Unknown
from tests.money.payments.gateways.test_unknown import LATE, SOON
from tests.money.payments.gateways.worlds import StripeWorld, World, authorize, euro, paid, tried_with
from tests.support.stripe import Sandbox, running

KEY = Credentials("sk_test_of_these_tests")


class Wire(Struct):
    """What came over the wire, and what is answered to each request in turn; the last one again and again."""

    url: str
    answers: list[tuple[int, str]]
    heard: list[tuple[str, dict[str, str], str]]


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    made = Wire("", [], [])

    async def take(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        made.heard.append((request.path_qs, headers, await request.text()))
        status, body = made.answers[0] if len(made.answers) == 1 else made.answers.pop(0)
        return web.Response(status=status, text=body, content_type="application/json")

    app = web.Application()
    app.add_routes([web.route("*", "/{path:.*}", take)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    async with Outbound() as found:
        yield found


async def test_no_more_is_told_to_stripe_than_it_needs(
    wire: Wire, outbound: Outbound, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    wire.answers = [(200, json.dumps({"id": "acct_1", "object": "account"}))]

    for _ in range(2):
        await Stripe(outbound, test_base=wire.url).test(KEY)

    names = {name for _, headers, _ in wire.heard for name in headers}
    assert not {name for name in names if name.startswith("x-stripe")}, (
        "neither telemetry nor the machine's name"
    )
    assert wire.heard[1][1]["stripe-version"] == VERSION
    assert wire.heard[1][1]["authorization"] == f"Bearer {KEY.secret_key}"
    assert "kontorhaus" in wire.heard[1][1]["user-agent"]
    assert list(tmp_path.iterdir()) == [], "the SDK keeps no id of this machine"
    assert stripe.api_key is None


async def test_nothing_is_sent_twice_and_the_key_is_the_operations(wire: Wire, outbound: Outbound) -> None:
    wire.answers = [(503, json.dumps({"error": {"type": "api_error", "message": "busy"}}))]
    ask = tried_with("pm_card_de")

    with pytest.raises(Unknown):
        await Stripe(outbound, test_base=wire.url).send(KEY, ask)

    assert [headers["idempotency-key"] for _, headers, _ in wire.heard] == [str(ask.id)]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        '"text"',
        "{}",
        '{"id": "pi_1", "object": "payment_intent", "status": "succeeded"}',
        '{"id": "pi_1", "object": "payment_intent", "status": "dancing", "amount": 1, "currency": "eur", '
        '"livemode": false, "capture_method": "automatic"}',
        '{"id": "pi_1", "object": "payment_intent", "status": "succeeded", "amount": 1, "currency": "zzz", '
        '"livemode": false, "capture_method": "automatic"}',
        '{"id": "pi_1", "object": "payment_intent", "status": "succeeded", "amount": 1.5, "currency": "eur", '
        '"livemode": false, "capture_method": "automatic"}',
    ],
)
@pytest.mark.parametrize("status", [200, 400, 500])
async def test_what_cannot_be_read_is_unknown(wire: Wire, outbound: Outbound, body: str, status: int) -> None:
    wire.answers = [(status, body)]
    ask = tried_with("pm_card_de")
    with pytest.raises(Unknown) as unknown:
        await Stripe(outbound, test_base=wire.url).send(KEY, ask)
    assert "zzz" not in f"{unknown.value.detail}{unknown.value.facts}"


async def test_a_redirect_is_not_followed(wire: Wire, outbound: Outbound) -> None:
    wire.answers = [(307, "{}")]
    ask = tried_with("pm_card_de")
    with pytest.raises(Unknown):
        await Stripe(outbound, test_base=wire.url).send(KEY, ask)
    assert len(wire.heard) == 1


async def test_the_sdk_says_nothing_of_its_own(
    wire: Wire, outbound: Outbound, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    wire.answers = [(402, json.dumps({"error": {"type": "card_error", "message": "Your card of Erika"}}))]
    caplog.set_level(logging.DEBUG)
    await Stripe(outbound, test_base=wire.url).send(KEY, tried_with("pm_card_de"))
    out, err = capfd.readouterr()
    for secret in ("Erika", KEY.secret_key, "pm_card_de"):
        assert secret not in out + err + caplog.text


def test_live_keys_go_to_stripe_alone() -> None:
    assert LIVE_BASE == "https://api.stripe.com"
    assert is_live("sk_live_1")
    assert is_live("rk_live_1")
    assert not is_live("sk_test_1")


async def test_a_live_key_is_not_sent_to_a_simulator(
    wire: Wire, outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def request(_: Outbound, method: str, url: str, **more: object) -> None:
        asked.append(url)
        raise Unknown("stopped here")

    monkeypatch.setattr(Outbound, "request", request)
    with pytest.raises(Unknown):
        await Stripe(outbound, test_base=wire.url).test(Credentials("sk_live_of_somebody"))
    assert asked == ["https://api.stripe.com/v1/account"]


def test_currencies_whose_unit_is_another_one_are_not_offered() -> None:
    offered = CAPABILITIES.currencies
    assert {"EUR", "USD", "GBP", "PLN", "JPY", "HUF"} <= offered
    assert not {"ISK", "UGX", "MGA", "KWD", "BHD"} & offered
    assert all(code in SCALES for code in offered)


@pytest.mark.parametrize(
    ("code", "decline_code", "expected", "advice"),
    [
        ("card_declined", "insufficient_funds", DeclineCode.INSUFFICIENT_FUNDS, Advice.RETRY_SAME),
        ("card_declined", "generic_decline", DeclineCode.DECLINED, Advice.RETRY_OTHER),
        ("card_declined", None, DeclineCode.DECLINED, Advice.RETRY_OTHER),
        ("expired_card", "expired_card", DeclineCode.EXPIRED, Advice.RETRY_OTHER),
        ("incorrect_cvc", None, DeclineCode.DETAILS_WRONG, Advice.RETRY_OTHER),
        ("card_declined", "stop_payment_order", DeclineCode.REVOKED, Advice.GIVE_UP),
        (
            "authentication_required",
            "a_code_of_tomorrow",
            DeclineCode.AUTHENTICATION_REQUIRED,
            Advice.AUTHENTICATE,
        ),
        (None, None, DeclineCode.DECLINED, Advice.RETRY_OTHER),
    ],
)
def test_declines_have_one_meaning(
    code: str | None, decline_code: str | None, expected: DeclineCode, advice: Advice
) -> None:
    found = decline(code, decline_code)
    assert (found.code, found.advice) == (expected, advice)
    assert found.provider_code == (decline_code or code or "")


def test_every_decline_of_the_table_is_a_word_that_may_be_kept() -> None:
    assert all(plain(word) == word for word in DECLINES)
    assert plain("Your card of Erika was declined.") == ""
    assert refusal("resource_missing", "payment_method") is RefusalCode.METHOD
    assert refusal("a_code_of_tomorrow", None) is RefusalCode.REQUEST


def _event(kind: str, found: dict[str, Any], **more: Any) -> bytes:
    event = {
        "id": "evt_1",
        "type": kind,
        "created": 1_800_000_000,
        "livemode": False,
        "data": {"object": found},
    }
    return json.dumps(event | more).encode()


PAYMENT, REFUND, ACCOUNT = uuid7(), uuid7(), uuid7()


@pytest.mark.parametrize(
    ("body", "expected", "subject"),
    [
        (
            _event(
                "payment_intent.succeeded",
                {"object": "payment_intent", "id": "pi_1", "metadata": {"kontorhaus_payment": str(PAYMENT)}},
            ),
            Notice(
                subject=Subject.PAYMENT,
                reference="pi_1",
                intent="pi_1",
                object=PAYMENT,
                payment=PAYMENT,
                live=False,
            ),
            "pi_1",
        ),
        (
            _event("charge.updated", {"object": "charge", "id": "ch_1", "payment_intent": "pi_1"}),
            Notice(subject=Subject.PAYMENT, reference="pi_1", intent="pi_1", live=False),
            "pi_1",
        ),
        (
            _event(
                "refund.updated",
                {
                    "object": "refund",
                    "id": "re_1",
                    "payment_intent": "pi_1",
                    "metadata": {"kontorhaus_refund": str(REFUND), "kontorhaus_payment": "nonsense"},
                },
            ),
            Notice(subject=Subject.REFUND, reference="re_1", intent="pi_1", object=REFUND, live=False),
            "pi_1",
        ),
        (
            _event("charge.dispute.created", {"object": "dispute", "id": "du_1", "payment_intent": "pi_1"}),
            Notice(subject=Subject.DISPUTE, reference="du_1", intent="pi_1", live=False),
            "pi_1",
        ),
        (
            _event("transfer.created", {"object": "transfer", "id": "tr_1"}),
            Notice(subject=Subject.PAYOUT, reference="tr_1", live=False),
            "tr_1",
        ),
        (
            _event(
                "account.updated",
                {"object": "account", "id": "acct_1", "metadata": {"kontorhaus_account": str(ACCOUNT)}},
                account="acct_1",
            ),
            Notice(subject=Subject.SELLER_ACCOUNT, reference="acct_1", object=ACCOUNT, live=False),
            "acct_1",
        ),
        (
            _event(
                "account.application.deauthorized", {"object": "application", "id": "ca_1"}, account="acct_1"
            ),
            Notice(subject=Subject.SELLER_ACCOUNT, reference="acct_1", live=False),
            "acct_1",
        ),
        (_event("charge.updated", {"object": "charge", "id": "py_1"}), None, "py_1"),
        (
            _event(
                "charge.refunded",
                {"object": "charge", "id": "py_1", "payment_intent": "pi_9"},
                account="acct_1",
            ),
            None,
            "acct_1 py_1",
        ),
        (_event("payout.paid", {"object": "payout", "id": "po_1"}), None, "po_1"),
    ],
)
async def test_a_webhook_says_what_it_is_about(
    outbound: Outbound, body: bytes, expected: Notice | None, subject: str
) -> None:
    assert Stripe(outbound).read(body) == expected
    kept = stripe_accepted(Delivery((), body))
    assert kept is not None
    assert (kept.event_id, kept.subject, kept.sequence) == ("evt_1", subject, 1_800_000_000)
    assert kept.occurred_at == datetime.fromtimestamp(1_800_000_000, UTC)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b"{}", b'{"id":1}', b'{"data":{"object":[]}}'])
async def test_a_webhook_that_is_none_says_nothing(outbound: Outbound, body: bytes) -> None:
    assert Stripe(outbound).read(body) is None
    assert stripe_accepted(Delivery((), body)) is None


async def test_an_unnamed_payment_is_found_among_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """First by reading on, then, when there are too many, by Stripe's search."""
    ask = authorize(world)
    await world.fault("error_after", ask)
    with pytest.raises(Unknown):
        await world.gateway.send(world.credentials, ask)
    for _ in range(5):
        await paid(world)
    monkeypatch.setattr(finding, "PAGE", 2)

    for pages in (10, 2):
        monkeypatch.setattr(finding, "PAGES_MAX", pages)
        found = await world.gateway.find(world.credentials, ask, reference=None, age=SOON)
        assert isinstance(found, PaymentSeen), pages
        assert (found.operation, found.status) == (ask.id, IntentStatus.CAPTURED)

    nothing = authorize(world)
    await world.fault("error_before", nothing)
    with pytest.raises(Unknown):
        await world.gateway.send(world.credentials, nothing)
    with pytest.raises(Unknown):
        await world.gateway.find(world.credentials, nothing, reference=None, age=SOON)
    assert await world.gateway.find(world.credentials, nothing, reference=None, age=LATE) == Absent()


async def test_an_endpoint_is_made_once_and_alone(world: World) -> None:
    assert isinstance(world, StripeWorld)
    url, service = "https://house.example.com/v1/inbox/inb_1", world.sandbox.client().v1.webhook_endpoints
    made = [
        await world.gateway.open_webhooks(world.credentials, url, sellers=False, key=key)
        for key in ("k1", "k1", "k2")
    ]

    assert made[0] == made[1]
    assert made[0].secret.startswith("whsec_")
    assert made[0].secret not in repr(made[0])
    left = (await service.list_async()).data
    assert [one.id for one in left] == [made[2].reference], "nobody knows the first one's secret any more"
    assert "charge.updated" in left[0].enabled_events


async def test_a_call_has_an_end(outbound: Outbound) -> None:
    async with running("--latency-ms", "2000") as slow:
        assert isinstance(slow, Sandbox)
        gateway = Stripe(outbound, test_base=slow.url, patience=timedelta(seconds=0.3))
        with pytest.raises(Unknown):
            async with asyncio.timeout(1.5):
                await gateway.send(Credentials(slow.key), tried_with("pm_card_de"))


def test_the_key_is_forgotten_here_before_it_is_at_stripe() -> None:
    assert CAPABILITIES.repeat_within < timedelta(hours=24)
    assert euro(1).currency in CAPABILITIES.currencies
