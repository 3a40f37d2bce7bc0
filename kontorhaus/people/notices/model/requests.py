"""What callers send: the form of every field, as far as a schema can say it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

# "$" alone would let a line break pass behind the last character.
END = r"$(?!\n)"

LINE = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?" + END
"""One line of text: no control characters, no blank at either end."""


class NewNotice(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    to: Annotated[
        str,
        Meta(
            min_length=3,
            max_length=254,  # RFC 5321, 4.5.3.1.3, less the angle brackets
            pattern=r"^[^\s@\x00-\x1f\x7f]{1,64}@[^\s@\x00-\x1f\x7f]+" + END,
            description="One address. ASCII before the @; the domain may have umlauts.",
            examples=["anna@example.com"],
            extra_json_schema={"format": "idn-email"},
        ),
    ]
    name: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200, pattern=LINE)] | None,
        Meta(description="Stands before the address."),
    ] = None
    language: (
        Annotated[
            str,
            Meta(
                max_length=11,
                pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?" + END,
                description="The recipient's language, as BCP 47 has it. German and English are there; others get "
                "English.",
                examples=["de-AT"],
            ),
        ]
        | None
    ) = None
    note: Annotated[
        Annotated[str, Meta(min_length=1, max_length=500)] | None,
        Meta(description="A few words of yours that the message shows."),
    ] = None
