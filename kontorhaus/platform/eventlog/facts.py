"""Facts: frozen values with a name, and the list of all that the house publishes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final, TypeVar, get_type_hints
from uuid import UUID

import msgspec
from msgspec import Struct

from kontorhaus.kernel.ids import Noun
from kontorhaus.platform.eventlog.errors import FactUnknown

KIND: Final = re.compile(r"[a-z_]+(\.[a-z_]+)+")


class Fact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What became true of one object, as its room tells it to the rest of the house.

    A room's fact names itself by `tag="payment.captured"`, the noun of its object, and the id as `subject`:

        @published
        class PaymentCaptured(Fact, frozen=True, kw_only=True, tag="payment.captured"):
            NOUN = PAYMENT
            subject: PaymentId
            amount: MoneyView

    It is never changed. What must be said otherwise is said by another class, under the same tag with another
    `VERSION`. It holds ids, states, amounts and versions, never personal data: the log is kept, people are erased.
    """

    NOUN: ClassVar[Noun[Any]]
    VERSION: ClassVar[int] = 1

    subject: UUID


_types: Final[dict[tuple[str, int], type[Fact]]] = {}

FactT = TypeVar("FactT", bound=Fact)


def published(fact: type[FactT]) -> type[FactT]:
    """Enter a type of fact into the list. A second one under the same tag and version is a programmer's mistake and
    crashes, as does one that could be changed, or that takes fields it does not know."""
    config = fact.__struct_config__
    assert isinstance(config.tag, str), f"{fact.__name__} has no tag of its own"
    assert KIND.fullmatch(config.tag), f"{config.tag!r}: a tag is noun.verb in lower case"
    assert config.frozen, f"{fact.__name__} is not frozen"
    assert config.forbid_unknown_fields, f"{fact.__name__} takes unknown fields"
    assert issubclass(get_type_hints(fact)["subject"].__supertype__, UUID), (
        f"{fact.__name__}.subject is no id"
    )
    key = config.tag, fact.VERSION
    assert key not in _types, f"two facts are called {config.tag}, version {fact.VERSION}"
    assert isinstance(fact.NOUN, Noun), f"{fact.__name__} does not say of which noun it speaks"
    _types[key] = fact
    return fact


def kind_of(fact: type[Fact]) -> str:
    """The tag of a published type; one that was not published is a programmer's mistake and crashes."""
    kind = str(fact.__struct_config__.tag)
    assert _types.get((kind, fact.VERSION)) is fact, f"{fact.__name__} is not @published"
    return kind


def published_types() -> Sequence[type[Fact]]:
    """Every type of fact that this process knows."""
    return list(_types.values())


def encode(fact: Fact) -> bytes:
    return _ENCODER.encode(fact)


def decode(kind: str, version: int, body: bytes) -> Fact:
    """The fact that a row of the log holds. FactUnknown when newer code has written it."""
    known = _types.get((kind, version))
    if known is None:
        raise FactUnknown("this code does not know the fact", kind=kind, version=version)
    return msgspec.json.decode(body, type=known)


_ENCODER: Final = msgspec.json.Encoder()
