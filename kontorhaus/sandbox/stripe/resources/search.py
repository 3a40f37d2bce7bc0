"""Search of the kind `metadata['order']:'ord_1' AND status:'succeeded'` (https://docs.stripe.com/search).

Fields are compared for equality, joined by AND. Stripe's own search lags behind by up to a minute; this one does not.
"""

from __future__ import annotations

import re
from typing import Final

from kontorhaus.sandbox.stripe.call import Call
from kontorhaus.sandbox.stripe.errors import Object, invalid
from kontorhaus.sandbox.stripe.forms import Params
from kontorhaus.sandbox.stripe.store import Filter

FIELDS: Final = ("amount", "currency", "customer", "status")

CLAUSE: Final = re.compile(
    r"\s*(?:metadata\[(?P<q>['\"])(?P<key>[^'\"\]]{1,40})(?P=q)\]|(?P<field>[a-z_]+))\s*:\s*"
    r"(?:(?P<v>['\"])(?P<text>.*?)(?P=v)|(?P<number>\d+))\s*"
)


class Search(Params, kw_only=True):
    query: str
    limit: int = 10
    page: str | None = None


def run(call: Call, kind: str, params: Search, url: str) -> Object:
    if not 1 <= params.limit <= 100:
        raise invalid("Invalid limit: it is between 1 and 100", param="limit")
    fields = _parsed(params.query)
    after = None
    if params.page is not None:
        after = call.store.position(params.page, kind, call.account)
    found = call.store.select(
        Filter(account=call.account, kind=kind, fields=fields, after=after, limit=params.limit + 1)
    )
    more = len(found) > params.limit
    found = found[: params.limit]
    return {
        "object": "search_result",
        "data": found,
        "has_more": more,
        "next_page": found[-1]["id"] if more else None,
        "url": url,
    }


def _parsed(query: str) -> dict[str, str]:
    """Paths in the object with the values that they must have."""
    wanted: dict[str, str] = {}
    for clause in re.split(r"\s+AND\s+", query.strip(), flags=re.IGNORECASE):
        match = CLAUSE.fullmatch(clause)
        if match is None or (match["field"] is not None and match["field"] not in FIELDS):
            raise invalid(
                "We were unable to parse your search query. Here it takes amount, currency, customer, status and "
                "metadata['key'], each with `:` and a value, joined by AND.",
                param="query",
            )
        path = f'metadata."{match["key"]}"' if match["field"] is None else str(match["field"])
        wanted[path] = str(match["text"] if match["number"] is None else match["number"])
    return wanted
