"""Asks as calls to Stripe, and answers as outcomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct
from stripe import StripeClient

from kontorhaus.kernel.errors import Invalid
from kontorhaus.money.payments.gateways.stripe import shapes
from kontorhaus.money.payments.gateways.stripe.calls import Answered, Send
from kontorhaus.money.payments.gateways.stripe.declines import decline, plain, refusal
from kontorhaus.money.payments.model.asks import (
    Ask,
    Authorize,
    Capture,
    LinkSellerAccount,
    OpenSellerAccount,
    RefundPayment,
    ReversePayout,
    SendPayout,
    Void,
)
from kontorhaus.money.payments.model.observations import (
    Advice,
    Outcome,
    PaymentSeen,
    ProviderDeclined,
    RefusalCode,
    Seen,
)
from kontorhaus.platform.outbound import NotSent, Unknown

Read = Callable[[str], Seen]

T = TypeVar("T")

WHOLE: Final = ["latest_charge.balance_transaction"]
"""What is shown of a payment beside itself: the card that paid, what was refunded, Stripe's fee."""


class Sending(Struct, frozen=True):
    """How one ask is sent, and how its answer is read. Equal asks give equal requests, to the byte."""

    send: Send
    read: Read


def sending(ask: Ask) -> Sending:
    key: Any = {"idempotency_key": str(ask.id)}
    metadata = {shapes.OPERATION: str(ask.id)}
    match ask:
        case Authorize(intent=None):
            return _create(ask, key, metadata)
        case Authorize():
            return _confirm(ask, key)
        case Capture():
            params: Any = {"amount_to_capture": ask.amount.minor, "metadata": metadata, "expand": WHOLE}
            intent, amount = ask.intent, params
            return Sending(lambda c: c.v1.payment_intents.capture_async(intent, amount, key), payment)
        case Void():
            canceled, void = ask.intent, _params(expand=WHOLE)
            return Sending(lambda c: c.v1.payment_intents.cancel_async(canceled, void, key), payment)
        case RefundPayment():
            metadata |= {shapes.REFUND: str(ask.refund), shapes.PAYMENT: str(ask.payment)}
            refund = _params(
                payment_intent=ask.intent, amount=ask.amount.minor, reason=ask.reason, metadata=metadata
            )
            return Sending(lambda c: c.v1.refunds.create_async(refund, key), reader(shapes.Refund))
        case OpenSellerAccount() | LinkSellerAccount() | SendPayout() | ReversePayout():
            return _of_seller(ask, key, metadata)


def update_before_confirming(ask: Authorize) -> Send:
    """Confirming takes no metadata. So that a payment shows by which operation it was confirmed last, that is written
    first, with the method, which sets the payment back to `requires_confirmation`."""
    assert ask.intent is not None, "a payment that is confirmed again is there"
    intent, key = ask.intent, _params(idempotency_key=f"{ask.id}:update")
    params = _params(payment_method=ask.method, metadata={shapes.OPERATION: str(ask.id)})
    return lambda c: c.v1.payment_intents.update_async(intent, params, key)


def _create(ask: Authorize, key: Any, metadata: dict[str, str]) -> Sending:
    params = _params(
        amount=ask.amount.minor,
        currency=ask.amount.currency.lower(),
        confirm=True,
        payment_method=ask.method,
        capture_method="manual" if ask.manual else "automatic_async",
        # Without a way back no method may lead the payer away; Stripe refuses the call otherwise.
        automatic_payment_methods={
            "enabled": True,
            "allow_redirects": "always" if ask.return_url or ask.off_session else "never",
        },
        return_url=ask.return_url,
        customer=ask.customer,
        off_session=True if ask.off_session else None,
        description=ask.description,
        metadata={**metadata, shapes.PAYMENT: str(ask.payment)},
        expand=WHOLE,
    )
    return Sending(lambda c: c.v1.payment_intents.create_async(params, key), payment)


def _confirm(ask: Authorize, key: Any) -> Sending:
    assert ask.intent is not None, "a payment that is confirmed again is there"
    intent = ask.intent
    params = _params(
        payment_method=ask.method,
        return_url=ask.return_url,
        off_session=True if ask.off_session else None,
        expand=WHOLE,
    )
    return Sending(lambda c: c.v1.payment_intents.confirm_async(intent, params, key), payment)


