"""What callers send: the form of every field, as far as a schema can say it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from kontorhaus.kernel import countries
from kontorhaus.kernel.ids import SUFFIX_7
from kontorhaus.people.parties.model.numbers import TaxIdKind
from kontorhaus.people.parties.model.party import PARTY, PartyKind, Purpose, Role

# "$" alone would let a line break pass behind the last character.
END = r"$(?!\n)"

LINE = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?" + END
"""One line of text: no control characters, no blank at either end."""

Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=LINE)]
Label = Annotated[str, Meta(min_length=1, max_length=50, pattern=LINE)]

Country = Annotated[
    str,
    Meta(
        min_length=2,
        max_length=2,
        description="ISO 3166-1 alpha-2, in capitals.",
        examples=["DE"],
        extra_json_schema={"pattern": f"^({countries.PATTERN})$"},
    ),
]

Language = Annotated[
    str,
    Meta(
        max_length=11,
        pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?" + END,
        description="The language in which the party is written to, as BCP 47 has it.",
        examples=["de-AT"],
    ),
]

Reference = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*" + END,
        description="Your own id of the party, unique in your organization. It must say nothing about a "
        "person: it outlives an erasure.",
        examples=["C-10042"],
    ),
]

Roles = Annotated[
    list[Role],
    Meta(
        min_length=1, max_length=5, description="What the party is to you; `legal_entity` is one of your own."
    ),
]

ValidFrom = Annotated[
    date | None,
    Meta(description="First day on which it is valid; today (UTC) if not given; may lie in the past."),
]
ValidTo = Annotated[
    date | None, Meta(description="First day on which it is no longer valid; open if not given.")
]


class NewAddress(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    purpose: Annotated[
        Purpose,
        Meta(description="`registered` and `billing`: one at a time; a new one ends the one before."),
    ]
    recipient: Annotated[Line | None, Meta(description="If not the party's own name.")] = None
    line1: Annotated[Line, Meta(description="Street and number, or post box.")]
    line2: Line | None = None
    postal_code: Annotated[str, Meta(min_length=1, max_length=20, pattern=LINE)] | None = None
    city: Line
    region: Annotated[
        Line | None, Meta(description="State, province or canton, where an address needs it.")
    ] = None
    country: Country
    valid_from: ValidFrom = None
    valid_to: ValidTo = None


class NewEmail(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="email",
):
    value: Annotated[
        str,
        Meta(
            max_length=254,  # RFC 5321, 4.5.3.1.3, less the angle brackets
            # What browsers accept in a field for an address (WHATWG HTML, 4.10.5.1.5), with a dot in the
            # domain.
            pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
            r"(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+" + END,
            examples=["accounts@example.com"],
        ),
    ]
    label: Annotated[Label | None, Meta(description="What it is for, in your words.")] = None


class NewPhone(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="phone",
):
    value: Annotated[
        str,
        Meta(
            pattern=r"^\+[1-9][0-9]{6,14}" + END,
            description="E.164: plus, country code and number, nothing else.",
            examples=["+493012345678"],
        ),
    ]
    label: Annotated[Label | None, Meta(description="What it is for, in your words.")] = None


NewContact = NewEmail | NewPhone


class NewTaxId(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    kind: Annotated[
        TaxIdKind, Meta(description="Which register gave it. One of a kind and country is valid at a time.")
    ]
    value: Annotated[
        str,
        Meta(
            min_length=2,
            max_length=30,
            pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./,+&-]*" + END,
            description="With or without separators; its check digits must fit.",
            examples=["DE 136 695 976"],
            # Some, as a SIRET, look like the number of a card; the check of their own kind is stricter than that.
            extra={"typed_id": True},
        ),
    ]
    valid_from: ValidFrom = None
    valid_to: ValidTo = None


class NewBankAccount(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    iban: Annotated[
        str,
        Meta(
            min_length=15,
            max_length=42,  # 34 characters (ISO 13616) in groups of four
            pattern=r"^[A-Za-z]{2}[0-9]{2}[A-Za-z0-9 ]+" + END,
            description="With or without spaces. It is sealed at once and never shown again in full.",
            examples=["DE89 3704 0044 0532 0130 00"],
        ),
    ]
    bic: (
        Annotated[
            str,
            Meta(
                pattern=r"^[A-Za-z]{6}[A-Za-z0-9]{2}([A-Za-z0-9]{3})?" + END,
                description="ISO 9362, of 8 or 11 characters; not needed within SEPA.",
                examples=["COBADEFFXXX"],
            ),
        ]
        | None
    ) = None
    holder: Annotated[Line | None, Meta(description="If not the party's own name.")] = None
    valid_from: ValidFrom = None
    valid_to: ValidTo = None


class NewParty(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    id: Annotated[
        Annotated[str, Meta(pattern=f"^pty_{SUFFIX_7}{END}")] | None,
        Meta(
            description="Your choice of the id, a UUIDv7, or ours. The same id with the same content is one party."
        ),
    ] = None
    kind: PartyKind
    name: Annotated[
        Line, Meta(description="Of the person or of the company.", examples=["Müller & Söhne GmbH"])
    ]
    roles: Roles
    country: Country
    reference: Reference | None = None
    language: Language | None = None
    addresses: Annotated[list[NewAddress], Meta(max_length=20)] = []
    contacts: Annotated[list[NewContact], Meta(max_length=20)] = []
    tax_ids: Annotated[list[NewTaxId], Meta(max_length=20)] = []
    bank_accounts: Annotated[list[NewBankAccount], Meta(max_length=20)] = []


class PartyChange(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is not given stays; `null` clears, where a party can be without."""

    name: Line | UnsetType = UNSET
    roles: Annotated[Roles | UnsetType, Meta(description="All of them, in place of those before.")] = UNSET
    country: Country | UnsetType = UNSET
    reference: Reference | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    contacts: Annotated[
        Annotated[list[NewContact], Meta(max_length=20)] | UnsetType,
        Meta(description="All of them, in place of those before."),
    ] = UNSET

    def given(self) -> list[str]:
        """The names of the fields that the caller sent, in the order of the struct."""
        return [name for name in self.__struct_fields__ if getattr(self, name) is not UNSET]


class End(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    valid_to: ValidTo = None


PartKind = Literal["addresses", "tax_ids", "bank_accounts"]
assert PARTY.prefix == "pty"
