"""Events, and the endpoints that they are sent to."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import UNSET, UnsetType

from kontorhaus.sandbox.stripe import identifiers
from kontorhaus.sandbox.stripe.call import API_VERSION, Call
from kontorhaus.sandbox.stripe.endpoint import Endpoint, ListParams, listed, page, retrieve
from kontorhaus.sandbox.stripe.errors import Object, invalid
from kontorhaus.sandbox.stripe.forms import Metadata, Params, given, merged
from kontorhaus.sandbox.stripe.store import Filter


class List(ListParams, kw_only=True):
    type: str | None = None
    types: list[str] | None = None
    delivery_success: bool | None = None


class Create(Params, kw_only=True):
    url: str
    enabled_events: list[str]
    api_version: str | None = None
    connect: bool = False
    description: str | None = None
    metadata: Metadata | None = None


class Update(Params, kw_only=True):
    url: str | UnsetType = UNSET
    enabled_events: list[str] | UnsetType = UNSET
    description: str | UnsetType = UNSET
    disabled: bool | None = None
    metadata: Metadata | str | None = None


def list_all(call: Call, params: List) -> Object:
    if params.type is not None and "*" not in params.type and params.delivery_success is None:
        return page(call, "event", params, "/v1/events", links={"type": params.type})
    if params.type is None and params.types is None and params.delivery_success is None:
        return page(call, "event", params, "/v1/events")
    return _sifted(call, params)


def _sifted(call: Call, params: List) -> Object:
    """By several types, by a type with `*`, or by what became of the deliveries: read one after the other."""
    if len(params.types or ()) > 20:
        raise invalid("You may specify up to 20 types.", param="types")
    kinds = [params.type] if params.type is not None else params.types
    start = params.starting_after
    after = None if start is None else call.store.position(start, "event", call.account)
    found = []
    for event in call.store.select(Filter(account=call.account, kind="event", after=after, limit=-1)):
        if kinds is not None and not any(fits(kind, event["type"]) for kind in kinds):
            continue
        if params.delivery_success is not None and params.delivery_success is not (pending(call, event) == 0):
            continue
        found.append(event)
        if len(found) > params.limit:
            break
    return listed(found[: params.limit], "/v1/events", more=len(found) > params.limit)


def fits(pattern: str, kind: str) -> bool:
    """`*`, `charge.*` or a type itself."""
    return pattern in {"*", kind} or (pattern.endswith(".*") and kind.startswith(pattern[:-1]))


def pending(call: Call, event: Object) -> int:
    """How many endpoints have not taken it yet."""
    waiting = {
        delivery.endpoint
        for delivery in call.store.deliveries(event=event["id"])
        if delivery.outcome in {"waiting", "failed"}
    }
    return len(waiting)


def add_endpoint(
    call: Call, *, url: str, kinds: list[str], secret: str | None = None, connect: bool | None, **more: Any
) -> Object:
    """`connect` says whose events it gets: the platform's, its connected accounts', or with None both."""
    endpoint = call.new(
        "webhook_endpoint",
        {
            "object": "webhook_endpoint",
            "api_version": None,
            "application": None,
            "description": None,
            "enabled_events": kinds,
            "metadata": {},
            "status": "enabled",
            "url": url,
            "_connect": connect,
            "_secret": secret or f"whsec_{identifiers.letters(32)}",
        },
    )
    endpoint |= more
    return call.insert(endpoint)


def create_endpoint(call: Call, params: Create) -> Object:
    _check_url(params.url)
    _check_kinds(params.enabled_events)
    if params.api_version not in {None, API_VERSION}:
        raise invalid(f"Here events have the version {API_VERSION} alone.", param="api_version")
    endpoint = add_endpoint(
        call,
        url=params.url,
        kinds=params.enabled_events,
        connect=params.connect,
        api_version=params.api_version,
        description=params.description or None,
        metadata=params.metadata or {},
    )
    return {**endpoint, "secret": endpoint["_secret"]}


def _check_kinds(kinds: list[str]) -> None:
    if not kinds or not all(kind == "*" or re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", kind) for kind in kinds):
        raise invalid("Invalid enabled_events: event types, or `*` for all.", param="enabled_events[0]")


def _check_url(url: str) -> None:
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise invalid(
            "Invalid URL: An explicit scheme (such as https) must be provided.",
            param="url",
            code="url_invalid",
        )


def update_endpoint(call: Call, params: Update, wanted: str) -> Object:
    endpoint = call.get("webhook_endpoint", wanted)
    if isinstance(params.url, str):
        _check_url(params.url)
    if isinstance(params.enabled_events, list):
        _check_kinds(params.enabled_events)
    endpoint |= given(params, "url", "enabled_events", "description")
    endpoint["metadata"] = merged(endpoint["metadata"], params.metadata)
    if params.disabled is not None:
        endpoint["status"] = "disabled" if params.disabled else "enabled"
    return call.save(endpoint)


def delete_endpoint(call: Call, params: Params, wanted: str) -> Object:
    del params
    call.get("webhook_endpoint", wanted)
    call.store.delete(wanted)
    return {"id": wanted, "object": "webhook_endpoint", "deleted": True}


def list_endpoints(call: Call, params: ListParams) -> Object:
    return page(call, "webhook_endpoint", params, "/v1/webhook_endpoints")


def listeners(call: Call, event: Object) -> list[Object]:
    """The endpoints of the platform that want this event."""
    theirs = call.account != call.platform
    return [
        endpoint
        for endpoint in call.acting_for(call.platform).linked("webhook_endpoint")
        if endpoint["status"] == "enabled"
        and endpoint["_connect"] in {None, theirs}
        and any(fits(kind, event["type"]) for kind in endpoint["enabled_events"])
    ]


ENDPOINTS: Final = (
    Endpoint("GET", "/v1/events", List, list_all),
    Endpoint("GET", "/v1/events/{id}", Params, retrieve("event")),
    Endpoint("POST", "/v1/webhook_endpoints", Create, create_endpoint),
    Endpoint("GET", "/v1/webhook_endpoints", ListParams, list_endpoints),
    Endpoint("GET", "/v1/webhook_endpoints/{id}", Params, retrieve("webhook_endpoint")),
    Endpoint("POST", "/v1/webhook_endpoints/{id}", Update, update_endpoint),
    Endpoint("DELETE", "/v1/webhook_endpoints/{id}", Params, delete_endpoint),
)
