"""Transfers from the platform to its connected accounts, and their reversals."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET, UnsetType

from kontorhaus.sandbox.stripe import identifiers, money, movements
from kontorhaus.sandbox.stripe.call import Call, changes
from kontorhaus.sandbox.stripe.endpoint import Endpoint, ListParams, listed, page, retrieve
from kontorhaus.sandbox.stripe.errors import Object, invalid, missing
from kontorhaus.sandbox.stripe.forms import Metadata, Params, given, merged
from kontorhaus.sandbox.stripe.resources import charges


class Create(Params, kw_only=True):
    currency: str
    destination: str
    amount: int | None = None
    description: str | None = None
    metadata: Metadata | None = None
    source_transaction: str | None = None
    source_type: Literal["card"] = "card"
    transfer_group: str | None = None


class Update(Params, kw_only=True):
    description: str | UnsetType = UNSET
    metadata: Metadata | str | None = None


class List(ListParams, kw_only=True):
    destination: str | None = None
    transfer_group: str | None = None


class Reverse(Params, kw_only=True):
    amount: int | None = None
    description: str | None = None
    metadata: Metadata | None = None


class UpdateReversal(Params, kw_only=True):
    metadata: Metadata | str | None = None


def create(call: Call, params: Create) -> Object:
    currency = money.currency_of(params.currency)
    destination = _destination(call, params.destination)
    charge = None
    if params.source_transaction:
        charge = call.get("charge", params.source_transaction, param="source_transaction")
    amount = params.amount if params.amount is not None else charge["amount_captured"] if charge else None
    if amount is None:
        raise invalid("Missing required param: amount.", param="amount", code="parameter_missing")
    money.check_positive(amount)
    group = params.transfer_group or None
    available_on = call.now
    if charge is None:
        _check_balance(call, amount, currency)
    else:
        available_on, group = _from_charge(call, charge, amount, currency, group)
    transfer = _shape(call, params, amount, currency, charge, group)
    movement = movements.move(
        call,
        "transfer",
        category="transfer",
        amount=-amount,
        currency=currency,
        source=transfer["id"],
        against=f"transit:{transfer['id']}",
        available_on=available_on,
        description=transfer["description"],
    )
    transfer["balance_transaction"] = movement["id"]
    payment = _arrive(call.acting_for(destination["id"]), transfer, available_on)
    transfer["destination_payment"] = payment["id"]
    call.insert(transfer)
    call.emit("transfer.created", transfer)
    return transfer


def _destination(call: Call, wanted: str) -> Object:
    found = call.store.get(wanted, "account", call.platform)
    if found is None:
        raise missing("destination", wanted, param="destination", status=400)
    if found["capabilities"].get("transfers") != "active":
        raise invalid(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers, "
            "crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    return found


def _check_balance(call: Call, amount: int, currency: str) -> None:
    if amount > movements.available(call, currency):
        raise money.insufficient(
            "You have insufficient available funds in your Stripe account. Try adding funds directly to your available "
            "balance by creating Charges using the 4000000000000077 test card. See: "
            "https://stripe.com/docs/testing#available-balance"
        )


def _from_charge(
    call: Call, charge: Object, amount: int, currency: str, group: str | None
) -> tuple[int, str | None]:
    """When money tied to a charge becomes available, and the group that both belong to."""
    if currency != charge["currency"]:
        raise invalid(
            f"The currency of source_transaction's balance transaction ({charge['currency']}) must be the same as the "
            f"transfer currency ({currency})",
            param="currency",
        )
    if not charge["captured"]:
        raise invalid(f"The charge {charge['id']} has not been captured.", param="source_transaction")
    used = sum(
        other["amount"] - other["amount_reversed"]
        for other in call.linked("transfer", source_transaction=charge["id"])
    )
    if used + amount > charge["amount_captured"]:
        raise invalid(
            "Transfers using this transaction as a source must not exceed the source amount of "
            f"{money.written(charge['amount_captured'], currency)}. There is already a total of "
            f"{money.written(used, currency)} in transfers using this source.",
            param="amount",
        )
    if charge["transfer_group"] and group and group != charge["transfer_group"]:
        raise invalid(
            "You cannot use `transfer_group` with a `source_transaction` that has another `transfer_group`.",
            param="transfer_group",
        )
    if charge["transfer_group"] is None:
        charge["transfer_group"] = group or f"group_{charge['payment_intent'] or charge['id']}"
        call.save(charge)
    settled = charge["balance_transaction"]
    available_on = call.get("balance_transaction", settled)["available_on"] if settled else call.now
    return max(available_on, call.now), charge["transfer_group"]


def _shape(
    call: Call, params: Create, amount: int, currency: str, charge: Object | None, group: str | None
) -> Object:
    transfer = call.new("transfer", {})
    return {
        **transfer,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": None,
        "currency": currency,
        "description": params.description or None,
        "destination": params.destination,
        "destination_payment": None,
        "metadata": params.metadata or {},
        "reversals": listed([], f"/v1/transfers/{transfer['id']}/reversals"),
        "reversed": False,
        "source_transaction": charge["id"] if charge else None,
        "source_type": "card",
        "transfer_group": group,
    }


def _arrive(there: Call, transfer: Object, available_on: int) -> Object:
    """The other side: on the connected account a transfer is a payment to it."""
    amount, currency = transfer["amount"], transfer["currency"]
    payment = there.new(
        "payment",
        {
            **charges.blank(),
            "amount": amount,
            "amount_captured": amount,
            "captured": True,
            "currency": currency,
            "description": transfer["description"],
            "paid": True,
            "payment_method_details": {"stripe_account": {}, "type": "stripe_account"},
            "source": {"id": there.platform, "object": "account"},
            "source_transfer": transfer["id"],
            "status": "succeeded",
            "transfer_group": transfer["transfer_group"],
        },
    )
    movement = movements.move(
        there,
        "payment",
        category="charge",
        amount=amount,
        currency=currency,
        source=payment["id"],
        against=f"transit:{transfer['id']}",
        available_on=available_on,
        description=transfer["description"],
    )
    payment["balance_transaction"] = movement["id"]
    there.insert(payment)
    there.emit("payment.created", payment)
    return payment


def reverse(call: Call, params: Reverse, wanted: str) -> Object:
    transfer = call.get("transfer", wanted)
    left, currency = transfer["amount"] - transfer["amount_reversed"], transfer["currency"]
    amount = left if params.amount is None else params.amount
    if left == 0:
        raise invalid(f"Transfer {wanted} is already fully reversed.", code="transfer_already_reversed")
    money.check_positive(amount)
    if amount > left:
        raise invalid(
            f"Reversal amount ({money.written(amount, currency)}) is greater than unreversed amount on transfer "
            f"({money.written(left, currency)})",
            param="amount",
        )
    there = call.acting_for(transfer["destination"])
    if amount > movements.total(there, currency):
        raise money.insufficient(
            "The recipient of this transfer does not have sufficient funds in their Stripe balance to reverse this "
            "amount."
        )
    reversal = call.new("transfer_reversal", {"object": "transfer_reversal", "amount": amount})
    reversal |= {
        "currency": currency,
        "metadata": params.metadata or {},
        "source_refund": None,
        "transfer": wanted,
    }
    del reversal["livemode"]
    available_on = _reversed_on(there, transfer)
    movement = movements.move(
        call,
        "transfer_refund",
        category="transfer_reversal",
        amount=amount,
        currency=currency,
        source=reversal["id"],
        against=f"transit:{wanted}",
        available_on=available_on,
        description=f"REFUND FOR TRANSFER ({wanted})",
    )
    reversal["balance_transaction"] = movement["id"]
    reversal["destination_payment_refund"] = _return(there, transfer, reversal, available_on)
    call.insert(reversal)
    _note(call, transfer, reversal)
    return reversal


def _reversed_on(there: Call, transfer: Object) -> int:
    """Money that is not yet available goes back as money that is not yet available."""
    payment = there.get("charge", transfer["destination_payment"])
    arrived = there.get("balance_transaction", payment["balance_transaction"])
    return max(there.now, int(arrived["available_on"]))


def _return(there: Call, transfer: Object, reversal: Object, available_on: int) -> str:
    payment = there.get("charge", transfer["destination_payment"])
    refund = {
        "id": identifiers.new("payment_refund"),
        "object": "refund",
        "amount": reversal["amount"],
        "balance_transaction": None,
        "charge": payment["id"],
        "created": there.now,
        "currency": reversal["currency"],
        "customer": None,
        "customer_account": None,
        "destination_details": None,
        "metadata": {},
        "payment_intent": None,
        "payment_method": None,
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": reversal["id"],
        "status": "succeeded",
        "transfer_reversal": None,
    }
    movement = movements.move(
        there,
        "payment_refund",
        category="refund",
        amount=-reversal["amount"],
        currency=reversal["currency"],
        source=refund["id"],
        against=f"transit:{transfer['id']}",
        available_on=available_on,
        description="REFUND FOR PAYMENT",
    )
    refund["balance_transaction"] = movement["id"]
    there.insert(refund)
    payment["amount_refunded"] += reversal["amount"]
    payment["refunded"] = payment["amount_refunded"] == payment["amount"]
    there.save(payment)
    there.emit("charge.refunded", payment)
    return str(refund["id"])


def _note(call: Call, transfer: Object, reversal: Object) -> None:
    before = dict(transfer)
    transfer["amount_reversed"] += reversal["amount"]
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    found = [reversal, *transfer["reversals"]["data"]]
    transfer["reversals"] = listed(found[:10], transfer["reversals"]["url"], more=len(found) > 10)
    call.save(transfer)
    call.emit("transfer.reversed", transfer, changes(before, transfer))


def update(call: Call, params: Update, wanted: str) -> Object:
    transfer = call.get("transfer", wanted)
    before = dict(transfer)
    transfer |= given(params, "description")
    transfer["metadata"] = merged(transfer["metadata"], params.metadata)
    call.save(transfer)
    call.emit("transfer.updated", transfer, changes(before, transfer))
    return transfer


def list_all(call: Call, params: List) -> Object:
    links = {"destination": params.destination, "transfer_group": params.transfer_group}
    return page(call, "transfer", params, "/v1/transfers", links=links)


def list_reversals(call: Call, params: ListParams, wanted: str) -> Object:
    call.get("transfer", wanted)
    url = f"/v1/transfers/{wanted}/reversals"
    return page(call, "transfer_reversal", params, url, links={"transfer": wanted})


def retrieve_reversal(call: Call, params: Params, transfer: str, wanted: str) -> Object:
    del params
    call.get("transfer", transfer)
    found = call.get("transfer_reversal", wanted)
    if found["transfer"] != transfer:
        raise missing("transfer_reversal", wanted)
    return found


def update_reversal(call: Call, params: UpdateReversal, transfer: str, wanted: str) -> Object:
    found = retrieve_reversal(call, Params(), transfer, wanted)
    found["metadata"] = merged(found["metadata"], params.metadata)
    return call.save(found)


ENDPOINTS: Final = (
    Endpoint("POST", "/v1/transfers", Create, create),
    Endpoint("GET", "/v1/transfers", List, list_all),
    Endpoint("GET", "/v1/transfers/{id}", Params, retrieve("transfer")),
    Endpoint("POST", "/v1/transfers/{id}", Update, update),
    Endpoint("POST", "/v1/transfers/{id}/reversals", Reverse, reverse),
    Endpoint("GET", "/v1/transfers/{id}/reversals", ListParams, list_reversals),
    Endpoint("GET", "/v1/transfers/{id}/reversals/{reversal}", Params, retrieve_reversal),
    Endpoint("POST", "/v1/transfers/{id}/reversals/{reversal}", UpdateReversal, update_reversal),
)
