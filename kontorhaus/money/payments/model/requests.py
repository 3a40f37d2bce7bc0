"""What callers send of payments and refunds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kontorhaus.kernel.ids import SUFFIX_7
from kontorhaus.kernel.money import MoneyView
from kontorhaus.money.payments.model.ids import PAYMENT, PAYMENT_CONNECTION, REFUND, PaymentId
from kontorhaus.money.payments.model.payments import NewPayment
from kontorhaus.money.payments.model.refunds import RefundReason
from kontorhaus.people.parties import PARTY

# "$" alone would let a line break pass behind the last character.
END = r"$(?!\n)"

LINE = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?" + END
"""One line of text: no control characters, no blank at either end."""

ReturnUrl = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=2_000,
        pattern=r"^(https://[A-Za-z0-9.-]{1,253}|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?([/?#][!-~]*)?"
        + END,
        description="Where the payer's browser comes back to from his bank; `payment` and `status` are added to it. "
        "Without it only methods that need no redirect can be tried.",
        examples=["https://shop.example/checkout/done"],
    ),
]

Method = Annotated[
    str,
    Meta(
        min_length=4,
        max_length=255,
        pattern=r"^[a-z]{2,10}_[A-Za-z0-9_]+" + END,
        description="The provider's token of the payment method, made in the payer's browser or app. Never a card's "
        "number.",
        examples=["pm_card_visa"],
    ),
]

Party = Annotated[str, Meta(pattern=f"{PARTY.pattern}(?!\\n)", examples=["pty_01h455vb4pex5vsknk084sn02q"])]


class NewPaymentBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    id: Annotated[
        Annotated[
            str,
            Meta(pattern=f"^{PAYMENT.prefix}_{SUFFIX_7}{END}", examples=["pay_01jd4w1xk7e8rtz0v6mpq3h5ya"]),
        ]
        | None,
        Meta(description="An id of your choice, a UUIDv7 as a TypeID; made by us if not given."),
    ] = None
    entity: Annotated[Party, Meta(description="The legal entity of yours that collects; its books are open.")]
    payer: Annotated[Party, Meta(description="Who pays. The money stays on his deposit until it is used.")]
    amount: MoneyView
    connection: Annotated[
        Annotated[str, Meta(pattern=f"{PAYMENT_CONNECTION.pattern}(?!\\n)")] | None,
        Meta(description="Which connection collects; may be left out where the entity has one active one."),
    ] = None
    capture_method: Annotated[
        Literal["automatic", "manual"],
        Meta(
            description="`manual` holds the amount, to be captured within the days that the payer's bank grants."
        ),
    ] = "automatic"
    return_url: ReturnUrl | None = None
    reference: Annotated[UUID | None, Meta(description="A UUID of yours: what it is collected for.")] = None
    description: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200, pattern=LINE)] | None,
        Meta(description="The provider shows it to you, and perhaps to the payer. Write nothing personal."),
    ] = None
    expires_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None, Meta(description="When it ends if nobody has paid.")
    ] = None

    def new(self) -> NewPayment:
        """The form is checked; what is wrong in it is told by `create`."""
        return NewPayment(
            id=PAYMENT.new() if self.id is None else PAYMENT.parse(self.id),
            entity=PARTY.parse(self.entity),
            payer=PARTY.parse(self.payer),
            amount=self.amount.money("/amount"),
            connection_id=None if self.connection is None else PAYMENT_CONNECTION.parse(self.connection),
            manual=self.capture_method == "manual",
            return_url=self.return_url,
            reference=self.reference,
            description=self.description,
            expires_at=self.expires_at,
        )


class ConfirmationBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    method: Method
    off_session: Annotated[bool, Meta(description="The payer is not there to be asked by his bank.")] = False
    return_url: ReturnUrl | None = None


class CaptureBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    amount: Annotated[
        MoneyView | None, Meta(description="How much of what is authorized; all of it if not given.")
    ] = None


class RefundBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    id: Annotated[
        Annotated[
            str,
            Meta(pattern=f"^{REFUND.prefix}_{SUFFIX_7}{END}", examples=["ref_01jd4w1xk7e8rtz0v6mpq3h5ya"]),
        ]
        | None,
        Meta(description="An id of your choice, a UUIDv7 as a TypeID; made by us if not given."),
    ] = None
    amount: Annotated[
        MoneyView | None, Meta(description="How much; what was not given back yet if not given.")
    ] = None
    reason: RefundReason | None = None


def payment_filter(text: str | None) -> PaymentId | None:
    return None if text is None else PAYMENT.parse(text)
