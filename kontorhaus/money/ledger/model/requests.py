"""What callers send: the form of every field, as far as a schema can say it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kontorhaus.kernel.currencies import SCALES
from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.ids import SUFFIX, SUFFIX_7, parse_any
from kontorhaus.kernel.money import CurrencyUnknown, MoneyView
from kontorhaus.money.ledger.errors import LedgerEntryInvalid
from kontorhaus.money.ledger.model.chart import Side
from kontorhaus.money.ledger.model.dimensions import PREFIXES, Dimension, Dimensions
from kontorhaus.money.ledger.model.entries import (
    HOLD,
    SET_ENTRIES_MAX,
    TRANSFER,
    Entry,
    Hold,
    HoldId,
    PostHold,
    Tax,
    Transfer,
    VoidHold,
)

# "$" alone would let a line break pass behind the last character.
END = r"$(?!\n)"

YEAR_MIN: Final = 1900
YEAR_MAX: Final = 9000
"""Business time of books that are kept now; beyond, a zone's offset could leave what a `datetime` can hold."""

NewTransferId = Annotated[
    str,
    Meta(
        pattern=f"^{TRANSFER.prefix}_{SUFFIX_7}{END}",
        description="Your id of this posting, a UUIDv7 as TypeID. The same id with the same content is the same "
        "posting and is answered as before; with other content it is refused.",
        examples=["xfer_01kw4f5f2yfvarkbkczw01n3pm"],
        extra={"typed_id": True},
    ),
]

NewHoldId = Annotated[
    str,
    Meta(
        pattern=f"^{HOLD.prefix}_{SUFFIX_7}{END}",
        description="Your id of this hold, a UUIDv7 as TypeID. The same id with the same content is the same hold.",
        examples=["hold_01kw4f5f2yfvarkbkczw01n3pm"],
        extra={"typed_id": True},
    ),
]

KnownHoldId = Annotated[
    str,
    Meta(
        pattern=f"^{HOLD.prefix}_{SUFFIX}{END}",
        description="The hold that this ends.",
        extra={"typed_id": True},
    ),
]

EntityId = Annotated[
    str,
    Meta(
        pattern=f"^pty_{SUFFIX}{END}",
        description="The legal entity whose books these are.",
        extra={"typed_id": True},
    ),
]

# The form is checked where accounts are found: a pattern here would say that no card number fits, and none would be
# looked for behind the colon.
AccountName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        description="A type of the chart, or a type, a colon and 1 to 150 visible ASCII characters.",
        examples=["deposit:anna"],
    ),
]

Currency = Annotated[
    str, Meta(pattern="^[A-Z]{3}" + END, description="A code of ISO 4217.", examples=["EUR"])
]

NewCurrency = Annotated[
    str,
    Meta(
        pattern="^[A-Z]{3}" + END,
        description="A code of ISO 4217.",
        examples=["EUR"],
        extra_json_schema={"enum": sorted(SCALES)},
    ),
]

Instant = Annotated[datetime, Meta(tz=True)]

Effective = Annotated[
    Instant | None,
    Meta(description="When it takes effect; the instant of record if not given."),
]

Reference = Annotated[UUID | None, Meta(description="A UUID of yours: the object that this was posted for.")]

Base = Annotated[
    MoneyView | None,
    Meta(description="The amount in the base currency of the books; needed where that is another one."),
]


