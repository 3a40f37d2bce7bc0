"""One request to the API, from its headers to the bytes of its answer.

The order is Stripe's (https://docs.stripe.com/api/idempotent_requests): who calls, then the key, then the parameters,
then the deed. A key remembers what was answered from the deed on, a failure included; what was refused before is
forgotten. Deed and answer are one transaction of the books, so a killed process has done both or neither.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from kontorhaus.sandbox.stripe import clock, errors, forms, identifiers, keys, table, tasks
from kontorhaus.sandbox.stripe.call import API_VERSION, DAY, Books, Call
from kontorhaus.sandbox.stripe.endpoint import Endpoint
from kontorhaus.sandbox.stripe.errors import Object, StripeError, broken
from kontorhaus.sandbox.stripe.faults import Fault, Faults
from kontorhaus.sandbox.stripe.keys import Caller
from kontorhaus.sandbox.stripe.rendering import render
from kontorhaus.sandbox.stripe.resources.accounts import verbs as accounts
from kontorhaus.sandbox.stripe.store import Answer

KEY_MAX: Final = 255
"""Stripe's longest idempotency key."""


class Request(Struct, frozen=True):
    method: str
    path: str
    headers: Mapping[str, str]
    query: str
    body: str


class Reply(Struct, frozen=True):
    """`hang_up` ends the connection instead of an answer."""

    status: int
    body: bytes
    headers: dict[str, str]
    hang_up: bool = False


class Deed(Struct, frozen=True):
    """A request that may be executed."""

    request: Request
    caller: Caller
    id: str
    key: str | None
    fingerprint: str
    tree: Object


