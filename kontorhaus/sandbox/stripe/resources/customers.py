"""Customers."""

from __future__ import annotations

from typing import Any, Final

from msgspec import UNSET, UnsetType

from kontorhaus.sandbox.stripe import identifiers
from kontorhaus.sandbox.stripe.call import Call, changes
from kontorhaus.sandbox.stripe.endpoint import Endpoint, ListParams, page, retrieve
from kontorhaus.sandbox.stripe.errors import Object, invalid
from kontorhaus.sandbox.stripe.forms import Metadata, Params, given, merged
from kontorhaus.sandbox.stripe.resources import payment_methods
from kontorhaus.sandbox.stripe.resources.payment_methods import AddressParams, address


class InvoiceSettings(Params, kw_only=True):
    default_payment_method: str | None = None


class Update(Params, kw_only=True):
    address: AddressParams | str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    invoice_settings: InvoiceSettings | UnsetType = UNSET
    metadata: Metadata | str | None = None
    name: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    preferred_locales: list[str] | UnsetType = UNSET
    shipping: dict[str, Any] | str | UnsetType = UNSET
    tax_exempt: str | UnsetType = UNSET


class Create(Update, kw_only=True):
    payment_method: str | None = None


class List(ListParams, kw_only=True):
    email: str | None = None


def create(call: Call, params: Create) -> Object:
    customer = call.new(
        "customer",
        {
            "object": "customer",
            "address": None,
            "balance": 0,
            "currency": None,
            "customer_account": None,
            "default_source": None,
            "delinquent": False,
            "description": None,
            "discount": None,
            "email": None,
            "invoice_prefix": identifiers.letters(8).upper(),
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "metadata": {},
            "name": None,
            "next_invoice_sequence": 1,
            "phone": None,
            "preferred_locales": [],
            "shipping": None,
            "tax_exempt": "none",
            "test_clock": None,
        },
    )
    _fill(customer, params)
    call.insert(customer)
    if params.payment_method:
        payment_methods.attach(call, payment_methods.Attach(customer=customer["id"]), params.payment_method)
    _check_default(call, customer)
    call.emit("customer.created", customer)
    return customer


def _fill(customer: Object, params: Update) -> None:
    customer |= given(
        params, "description", "email", "name", "phone", "preferred_locales", "shipping", "tax_exempt"
    )
    if isinstance(params.address, AddressParams):
        customer["address"] = address(params.address)
    elif params.address == "":
        customer["address"] = None
    if isinstance(params.invoice_settings, InvoiceSettings):
        default = params.invoice_settings.default_payment_method or None
        customer["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": default}
    customer["metadata"] = merged(customer["metadata"], params.metadata)


def _check_default(call: Call, customer: Object) -> None:
    default = customer["invoice_settings"]["default_payment_method"]
    if default is None:
        return
    param = "invoice_settings[default_payment_method]"
    if call.get("payment_method", default, param=param)["customer"] != customer["id"]:
        raise invalid(
            f"The customer does not have a payment method with the ID {default}. The payment method must be attached "
            "to the customer.",
            param=param,
            code="resource_missing",
        )


def update(call: Call, params: Update, wanted: str) -> Object:
    customer = call.get("customer", wanted)
    before = dict(customer)
    _fill(customer, params)
    _check_default(call, customer)
    call.save(customer)
    call.emit("customer.updated", customer, changes(before, customer))
    return customer


def delete(call: Call, params: Params, wanted: str) -> Object:
    del params
    customer = call.get("customer", wanted)
    for method in call.linked("payment_method", customer=wanted):
        payment_methods.detach(call, Params(), method["id"])
    call.store.delete(wanted)
    call.emit("customer.deleted", customer)
    return {"id": wanted, "object": "customer", "deleted": True}


def list_all(call: Call, params: List) -> Object:
    return page(call, "customer", params, "/v1/customers", fields={"email": params.email})


ENDPOINTS: Final = (
    Endpoint("POST", "/v1/customers", Create, create),
    Endpoint("GET", "/v1/customers", List, list_all),
    Endpoint("GET", "/v1/customers/{id}", Params, retrieve("customer")),
    Endpoint("POST", "/v1/customers/{id}", Update, update),
    Endpoint("DELETE", "/v1/customers/{id}", Params, delete),
)
