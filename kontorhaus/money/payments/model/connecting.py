"""What callers send of connections. What holds a key has no readable form."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from kontorhaus.kernel.ids import SUFFIX_7
from kontorhaus.money.payments.model.ids import PAYMENT_CONNECTION
from kontorhaus.people.parties import PARTY

# "$" alone would let a line break pass behind the last character.
END = r"$(?!\n)"

LINE = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?" + END
"""One line of text: no control characters, no blank at either end."""

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=LINE, examples=["Stripe, Hamburg"])]

Secret = Annotated[str, Meta(min_length=8, max_length=255, pattern=r"^[!-~]+" + END)]

SecretKey = Annotated[
    Secret,
    Meta(
        description="The provider's secret or restricted key, of the mode of your organization. It is kept sealed and "
        "never shown.",
        examples=["sk_test_51Exampl3K3y"],
    ),
]

WebhookSecret = Annotated[
    Secret | None,
    Meta(
        description="What the provider signs webhooks with, if you made the endpoint there yourself.",
        examples=["whsec_3xampl3ofas3cret"],
    ),
]

SellersWebhookSecret = Annotated[
    Secret | None,
    Meta(
        description="The same for the endpoint that tells of your sellers' accounts (Stripe: connected accounts)."
    ),
]


class NewConnection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    id: Annotated[
        Annotated[
            str,
            Meta(
                pattern=f"^{PAYMENT_CONNECTION.prefix}_{SUFFIX_7}{END}",
                examples=["conn_01jd4w1xk7e8rtz0v6mpq3h5ya"],
            ),
        ]
        | None,
        Meta(description="An id of your choice, a UUIDv7 as a TypeID; made by us if not given."),
    ] = None
    entity: Annotated[
        str,
        Meta(
            pattern=f"{PARTY.pattern}(?!\\n)",
            description="The legal entity of yours whose account it is.",
            examples=["pty_01h455vb4pex5vsknk084sn02q"],
        ),
    ]
    gateway: Annotated[Literal["stripe"], Meta(description="The kind of provider.")]
    name: Name
    secret_key: SecretKey
    webhook_secret: WebhookSecret = None
    sellers_webhook_secret: SellersWebhookSecret = None

    def __repr__(self) -> str:
        return "NewConnection(***)"


class ConnectionChange(Struct, frozen=True, forbid_unknown_fields=True):
    name: Name


class Rotation(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """New secrets; what is not given stays."""

    secret_key: SecretKey | UnsetType = UNSET
    webhook_secret: Secret | UnsetType = UNSET
    sellers_webhook_secret: Secret | UnsetType = UNSET

    def __repr__(self) -> str:
        return "Rotation(***)"
