"""What callers send: the form of every field, as far as a schema can say it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from kontorhaus.goods.orders.model.order import LINE, LINES_MAX, ORDER, Capture, Model
from kontorhaus.goods.orders.model.sums import RELEASE_DAYS_MAX
from kontorhaus.kernel import countries
from kontorhaus.kernel.ids import SUFFIX, SUFFIX_7
from kontorhaus.kernel.money import MoneyView

# "$" alone would let a line break pass behind the last character.
END = r"$(?!\n)"

LINE_OF_TEXT = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?" + END
"""No control characters, no blank at either end."""

NewOrderId = Annotated[
    str,
    Meta(
        pattern=f"^{ORDER.prefix}_{SUFFIX_7}{END}",
        description="Your id of the order, a UUIDv7 as TypeID. The same id with the same content is the same order.",
        examples=["ord_01kw4f5f2yfvarkbkczw01n3pm"],
        extra={"typed_id": True},
    ),
]

NewLineId = Annotated[
    str,
    Meta(
        pattern=f"^{LINE.prefix}_{SUFFIX_7}{END}",
        description="Your id of the line, a UUIDv7 as TypeID.",
        examples=["line_01kw4f5f2yfvarkbkczw01n3pm"],
        extra={"typed_id": True},
    ),
]

NewPaymentId = Annotated[
    str,
    Meta(
        pattern=f"^pay_{SUFFIX_7}{END}",
        description="Your id of the payment, a UUIDv7 as TypeID. The same id again is the same payment.",
        examples=["pay_01kw4f5f2yfvarkbkczw01n3pm"],
        extra={"typed_id": True},
    ),
]

Party = Annotated[str, Meta(pattern=f"^pty_{SUFFIX}{END}", extra={"typed_id": True})]

Reference = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*" + END,
        description="Your own number of the order. It must say nothing about a person.",
        examples=["2026-1042"],
    ),
]

Instant = Annotated[datetime, Meta(tz=True)]

Country = Annotated[
    str,
    Meta(
        min_length=2,
        max_length=2,
        description="ISO 3166-1 alpha-2, in capitals: whose tax it is.",
        examples=["DE"],
        extra_json_schema={"pattern": f"^({countries.PATTERN})$"},
    ),
]


class NewLineTax(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The tax within the gross price of what you sell in your own name."""

    rate_ppm: Annotated[
        int, Meta(ge=0, le=1_000_000, description="The rate in parts per million: 19 % is 190000.")
    ]
    category: Annotated[
        Literal["S", "Z", "E", "AE", "K", "G", "O", "L", "M"],
        Meta(description="As EN 16931 has it (UNTDID 5305)."),
    ]
    country: Country


class NewLine(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    id: NewLineId | None = None
    model: Annotated[
        Model,
        Meta(
            description="`agent`: sold in the seller's name, whose money is held; `own`: your fee or service."
        ),
    ]
    seller: Annotated[
        Party | None, Meta(description="Whose money it is; of an `agent` line, and of no other.")
    ] = None
    description: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            pattern=LINE_OF_TEXT,
            description="What is sold, as the buyer knows it.",
            examples=["Volkswagen Golf, 2021"],
        ),
    ]
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    amount: Annotated[MoneyView, Meta(description="The gross price of the whole line.")]
    tax: Annotated[
        NewLineTax | None,
        Meta(description="Of an `own` line; on an `agent` line the tax is the seller's affair."),
    ] = None


class NewOrder(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    id: NewOrderId | None = None
    entity: Annotated[Party, Meta(description="The legal entity of yours whose books the sale is kept in.")]
    buyer: Annotated[Party, Meta(description="Who pays.")]
    lines: Annotated[
        list[NewLine], Meta(min_length=1, max_length=LINES_MAX, description="All in one currency.")
    ]
    inspection_days: Annotated[
        int,
        Meta(
            ge=0,
            le=RELEASE_DAYS_MAX,
            description="How long after the hand-over the buyer may object before the money goes to the seller. It "
            "ends earlier where the provider would not keep the money for so long.",
        ),
    ] = 2
    connection: Annotated[
        Annotated[str, Meta(pattern=f"^conn_{SUFFIX}{END}", extra={"typed_id": True})] | None,
        Meta(description="Which account at a provider collects; needed if the legal entity has several."),
    ] = None
    capture: Annotated[
        Capture,
        Meta(
            description="`manual`: the buyer's bank holds the money until you capture it, for days at most."
        ),
    ] = Capture.AUTOMATIC
    reference: Reference | None = None


class Pay(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Begin to pay what is unpaid."""

    id: NewPaymentId | None = None
    return_url: Annotated[
        Annotated[str, Meta(max_length=2_000, pattern=r"^https?://[!-~]+" + END)] | None,
        Meta(
            description="Where the payer is sent after confirming with his bank.",
            examples=["https://shop.example.com/done"],
        ),
    ] = None


class HandOver(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    at: Annotated[
        Instant | None,
        Meta(description="When it was handed over; now if not given. Never in the future."),
    ] = None


class PriceCut(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    amount: Annotated[MoneyView, Meta(description="By how much the price is lowered.")]
