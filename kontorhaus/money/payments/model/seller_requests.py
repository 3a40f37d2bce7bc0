"""What callers send about sellers and payouts: the form of every field, as far as a schema can say it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from kontorhaus.kernel.ids import SUFFIX, SUFFIX_7
from kontorhaus.kernel.money import MoneyView
from kontorhaus.money.payments.model.ids import PAYMENT, PAYMENT_CONNECTION, PAYOUT, SELLER_ACCOUNT
from kontorhaus.people.parties import PARTY

# "$" alone would let a line break pass behind the last character.
END = r"$(?!\n)"

Party = Annotated[str, Meta(pattern=f"^{PARTY.prefix}_{SUFFIX}{END}", description="The id of a party.")]

Connection = Annotated[
    str,
    Meta(
        pattern=f"^{PAYMENT_CONNECTION.prefix}_{SUFFIX}{END}",
        description="The payment connection; may be left out where the legal entity has one active.",
    ),
]

ReturnUrl = Annotated[
    str,
    Meta(
        min_length=10,
        max_length=2000,
        pattern=r"^https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[!-~]*)?" + END,
        examples=["https://shop.example.com/sellers/done"],
    ),
]


class NewSellerAccount(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    id: Annotated[
        Annotated[str, Meta(pattern=f"^{SELLER_ACCOUNT.prefix}_{SUFFIX_7}{END}")] | None,
        Meta(description="Chosen by you, if you like: a TypeID of a UUIDv7."),
    ] = None
    party: Annotated[
        str, Meta(pattern=f"^{PARTY.prefix}_{SUFFIX}{END}", description="A party with the role of a seller.")
    ]
    connection: Annotated[
        str,
        Meta(
            pattern=f"^{PAYMENT_CONNECTION.prefix}_{SUFFIX}{END}",
            description="At whose provider it is opened.",
        ),
    ]


class OnboardingRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    return_url: Annotated[
        ReturnUrl, Meta(description="Where the seller comes back to. It does not say that he is done.")
    ]
    refresh_url: Annotated[
        ReturnUrl,
        Meta(description="Where the seller is sent when the link was used or has expired: ask for another."),
    ]


class NewPayoutRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    id: Annotated[
        Annotated[str, Meta(pattern=f"^{PAYOUT.prefix}_{SUFFIX_7}{END}")] | None,
        Meta(description="Chosen by you, if you like: a TypeID of a UUIDv7. The same id is paid once."),
    ] = None
    entity: Annotated[
        str,
        Meta(pattern=f"^{PARTY.prefix}_{SUFFIX}{END}", description="The legal entity that owes the money."),
    ]
    seller: Party
    amount: Annotated[
        MoneyView,
        Meta(description="At most what the books owe the seller, on `payable:<seller>`, less what is held."),
    ]
    connection: Connection | None = None
    source_payment: Annotated[
        Annotated[str, Meta(pattern=f"^{PAYMENT.prefix}_{SUFFIX}{END}")] | None,
        Meta(
            description="A captured payment whose funds it is paid from: it then does not wait until the provider's "
            "balance suffices."
        ),
    ] = None


class PayoutReversal(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    amount: Annotated[MoneyView | None, Meta(description="All that is left of it, if not given.")] = None