class Api:
    """The API over one set of books."""

    def __init__(self, books: Books, faults: Faults) -> None:
        self._books: Final = books
        self._faults: Final = faults
        self._running: Final[set[tuple[str, str]]] = set()
        self._recent: Final[dict[str, deque[int]]] = {}

    async def answer(self, request: Request) -> Reply:
        """Never raises a StripeError: it becomes the answer."""
        number = identifiers.new("request")
        headers = {"request-id": number, "stripe-version": request.headers.get("stripe-version", API_VERSION)}
        try:
            deed = self._admit(request, number)
            if deed.key is not None:
                headers["idempotency-key"] = deed.key
            if deed.caller.account != deed.caller.platform:
                headers["stripe-account"] = deed.caller.account
            reply = self._remembered(deed) or await self._execute(deed)
        except StripeError as error:
            reply = _refusal(error, number)
        return Reply(reply.status, reply.body, headers | reply.headers, reply.hang_up)

    def _admit(self, request: Request, number: str) -> Deed:
        store = self._books.store
        who = keys.caller(store, request.headers.get("authorization"), request.headers.get("stripe-account"))
        self._limit(who.key)
        keys.check_version(request.headers.get("stripe-version"))
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        if key is not None and not 1 <= len(key) <= KEY_MAX:
            raise errors.invalid(f"Idempotency keys have 1 to {KEY_MAX} characters.")
        tree = forms.parse(request.body if request.method == "POST" else request.query)
        plain = msgspec.json.encode([request.method, request.path, tree], order="deterministic")
        return Deed(request, who, number, key, hashlib.sha256(plain).hexdigest(), tree)

    def _limit(self, key: str) -> None:
        limit = self._books.options.rate_limit
        if limit == 0:
            return
        now, recent = clock.machine_ms(), self._recent.setdefault(key, deque())
        while recent and recent[0] <= now - 1000:
            recent.popleft()
        if len(recent) >= limit:
            raise errors.busy()
        recent.append(now)

    def _remembered(self, deed: Deed) -> Reply | None:
        """What the same key was answered before."""
        if deed.key is None:
            return None
        found = self._books.store.answer(deed.caller.account, deed.key)
        if found is None or found.created <= self._books.now_ms // 1000 - DAY:
            return None
        if found.fingerprint != deed.fingerprint:
            raise StripeError(
                400,
                "idempotency_error",
                f"Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{deed.key}' if you meant to execute a different request.",
            )
        replayed = {
            "idempotent-replayed": "true",
            "original-request": found.request,
            "request-id": found.request,
        }
        if found.status >= 500:
            replayed["stripe-should-retry"] = "false"
        return Reply(found.status, found.body, replayed)

    async def _execute(self, deed: Deed) -> Reply:
        endpoint, parts = table.find(deed.request.method, deed.request.path)
        params = forms.check(deed.tree, endpoint.params)
        mark = (deed.caller.account, deed.key or deed.id)
        if mark in self._running:
            raise StripeError(
                409,
                "idempotency_error",
                "There is currently another in-progress request using this Stripe-Idempotency-Key (that probably means "
                "you submitted twice, and the other request is still going through): "
                f"{deed.key}. Try again later.",
                code="idempotency_key_in_use",
            )
        self._running.add(mark)
        try:
            fault = self._faults.for_call(deed.request.method, deed.request.path)
            await asyncio.sleep(self._pause_ms(fault) / 1000)
            if fault is not None and fault.kind in {"rate_limit", "lock_timeout"}:
                raise errors.busy() if fault.kind == "rate_limit" else errors.locked()
            if fault is not None and fault.kind == "timeout_before":
                return Reply(0, b"", {}, hang_up=True)
            reply = self._do(deed, endpoint, params, parts, fault)
        finally:
            self._running.discard(mark)
        if fault is not None and fault.kind == "timeout_after":
            await asyncio.sleep(fault.delay_ms / 1000)
        return reply

    def _pause_ms(self, fault: Fault | None) -> int:
        before = fault is not None and fault.kind in {"slow", "timeout_before"}
        return self._books.options.latency_ms + (fault.delay_ms if fault is not None and before else 0)

    def _do(
        self,
        deed: Deed,
        endpoint: Endpoint,
        params: forms.Params,
        parts: tuple[str, ...],
        fault: Fault | None,
    ) -> Reply:
        kind = None if fault is None else fault.kind
        store = self._books.store
        call = Call(
            self._books,
            platform=deed.caller.platform,
            account=deed.caller.account,
            request=deed.id,
            key=deed.key,
            forced=fault.code if fault is not None and kind == "decline" else None,
        )
        try:
            with store.transaction():
                accounts.platform(call)
                try:
                    status, content = 200, self._outcome(call, endpoint, params, parts, kind)
                except StripeError as error:
                    if not error.kept:
                        raise
                    status, content = error.status, _error(error, deed.id)
                if kind == "error_after":
                    status, content = 500, _error(broken(), deed.id)
                body = msgspec.json.encode(_lied(content, kind))
                self._keep(deed, status, body)
        except StripeError as error:
            # Nothing of the deed stays, but that it was tried and what came of it does.
            status, body = error.status, msgspec.json.encode(_error(error, deed.id))
            with store.transaction():
                self._keep(deed, status, body)
        tasks.run_due(self._books)
        return Reply(status, body, {}, hang_up=kind == "timeout_after")

    def _outcome(
        self, call: Call, endpoint: Endpoint, params: forms.Params, parts: tuple[str, ...], kind: str | None
    ) -> Object:
        if kind == "error_before":
            raise broken()
        if kind == "missing":
            raise errors.missing("object", parts[0] if parts else call.account)
        return render(call, endpoint.run(call, params, *parts), params.expand)

    def _keep(self, deed: Deed, status: int, body: bytes) -> None:
        if deed.key is None:
            return
        now = self._books.now_ms // 1000
        answer = Answer(deed.fingerprint, deed.id, status, body, now)
        self._books.store.keep_answer(deed.caller.account, deed.key, answer)


def _lied(content: Object, kind: str | None) -> Object:
    """The answer with what a fault makes wrong; the books are right."""
    if kind == "wrong_amount" and isinstance(content.get("amount"), int):
        wrong = {"amount": content["amount"] + 1}
        for name in ("amount_received", "amount_capturable", "amount_captured"):
            if content.get(name):
                wrong[name] = content[name] + 1
        return {**content, **wrong}
    if kind == "wrong_currency" and isinstance(content.get("currency"), str):
        return {**content, "currency": "usd" if content["currency"] != "usd" else "eur"}
    return content


def _error(error: StripeError, number: str) -> Object:
    url = f"https://dashboard.stripe.com/test/logs/{number}"
    return {"error": {**error.content, "request_log_url": url}}


def _refusal(error: StripeError, number: str) -> Reply:
    headers = {} if error.retry is None else {"stripe-should-retry": "true" if error.retry else "false"}
    return Reply(error.status, msgspec.json.encode(_error(error, number)), headers)
