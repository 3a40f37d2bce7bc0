"""An endpoint of the API: where it is, what it takes, and the function that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from kontorhaus.sandbox.stripe.call import Call
from kontorhaus.sandbox.stripe.errors import Object, invalid
from kontorhaus.sandbox.stripe.forms import Params
from kontorhaus.sandbox.stripe.store import Filter


class Endpoint(Struct, frozen=True):
    """`path` names its variable parts in braces; `run` takes the call, the parameters and those parts."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    params: type[Params]
    run: Callable[..., Object]


class Created(Params, kw_only=True):
    gt: int | None = None
    gte: int | None = None
    lt: int | None = None
    lte: int | None = None


class ListParams(Params, kw_only=True):
    """What every list takes (https://docs.stripe.com/api/pagination)."""

    limit: int = 10
    starting_after: str | None = None
    ending_before: str | None = None
    created: int | Created | None = None


def retrieve(kind: str) -> Callable[[Call, Params, str], Object]:
    def run(call: Call, params: Params, wanted: str) -> Object:
        del params
        return call.get(kind, wanted)

    return run


def page(
    call: Call,
    kind: str,
    params: ListParams,
    url: str,
    *,
    links: dict[str, str | None] | None = None,
    fields: dict[str, str | None] | None = None,
    account: str | None = None,
) -> Object:
    """One page, newest first. `links` and `fields` narrow it; those that are None do not."""
    if not 1 <= params.limit <= 100:
        raise invalid("Invalid limit: it is between 1 and 100", param="limit")
    if params.starting_after and params.ending_before:
        raise invalid("You may only specify one of these parameters: starting_after, ending_before.")
    account = account or call.account
    wanted = Filter(
        account=account,
        kind=kind,
        links={name: value for name, value in (links or {}).items() if value is not None},
        fields={name: value for name, value in (fields or {}).items() if value is not None},
        after=_position(call, kind, account, "starting_after", params.starting_after),
        before=_position(call, kind, account, "ending_before", params.ending_before),
        limit=params.limit + 1,
    )
    wanted.created_min, wanted.created_max = _span(params.created)
    found = call.store.select(wanted)
    more = len(found) > params.limit
    if more:
        found = found[1:] if params.ending_before else found[: params.limit]
    return listed(found, url, more=more)


def listed(found: list[Object], url: str, *, more: bool = False) -> Object:
    return {"object": "list", "data": found, "has_more": more, "url": url}


def _position(call: Call, kind: str, account: str, param: str, wanted: str | None) -> int | None:
    if wanted is None:
        return None
    found = call.store.position(wanted, kind, account)
    if found is None:
        raise invalid(f"No such {kind}: '{wanted}'", param=param, code="resource_missing")
    return found


def _span(created: int | Created | None) -> tuple[int, int]:
    if created is None:
        return 0, 2**53
    if isinstance(created, int):
        return created, created
    least = max(created.gte or 0, (created.gt + 1) if created.gt is not None else 0)
    most = min(
        created.lte if created.lte is not None else 2**53,
        created.lt - 1 if created.lt is not None else 2**53,
    )
    return least, most