class NewTax(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    rate_ppm: Annotated[
        int, Meta(ge=0, le=1_000_000, description="The rate in parts per million: 19 % is 190000.")
    ]
    category: Annotated[
        Literal["S", "Z", "E", "AE", "K", "G", "O", "L", "M"],
        Meta(description="As EN 16931 has it (UNTDID 5305)."),
    ]
    point: Annotated[date | None, Meta(description="When the tax becomes due.")] = None

    def tax(self) -> Tax:
        return Tax(self.rate_ppm, self.category, self.point)


class NewTransfer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """An amount from the credit of one account to the debit of another. Accounts are opened by the first entry that
    names them."""

    id: NewTransferId
    debit: AccountName
    credit: AccountName
    amount: MoneyView
    base: Base = None
    effective_at: Effective = None
    reference: Reference = None
    tax: NewTax | None = None
    spill: Annotated[
        AccountName | None,
        Meta(
            description="For a fact from outside, which is posted whatever the balance: the account that takes "
            "what a guard would refuse.",
            examples=["recoverable:anna"],
        ),
    ] = None

    def entry(self, at: str) -> Transfer:
        """What is posted; `at` is the JSON pointer of this object, for the errors."""
        return Transfer(
            id=TRANSFER.parse(self.id),
            debit=self.debit,
            credit=self.credit,
            amount=self.amount.money(f"{at}/amount"),
            base=None if self.base is None else self.base.money(f"{at}/base"),
            effective_at=instant(self.effective_at, f"{at}/effective_at"),
            reference=self.reference,
            tax=None if self.tax is None else self.tax.tax(),
            spill=self.spill,
        )


class SingleTransfer(NewTransfer, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    entity: EntityId


class TransferEntry(
    NewTransfer, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="transfer"
):
    """A transfer within an entry set."""


class NewHold(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A transfer that is announced: until it ends, its amount is kept free on the accounts that guard."""

    id: NewHoldId
    debit: AccountName
    credit: AccountName
    amount: MoneyView
    base: Base = None
    expires_at: Annotated[
        Instant | None,
        Meta(description="When it ends by itself, by your organization's clock; never if not given."),
    ] = None
    reference: Reference = None

    def entry(self, at: str) -> Hold:
        return Hold(
            id=HOLD.parse(self.id),
            debit=self.debit,
            credit=self.credit,
            amount=self.amount.money(f"{at}/amount"),
            base=None if self.base is None else self.base.money(f"{at}/base"),
            expires_at=instant(self.expires_at, f"{at}/expires_at"),
            reference=self.reference,
        )


class SingleHold(NewHold, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    entity: EntityId


class HoldEntry(NewHold, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="hold"):
    """A hold within an entry set."""


class HoldPosting(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Ends a hold by its transfer, of the whole amount or of a part; what is left over is free again."""

    id: NewTransferId
    amount: Annotated[
        MoneyView | None, Meta(description="A part of what is held; the whole if not given.")
    ] = None
    base: Base = None
    effective_at: Effective = None

    def ending(self, hold: HoldId, at: str) -> PostHold:
        return PostHold(
            id=TRANSFER.parse(self.id),
            hold=hold,
            amount=None if self.amount is None else self.amount.money(f"{at}/amount"),
            base=None if self.base is None else self.base.money(f"{at}/base"),
            effective_at=instant(self.effective_at, f"{at}/effective_at"),
        )


class HoldPostingEntry(
    HoldPosting, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="post_hold"
):
    """The posting of a hold within an entry set."""

    hold: KnownHoldId

    def entry(self, at: str) -> PostHold:
        return self.ending(HOLD.parse(self.hold), at)


class HoldVoiding(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Ends a hold without a transfer."""

    id: NewTransferId

    def ending(self, hold: HoldId) -> VoidHold:
        return VoidHold(id=TRANSFER.parse(self.id), hold=hold)


class HoldVoidingEntry(
    HoldVoiding, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="void_hold"
):
    """The voiding of a hold within an entry set."""

    hold: KnownHoldId

    def entry(self, at: str) -> VoidHold:
        del at
        return self.ending(HOLD.parse(self.hold))


NewEntry = TransferEntry | HoldEntry | HoldPostingEntry | HoldVoidingEntry


class NewEntrySet(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    entity: EntityId
    entries: Annotated[
        list[NewEntry],
        Meta(
            min_length=1,
            max_length=SET_ENTRIES_MAX,
            description="They stand or fall together, in their order.",
        ),
    ]

    def parsed(self) -> tuple[Entry, ...]:
        return tuple(one.entry(f"/entries/{number}") for number, one in enumerate(self.entries))


class NewTransfers(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    entity: EntityId
    transfers: Annotated[
        list[NewTransfer],
        Meta(
            min_length=1,
            max_length=SET_ENTRIES_MAX,
            description="Each stands for itself: one that is refused does not touch the others.",
        ),
    ]

    def parsed(self) -> tuple[Transfer, ...]:
        return tuple(one.entry(f"/transfers/{number}") for number, one in enumerate(self.transfers))


class NewBooks(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    entity: EntityId
    base_currency: Annotated[
        NewCurrency, Meta(description="Which currency the books are kept in. It never changes.")
    ]


OrderText = Annotated[
    str, Meta(pattern=f"^{PREFIXES[Dimension.ORDER]}_{SUFFIX}{END}", extra={"typed_id": True})
]
PartyText = Annotated[
    str, Meta(pattern=f"^{PREFIXES[Dimension.PARTY]}_{SUFFIX}{END}", extra={"typed_id": True})
]
ConnectionText = Annotated[
    str, Meta(pattern=f"^{PREFIXES[Dimension.CONNECTION]}_{SUFFIX}{END}", extra={"typed_id": True})
]


def dimensions(order: str | None, party: str | None, connection: str | None) -> Dimensions:
    """What an account is kept for, of ids whose forms were checked."""
    ids = (None if text is None else parse_any(text) for text in (order, party, connection))
    return Dimensions(**dict(zip(("order", "party", "connection"), ids, strict=True)))


class NewAccountBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    currency: NewCurrency
    name: AccountName
    order: Annotated[OrderText | None, Meta(description="The order that the account is kept for.")] = None
    party: Annotated[PartyText | None, Meta(description="Whom the account is kept for.")] = None
    connection: Annotated[
        ConnectionText | None,
        Meta(description="The connection to a provider that the account is kept for."),
    ] = None

    def kept_for(self) -> Dimensions:
        return dimensions(self.order, self.party, self.connection)


TypeName = Annotated[str, Meta(pattern="^[a-z][a-z_]{0,39}" + END, examples=["revenue"])]


class NewType(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A type of accounts."""

    name: TypeName
    side: Annotated[Side, Meta(description="Where the balance of its accounts grows.")]
    guards: Annotated[
        bool,
        Meta(description="Whether its accounts never fall below what is held on them; the others only sum."),
    ]


class NewRoute(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Two types whose accounts may face each other in a transfer, in this direction."""

    debit: TypeName
    credit: TypeName


class ChartGrowth(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a chart is to have besides. Nothing is ever taken away: what was posted stands."""

    types: Annotated[list[NewType], Meta(max_length=100)] = []
    routes: Annotated[list[NewRoute], Meta(max_length=1_000)] = []


class Closing(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    before: Annotated[
        Instant,
        Meta(
            description="Nothing takes effect before this instant any more.",
            examples=["2026-11-01T00:00:00Z"],
        ),
    ]


def known_currency(code: str, pointer: str) -> str:
    """The code, where there is such a currency; CurrencyUnknown names the field."""
    if code not in SCALES:
        raise CurrencyUnknown(
            "the currency is not a code of ISO 4217", faults=(Fault(pointer, "expected a code of ISO 4217"),)
        )
    return code


def instant(at: datetime | None, pointer: str) -> datetime | None:
    """In UTC, and within the years of books."""
    if at is None:
        return None
    if not YEAR_MIN <= at.year <= YEAR_MAX:
        fault = Fault(pointer, f"expected an instant within the years {YEAR_MIN} to {YEAR_MAX}")
        raise LedgerEntryInvalid("an instant is out of reach", faults=(fault,))
    return at.astimezone(UTC)
