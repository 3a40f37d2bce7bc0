"""What became of an ask whose outcome is unknown: look first, repeat under the same key, look again.

    look: does an object show that it was done?            yes: what it shows
    repeat, while the key is surely remembered             an answer: that is the outcome
        a 500 that was remembered: the call has ended      look again; nothing there: Absent
    the key may be forgotten, so nothing is on its way     nothing there: Absent

Repeating the same call under the same key is Stripe's own way to learn how it ended
(https://docs.stripe.com/api/idempotent_requests). What was never done is done by it, once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from stripe import StripeClient

from kontorhaus.kernel.time import utc_now
from kontorhaus.money.payments.gateways.protocol import Credentials
from kontorhaus.money.payments.gateways.stripe import asking, shapes
from kontorhaus.money.payments.gateways.stripe.calls import Answered, Calls, Send
from kontorhaus.money.payments.model.asks import (
    Ask,
    Authorize,
    Capture,
    LinkSellerAccount,
    OpenSellerAccount,
    RefundPayment,
    ReversePayout,
    SendPayout,
    Void,
)
from kontorhaus.money.payments.model.observations import (
    Absent,
    IntentStatus,
    Outcome,
    PaymentSeen,
    PayoutSeen,
    ProviderDeclined,
    RefusalCode,
    Seen,
)
from kontorhaus.platform.outbound import Unknown

REPEAT_WITHIN: Final = timedelta(hours=23)
"""Stripe forgets keys after 24 hours at the earliest; an hour less covers clocks that differ and calls that take
long."""

CLOCKS: Final = timedelta(minutes=5)
"""By how much Stripe's clock and ours may differ, when objects are looked for by the time at which they were made."""

PAGE: Final = 100
"""Stripe's largest page."""

PAGES_MAX: Final = 10
"""Objects of one kind that were made since the ask: a thousand are read, about four seconds. Whoever makes more in that
time waits until Stripe's search knows the object."""

SEARCHED_AFTER: Final = timedelta(hours=6)
"""Stripe's search follows within a minute as a rule, later after an outage (https://docs.stripe.com/search), and an
outage is when outcomes are unknown. A payment that it does not know after so long is not there."""


class Listed(Struct, frozen=True):
    id: str
    metadata: dict[str, str] = {}


class Page(Struct, frozen=True):
    data: list[Listed]
    has_more: bool = False


_PAGE: Final = msgspec.json.Decoder(Page)

List = Callable[[StripeClient, Any], Any]
Service = Callable[[StripeClient], Any]


