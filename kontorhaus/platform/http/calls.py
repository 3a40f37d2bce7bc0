"""One call, as a handler sees it: decoded, authorised, and free of HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from msgspec import Struct

from kontorhaus.kernel.ids import IdInvalid, IdT, Noun
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.db import Db
from kontorhaus.platform.http import paging
from kontorhaus.platform.http.errors import ObjectNotFound
from kontorhaus.platform.idempotency import Once

BodyT = TypeVar("BodyT")
QueryT = TypeVar("QueryT")
PositionT = TypeVar("PositionT")
RowT = TypeVar("RowT")


class Call(Struct, Generic[BodyT, QueryT], frozen=True, kw_only=True):
    """What one request asks for. `body` and `query` are of the route's types; None where the route has none.

    `now` is the business instant at which the call arrived, aware and in UTC: the machine's time, or where the
    organization's test clock stands. Hand it down instead of asking a clock; for leases and retention ask the machine.
    `if_match` is the version that the caller has seen; None when he wrote `*` or the route does not ask for it.
    `interrupted` is for an answer that waits: it returns when the process is about to stop, and raises when the caller
    has gone. `resources` is what the composition root handed to `application`: rooms know its type, the kit does not.
    """

    operation_id: str
    body: BodyT
    query: QueryT
    path: Mapping[str, str]
    request_id: str
    now: datetime
    resources: Any
    interrupted: Callable[[], Awaitable[None]]
    caller: Actor | None = None
    key: Once | None = None
    if_match: int | None = None

    @property
    def actor(self) -> Actor:
        """Who calls. A public route has nobody to ask for: that is a programmer's mistake."""
        assert self.caller is not None, f"{self.operation_id} is public"
        return self.caller

    @property
    def once(self) -> Once:
        """The identity of this unsafe call, for `idempotency`; of idempotent routes alone."""
        assert self.key is not None, f"{self.operation_id} is not idempotent"
        return self.key

    @property
    def db(self) -> Db:
        """The database of the resources."""
        found: Db = self.resources.db
        return found

    def id(self, noun: Noun[IdT], name: str) -> IdT:
        """The id in the path. ObjectNotFound for a text that is no id of this noun: nothing can have it."""
        try:
            return noun.parse(self.path[name])
        except IdInvalid as error:
            raise ObjectNotFound("there is no such object", parameter=name) from error

    def after(self, position: type[PositionT]) -> PositionT | None:
        """Where the page begins: the `position` of the last row of the page before; None on the first page."""
        return paging.position(self._listing(), self._page(), position)

    def page(
        self,
        rows: Sequence[RowT],
        *,
        view: Callable[[RowT], Struct],
        position: Callable[[RowT], object],
    ) -> Answer:
        """One page as an answer. Ask the database for `call.query.limit + 1` rows: the one too many says that there
        are more. `position` is what `after` gives back for the next page, e.g. the id of a row."""
        return paging.page(self._listing(), self._page(), rows, view=view, position=position)

    def _listing(self) -> str:
        return f"{self.actor.org_id} {self.operation_id}"

    def _page(self) -> paging.Page:
        assert isinstance(self.query, paging.Page), f"the query of {self.operation_id} is no Page"
        return self.query