def _of_seller(
    ask: OpenSellerAccount | LinkSellerAccount | SendPayout | ReversePayout,
    key: Any,
    metadata: dict[str, str],
) -> Sending:
    match ask:
        case OpenSellerAccount():
            account = _params(
                country=ask.country,
                email=ask.email,
                business_type=ask.business_type,
                # The platform answers for fees and losses, Stripe asks the seller who he is, on pages of its own.
                controller={
                    "fees": {"payer": "application"},
                    "losses": {"payments": "application"},
                    "stripe_dashboard": {"type": "express"},
                },
                capabilities={"transfers": {"requested": True}},
                metadata={**metadata, shapes.ACCOUNT: str(ask.account)},
            )
            return Sending(lambda c: c.v1.accounts.create_async(account, key), reader(shapes.Account))
        case LinkSellerAccount():
            link = _params(
                account=ask.provider_account,
                type="account_onboarding",
                return_url=ask.return_url,
                refresh_url=ask.refresh_url,
            )
            return Sending(lambda c: c.v1.account_links.create_async(link, key), reader(shapes.Link))
        case SendPayout():
            transfer = _params(
                amount=ask.amount.minor,
                currency=ask.amount.currency.lower(),
                destination=ask.provider_account,
                transfer_group=ask.group,
                source_transaction=ask.source,
                metadata={**metadata, shapes.PAYOUT: str(ask.payout)},
            )
            return Sending(lambda c: c.v1.transfers.create_async(transfer, key), reader(shapes.Transfer))
        case ReversePayout():
            sent = ask.transfer
            back = _params(amount=ask.amount.minor, metadata=metadata, expand=["transfer"])
            return Sending(
                lambda c: c.v1.transfers.reversals.create_async(sent, back, key), reader(shapes.Reversal)
            )


def _params(**given: Any) -> Any:
    """Without those that are None, which the SDK would send as empty: an order to clear them."""
    return {name: value for name, value in given.items() if value is not None}


def retrieve_payment(intent: str) -> Callable[[StripeClient], Any]:
    params = _params(expand=WHOLE)
    return lambda c: c.v1.payment_intents.retrieve_async(intent, params)


def reader(shape: type[Any]) -> Read:
    """How an object of this shape is read."""
    decoder = msgspec.json.Decoder(shape)

    def read(body: str) -> Seen:
        found: Seen = decoder.decode(body).seen()
        return found

    return read


payment: Final = reader(shapes.Intent)


def understood(read: Callable[[str], T], body: str) -> T:
    """What an answer says. Unknown if it cannot be read: something was done, and it is not known what."""
    try:
        return read(body)
    except (msgspec.MsgspecError, Invalid, OverflowError) as error:
        # Neither an amount nor a sentence of the answer: its kind alone.
        raise Unknown("the provider's answer was not understood", reason=type(error).__name__) from None


def error_in(answered: Answered) -> shapes.Error:
    return understood(_REFUSAL.decode, answered.body).error


_REFUSAL: Final = msgspec.json.Decoder(shapes.Refusal)

CREDENTIALS: Final = (401, 403)


def outcome(answered: Answered, read: Read) -> Outcome:
    """What an answer to an ask means. NotSent: surely nothing was done, and the same may be sent again. Unknown: it may
    have been."""
    status = answered.status
    if 200 <= status < 300:
        return understood(read, answered.body)
    if status == 429:
        # Too many requests, or another one holds the object. Stripe remembers neither under the key.
        raise NotSent("the provider has too much to do")
    if not 400 <= status < 500 or status == 409:
        # 409: the same key is being worked on. 5xx may have had its effect, say Stripe's pages.
        raise Unknown("the provider did not say whether it was done", status=status)
    error = error_in(answered)
    if error.type == "idempotency_error":
        raise Unknown("the provider remembers another call under this key")
    return refused(status, error)


def refused(status: int, error: shapes.Error) -> Outcome:
    """A refusal. That of the payer's bank stands on the payment, which it leaves behind."""
    word = plain(error.decline_code or error.code)
    if status in CREDENTIALS and error.code != "account_invalid":
        return ProviderDeclined(code=RefusalCode.CREDENTIALS, provider_code=word, advice=Advice.RETRY_SAME)
    seen = error.payment_intent.seen() if error.payment_intent else None
    if error.type == "card_error":
        if seen is not None and seen.decline is not None:
            return seen
        why = decline(error.code, error.decline_code)
        return ProviderDeclined(
            code=RefusalCode.METHOD, provider_code=why.provider_code, advice=why.advice, seen=seen
        )
    code = refusal(error.code, error.param)
    advice = {RefusalCode.METHOD: Advice.RETRY_OTHER, RefusalCode.BALANCE: Advice.RETRY_SAME}
    return ProviderDeclined(code=code, provider_code=word, advice=advice.get(code, Advice.GIVE_UP), seen=seen)


def paid_as_asked(ask: Authorize, seen: PaymentSeen) -> bool:
    """Whether a payment shows what this try of it came to."""
    return seen.operation == ask.id and seen.status.value != "requires_confirmation"


def has_operation(operation: UUID) -> Callable[[dict[str, str]], bool]:
    wanted = str(operation)
    return lambda metadata: metadata.get(shapes.OPERATION) == wanted
