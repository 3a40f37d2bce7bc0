"""Lists in pages, by opaque cursors: never an offset, which would skip and repeat rows while others write."""

import hashlib
import hmac
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Final, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct

from kontorhaus.kernel.errors import Fault
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http.errors import CursorInvalid

T = TypeVar("T")
RowT = TypeVar("RowT")
PositionT = TypeVar("PositionT")

CURSOR_CHARACTERS_MAX: Final = 512
"""A position is an id or a few sort values: far below this. Longer ones are not ours and are not even decoded."""

CHECK_BYTES: Final = 8
"""A garbled or foreign cursor passes once in 2^64. It is a check, not a signature: a forged position shows nothing
that the walls and the filters would not show anyway, so it needs no key that replicas would have to share."""


class Page(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of a list; lists with filters add fields to it."""

    limit: Annotated[int, Meta(ge=1, le=100, description="How many objects a page has at most.")] = 20
    cursor: Annotated[
        str | None, Meta(description="`next_cursor` of the page before; with the same filters as there.")
    ] = None


class ListView(Struct, Generic[T], frozen=True):
    """One page of a list. `next_cursor` is null on the last page."""

    data: list[T]
    has_more: bool
    next_cursor: str | None


def page(
    listing: str,
    query: Page,
    rows: Sequence[RowT],
    *,
    view: Callable[[RowT], Struct],
    position: Callable[[RowT], object],
) -> Answer:
    """One page of `rows`, of which there are `query.limit + 1` if there is a next page."""
    shown, more = rows[: query.limit], len(rows) > query.limit
    next_cursor = cursor(listing, query, position(shown[-1])) if more else None
    return answer(ListView(data=[view(row) for row in shown], has_more=more, next_cursor=next_cursor))


def cursor(listing: str, query: Page, position: object) -> str:
    """The cursor for what comes after `position` in this list with these filters."""
    packed = msgspec.msgpack.encode(position)
    return urlsafe_b64encode(_check(listing, query, packed) + packed).rstrip(b"=").decode("ascii")


def position(listing: str, query: Page, kind: type[PositionT]) -> PositionT | None:
    """The position in the query's cursor, None without one.

    CursorInvalid for one that is garbled, or was made by another list, for another organization or with other
    filters; `limit` may differ.
    """
    if query.cursor is None:
        return None
    try:
        given = query.cursor.encode("ascii")
        if len(given) > CURSOR_CHARACTERS_MAX:
            raise _refused()
        raw = b64decode(given + b"=" * (-len(given) % 4), altchars=b"-_", validate=True)
        check, packed = raw[:CHECK_BYTES], raw[CHECK_BYTES:]
        if not hmac.compare_digest(check, _check(listing, query, packed)):
            raise _refused()
        found = msgspec.msgpack.decode(packed, type=kind)
    except (ValueError, msgspec.MsgspecError) as error:
        raise _refused() from error
    return found


def _check(listing: str, query: Page, packed: bytes) -> bytes:
    filters = [
        (name, getattr(query, name)) for name in query.__struct_fields__ if name not in Page.__struct_fields__
    ]
    bound = msgspec.msgpack.encode((listing, filters, packed))
    return hashlib.blake2b(bound, digest_size=CHECK_BYTES, person=b"cursor").digest()


def _refused() -> CursorInvalid:
    fault = Fault("cursor", "pass on next_cursor as it came, with the same filters, or leave it out")
    return CursorInvalid("the cursor does not belong to this list with these filters", faults=(fault,))
