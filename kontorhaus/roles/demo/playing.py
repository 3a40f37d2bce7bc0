"""Sales, played through the API: as the shop, the buyer, his bank, the seller and time would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kontorhaus.roles.demo.desk import CallRefused, View, until
from kontorhaus.roles.demo.sale import Sale, Trouble
from kontorhaus.roles.demo.stage import Stage
from kontorhaus.roles.demo.telling import amount, written

SHOP: Final = "https://shop.example/thanks"
"""Where the buyer's browser is led at the end. Nobody opens it."""

COPIES: Final = 3
"""How often a webhook comes that comes too often."""

FAULTS: Final[Mapping[Trouble, Mapping[str, Any]]] = {
    Trouble.ANSWER_LOST: {"kind": "timeout_after", "method": "POST", "path": "/v1/payment_intents*"},
    Trouble.WEBHOOK_TRIPLED: {
        "kind": "webhook_doubled",
        "event": "payment_intent.succeeded",
        "copies": COPIES,
    },
    Trouble.WEBHOOK_LOST: {"kind": "webhook_lost", "event": "payment_intent.succeeded"},
}
"""How the simulator is told of each trouble."""


UNDER_WAY: Final = frozenset({"processing", "capturing", "voiding"})
"""A payment whose end the provider has still to say."""

ENDED_UNPAID: Final = frozenset({"requires_payment_method", "canceled", "expired"})
"""A payment of which nothing was taken, once it was confirmed."""