class Finder:
    """Looks for what became of asks, with the calls and credentials of one connection."""

    def __init__(self, calls: Calls, credentials: Credentials) -> None:
        self._calls: Final = calls
        self._credentials: Final = credentials

    async def find(self, ask: Ask, *, reference: str | None, age: timedelta) -> Outcome | Absent:
        """NotSent and Unknown mean that it is not known yet."""
        if isinstance(ask, LinkSellerAccount):
            return Absent()  # a link that nobody got moves nothing: another one is as good
        forgotten = age >= REPEAT_WITHIN
        found = await self._look(ask, reference, age, thorough=forgotten)
        if found is None and not forgotten:
            found = await self._repeated(ask, reference, age)
        return Absent() if found is None else found

    async def _repeated(self, ask: Ask, reference: str | None, age: timedelta) -> Outcome | None:
        """What the same call under the same key is answered. None: it has ended, and there is no trace of it."""
        answered = await self.send(ask)
        if answered.status >= 500 and answered.replayed:
            return await self._look(ask, reference, age, thorough=True)
        if answered.status in asking.CREDENTIALS and asking.error_in(answered).code != "account_invalid":
            # It says nothing of what was done under an earlier key.
            raise Unknown("the provider does not take the connection's key")
        found = asking.outcome(answered, asking.sending(ask).read)
        if answered.replayed and isinstance(found, PaymentSeen):
            # What was remembered is how it stood then.
            return await self.payment(found.reference) or found
        return found

    async def send(self, ask: Ask) -> Answered:
        """The call itself, in one or two steps."""
        if isinstance(ask, Authorize) and ask.intent is not None:
            prepared = await self._ask(asking.update_before_confirming(ask))
            if not 200 <= prepared.status < 300:
                # Nobody was charged by this step, and the second one was surely never taken.
                return prepared
        return await self._ask(asking.sending(ask).send)

    async def payment(self, intent: str) -> PaymentSeen | None:
        found = await self.retrieved(asking.retrieve_payment(intent), asking.payment)
        assert found is None or isinstance(found, PaymentSeen), "a payment is read as one"
        return found

    async def retrieved(self, send: Send, read: asking.Read) -> Seen | None:
        """An object as it stands now; None if there is none. Unknown if that could not be learned."""
        answered = await self._ask(send)
        if answered.status == 404:
            return None
        if answered.status == 403 and asking.error_in(answered).code == "account_invalid":
            return None
        if not 200 <= answered.status < 300:
            raise Unknown("the provider did not show the object", status=answered.status)
        return asking.understood(read, answered.body)

    async def _look(
        self, ask: Ask, reference: str | None, age: timedelta, *, thorough: bool
    ) -> Outcome | None:
        """What an object of Stripe's shows of the ask; None: surely nothing yet, or, unless `thorough`, nothing that
        can be found at little cost."""
        found: Outcome | None = None
        match ask:
            case Authorize():
                found = await self._tried(ask, ask.intent or reference, age, thorough=thorough)
            case Capture() | Void():
                found = _ended(ask, await self.payment(ask.intent))
            case RefundPayment():
                narrow: dict[str, Any] = {"payment_intent": ask.intent}
                found = await self._made(ask, lambda c: c.v1.refunds, narrow, shapes.Refund)
            case SendPayout():
                narrow = {"destination": ask.provider_account, **_since(age)}
                found = await self._made(ask, lambda c: c.v1.transfers, narrow, shapes.Transfer)
            case OpenSellerAccount() if thorough:  # otherwise the answer to the repetition says it at once
                found = await self._made(ask, lambda c: c.v1.accounts, _since(age), shapes.Account)
            case ReversePayout():
                found = await self._reversed(ask)
            case OpenSellerAccount() | LinkSellerAccount():
                pass
        return found

    async def _made(
        self, ask: Ask, service: Service, narrow: dict[str, Any], shape: type[Any]
    ) -> Seen | None:
        """The object of a service of Stripe's that carries the ask's operation, as it stands now."""
        made = await self._listed(ask, lambda c, params: service(c).list_async(params), narrow)
        if made is None:
            return None
        return await self.retrieved(lambda c: service(c).retrieve_async(made), asking.reader(shape))

    async def _reversed(self, ask: ReversePayout) -> PayoutSeen | None:
        sent = ask.transfer
        if await self._listed(ask, lambda c, p: c.v1.transfers.reversals.list_async(sent, p), {}) is None:
            return None
        shown = await self.retrieved(
            lambda c: c.v1.transfers.retrieve_async(sent), asking.reader(shapes.Transfer)
        )
        return replace(shown, operation=ask.id) if isinstance(shown, PayoutSeen) else None

    async def _tried(
        self, ask: Authorize, reference: str | None, age: timedelta, *, thorough: bool
    ) -> Outcome | None:
        if reference is None and thorough:
            reference = await self._unnamed(ask, age)
        if reference is None:
            return None
        seen = await self.payment(reference)
        return seen if seen is not None and asking.paid_as_asked(ask, seen) else None

    async def _unnamed(self, ask: Authorize, age: timedelta) -> str | None:
        """The payment that an ask has made and nobody told us of."""
        narrow = _since(age) | ({"customer": ask.customer} if ask.customer else {})
        try:
            return await self._listed(ask, lambda c, p: c.v1.payment_intents.list_async(p), narrow)
        except TooMany:
            query = {"query": f"metadata['{shapes.OPERATION}']:'{ask.id}'", "limit": 1}
            params: Any = query
            found = await self._page(lambda c: c.v1.payment_intents.search_async(params))
            if found.data:
                return found.data[0].id
            if age < SEARCHED_AFTER:
                raise Unknown(
                    "too many payments to read them all, and a search may not know it yet"
                ) from None
            return None

    async def _listed(self, ask: Ask, listing: List, narrow: dict[str, Any]) -> str | None:
        """The newest object that carries the ask's operation; None if no one does. TooMany if they are too many."""
        fits = asking.has_operation(ask.id)
        after: dict[str, Any] = {}
        for _ in range(PAGES_MAX):
            params = {**narrow, **after, "limit": PAGE}
            page = await self._page(lambda c, params=params: listing(c, params))  # type: ignore[misc]
            for one in page.data:
                if fits(one.metadata):
                    return one.id
            if not page.has_more or not page.data:
                return None
            after = {"starting_after": page.data[-1].id}
        raise TooMany("the provider has more objects than can be read")

    async def _page(self, send: Send) -> Page:
        answered = await self._ask(send)
        if answered.status == 404:
            return Page([])
        if not 200 <= answered.status < 300:
            raise Unknown("the provider did not show its objects", status=answered.status)
        return asking.understood(_PAGE.decode, answered.body)

    async def _ask(self, send: Send) -> Answered:
        return await self._calls.ask(self._credentials, send)


class TooMany(Unknown):
    """More objects than can be read in one go, so it is still not known."""


def _since(age: timedelta) -> dict[str, Any]:
    return {"created": {"gte": int((utc_now() - age - CLOCKS).timestamp())}}


def _ended(ask: Capture | Void, seen: PaymentSeen | None) -> Outcome | None:
    """A payment is captured once and ends once, so where it stands says which of the two came first."""
    if seen is None or seen.status not in {IntentStatus.CAPTURED, IntentStatus.CANCELED}:
        return None
    wanted = IntentStatus.CAPTURED if isinstance(ask, Capture) else IntentStatus.CANCELED
    return seen if seen.status is wanted else ProviderDeclined(code=RefusalCode.STATE, seen=seen)