class Played:
    """One sale under way. What an earlier start has done of it is found, not done again."""

    def __init__(self, stage: Stage, sale: Sale) -> None:
        self.sale: Final = sale
        self.order: View = {}
        self.payment: View = {}
        self._stage: Final = stage
        self._desk: Final = stage.desk

    @property
    def paid(self) -> bool:
        return self.payment.get("status") == "captured"

    @property
    def declined(self) -> bool:
        return self.payment.get("status") in ENDED_UNPAID

    @property
    def completed(self) -> bool:
        return self.order.get("status") == "completed"

    async def begin(self) -> None:
        """Place, pay, hand over. Ends early where the money does not come."""
        await self._place()
        if self.completed:
            return
        await self._pay()
        if not self.paid:
            # What was to go wrong with this payment must not meet the next one.
            await self._stage.provider.mend()
            self._tell(
                "payment.declined",
                f"The bank did not pay: {self._why()}. Nothing was taken, and nothing is handed over.",
                payment=self.payment["id"],
                status=self.payment["status"],
            )
            return
        confirmed = ("confirmed", "completed")
        await until("the order's confirmation", self._look, lambda found: found["status"] in confirmed)
        self._tell("order.confirmed", "Everything is paid: the order is confirmed.", order=self.order["id"])
        await self._hand_over()
        if self.sale.price_cut is not None:
            await self._cut()

    async def finish(self) -> None:
        """What has followed by itself since the buyer's time to object is over."""
        if not self.paid:
            return
        if Trouble.WEBHOOK_TRIPLED in self.sale.trouble:
            await self._heard_thrice()
        await until("the end of the order", self._look, lambda found: found["status"] == "completed")
        for line in self.order["lines"]:
            if line["money"] in ("released", "split"):
                self._tell(
                    "line.released",
                    f"{line['description']}: nobody objected, so {amount(line['released'])} are the seller's.",
                    line=line["id"],
                    amount=line["released"],
                )
        for payout in await self._ended("po_", "/v1/payouts/"):
            self._tell(
                f"payout.{payout['status']}",
                f"{amount(payout['amount'])} are paid out to the seller: {payout['status']}.",
                payout=payout["id"],
                amount=payout["amount"],
            )
        self._tell("order.completed", "The order is completed.", order=self.order["id"])

    async def _heard_thrice(self) -> None:
        found = await until(
            "the third webhook",
            self._stage.provider.delivered,
            lambda told: max(told.values(), default=0) >= COPIES,
        )
        times = max(found.values())
        self._tell(
            "provider.repeats", f"Stripe's webhook came {times} times. It changed nothing.", times=times
        )

    async def timeline(self) -> View:
        """The same sale as the house tells it."""
        return await self._desk.get(f"/v1/orders/{self.order['id']}/timeline")

    def _tell(self, kind: str, text: str, **data: Any) -> None:
        self._stage.tell(kind, text, sale=self.sale.reference, **data)

    async def _look(self) -> View:
        self.order = await self._desk.get(f"/v1/orders/{self.order['id']}")
        return self.order

    async def _look_at_payment(self) -> View:
        self.payment = await self._desk.get(f"/v1/payments/{self.payment['id']}")
        return self.payment

    async def found(self) -> bool:
        """Whether an earlier start has placed the order."""
        for one in await self._desk.every("/v1/orders", reference=self.sale.reference):
            self.order = {"id": one["id"]}
            await self._look()
        return bool(self.order)

    async def _place(self) -> None:
        sale, stage = self.sale, self._stage
        if await self.found():
            return
        body = {
            "entity": stage.entity,
            "buyer": await stage.buyer(sale.buyer),
            "lines": [await self._line(number) for number in range(len(sale.lines))],
            "inspection_days": sale.inspection_days,
            "capture": sale.capture,
            "reference": sale.reference,
        }
        self.order = await self._desk.post("/v1/orders", body, once=f"{sale.reference}-order")
        bought = ", ".join(f"{line.description} for {written(line.amount.money())}" for line in sale.lines)
        self._tell(
            "order.placed",
            f"Order {self.order['id']}: {bought}. Together {amount(self.order['amount'])}.",
            order=self.order["id"],
            amount=self.order["amount"],
        )

    async def _line(self, number: int) -> View:
        line = self.sale.lines[number]
        body: View = {
            "model": line.model,
            "description": line.description,
            "amount": line.amount,
        }
        if line.seller is not None:
            body["seller"] = await self._stage.seller(line.seller)
        if line.tax is not None:
            body["tax"] = line.tax
        return body

    async def _pay(self) -> None:
        if not self.order["payments"]:
            path = f"/v1/orders/{self.order['id']}/pay"
            self.order = await self._desk.post(path, {"return_url": SHOP}, once=f"{self.order['id']}-pay")
        self.payment = {"id": self.order["payments"][-1]["id"]}
        await self._look_at_payment()
        if self.payment["status"] == "requires_payment_method":
            await self._confirm()
        if self.payment["status"] == "requires_action":
            await self._authenticate()
        if self.payment["status"] == "authorized":
            await self._capture()
        await self._settled("the payment's end")
        if self.paid:
            self._tell(
                "payment.captured",
                f"{amount(self.payment['captured'])} are taken, once; the seller's share is held.",
                payment=self.payment["id"],
                amount=self.payment["captured"],
            )

    async def _settled(self, what: str) -> None:
        await until(what, self._look_at_payment, lambda found: found["status"] not in UNDER_WAY)

    async def _confirm(self) -> None:
        for trouble in self.sale.trouble:
            await self._stage.provider.fail(**FAULTS[trouble])
        path, body = f"/v1/payments/{self.payment['id']}/confirm", {"method": self.sale.card}
        status, answered = await self._desk.ask(path, body, once=f"{self.payment['id']}-confirm")
        if status == 202 and Trouble.ANSWER_LOST in self.sale.trouble:
            self._tell(
                "provider.silent",
                f"Stripe takes the money, and its answer is lost. The house says 202, the payment is "
                f"{answered['status']}, and asks; it never charges a second time.",
                payment=self.payment["id"],
                status=answered["status"],
            )
        await self._settled("the answer of the bank")
        if self.payment["status"] == "authorized":
            self._tell_authorized()

    def _tell_authorized(self) -> None:
        self._tell(
            "payment.authorized",
            f"The buyer's bank holds {amount(self.payment['authorized'])}.",
            payment=self.payment["id"],
            amount=self.payment["authorized"],
        )

    async def _authenticate(self) -> None:
        approves = self.sale.bank == "approves"
        self._tell(
            "payment.action_required",
            "The buyer's bank asks for a confirmation (3-D Secure).",
            payment=self.payment["id"],
        )
        form = {"outcome": "approve" if approves else "fail"}
        try:
            led = await self._stage.provider.press(self.payment["action_url"], form)
        except CallRefused:
            # An earlier start has pressed it, and was gone before the browser was back. The webhook tells the house.
            led = None
        # The bank's page sends the browser to the house, which asks the provider and sends it on to the shop.
        while led is not None and not led.startswith(SHOP):
            led = await self._desk.follow(led)
        await until(
            "the end of 3-D Secure",
            self._look_at_payment,
            lambda found: found["status"] not in {*UNDER_WAY, "requires_action"},
        )
        self._tell(
            "payment.returned",
            f"The buyer {'confirms' if approves else 'refuses'}, and is led back to the shop.",
            payment=self.payment["id"],
            led_to=led,
        )
        if self.payment["status"] == "authorized":
            self._tell_authorized()

    async def _capture(self) -> None:
        path = f"/v1/payments/{self.payment['id']}/capture"
        await self._desk.post(path, {}, once=f"{self.payment['id']}-capture")
        await self._settled("the capture")

    def _why(self) -> str:
        error = self.payment.get("error") or {}
        return str(error.get("provider_code") or error.get("code") or self.payment["status"]).replace(
            "_", " "
        )

    async def _hand_over(self) -> None:
        for line in self.order["lines"]:
            if line["delivery"] != "cleared":
                continue
            path = f"/v1/orders/{self.order['id']}/lines/{line['id']}/hand_over"
            self.order = await self._desk.post(path, {}, once=f"{line['id']}-hand-over")
        self._tell(
            "order.handed_over",
            f"Everything is handed over. The buyer may object for {self.sale.inspection_days} days.",
            order=self.order["id"],
        )

    async def _cut(self) -> None:
        cut = self.sale.price_cut
        assert cut is not None, "the caller has looked"
        line = self.order["lines"][cut.line]
        if line["amount"] != line["ordered"]:
            return
        path = f"/v1/orders/{self.order['id']}/lines/{line['id']}/price_cut"
        await self._desk.post(path, {"amount": cut.amount}, once=f"{line['id']}-cut")
        self._tell(
            "line.price_cut",
            f"{line['description']}: its price is lowered by {written(cut.amount.money())}.",
            line=line["id"],
            amount=cut.amount,
        )
        for refund in await self._ended("ref_", "/v1/refunds/"):
            self._tell(
                f"refund.{refund['status']}",
                f"Refund {refund['id']} of {amount(refund['amount'])}: {refund['status']}.",
                refund=refund["id"],
                amount=refund["amount"],
            )

    async def _ended(self, prefix: str, path: str) -> list[View]:
        """The refunds or payouts of the order, when the timeline waits for none of them any more."""
        found = await until(
            f"the end of {path}",
            self.timeline,
            lambda told: (
                any(_about(entry, prefix) for entry in told["entries"])
                and not any(_about(one, prefix) for one in told["waiting_for"])
            ),
        )
        ids = dict.fromkeys(str(entry["about"]) for entry in found["entries"] if _about(entry, prefix))
        return [await self._desk.get(f"{path}{one}") for one in ids]


def _about(entry: View, prefix: str) -> bool:
    return str(entry["about"]).startswith(prefix)
