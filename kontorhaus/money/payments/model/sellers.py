"""A seller's account at a provider: whether he may be paid out, as far as the provider has told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from msgspec import Struct

from kontorhaus.money.payments.errors import SellerAccountConflict
from kontorhaus.money.payments.model.ids import (
    SELLER_ACCOUNT,
    OperationId,
    PaymentConnectionId,
    SellerAccountId,
)
from kontorhaus.money.payments.model.observations import SellerAccountStatus
from kontorhaus.people.parties import PartyId

BusinessType = Literal["individual", "company"]

BUSINESS_TYPES: Final[Mapping[str, BusinessType]] = {"person": "individual", "company": "company"}
"""What a kind of party is called by providers."""


class Status(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    RESTRICTED = "restricted"
    CLOSED = "closed"


class Step(StrEnum):
    ACTIVATE = "activate"
    RESTRICT = "restrict"
    CLOSE = "close"


TRANSITIONS: Final = {
    (Status.PENDING, Step.ACTIVATE): Status.ACTIVE,
    (Status.PENDING, Step.CLOSE): Status.CLOSED,
    (Status.ACTIVE, Step.RESTRICT): Status.RESTRICTED,
    (Status.ACTIVE, Step.CLOSE): Status.CLOSED,
    (Status.RESTRICTED, Step.ACTIVATE): Status.ACTIVE,
    (Status.RESTRICTED, Step.CLOSE): Status.CLOSED,
}


class SellerAccount(Struct, frozen=True):
    """The standing of one seller at one connection. `due` names what he still has to show, in the provider's words.

    `provider_account` is None until the provider has opened it; `reason` says why it refused to. `operation_id` is the
    call that opens it, as long as that is open.
    """

    id: SellerAccountId
    party: PartyId
    connection_id: PaymentConnectionId
    country: str
    business_type: BusinessType
    status: str
    due: list[str]
    provider_account: str | None
    reason: str | None
    operation_id: OperationId | None
    version: int
    created_at: datetime
    activated_at: datetime | None
    closed_at: datetime | None


def advance(account: SellerAccount, step: Step) -> Status:
    status = TRANSITIONS.get((Status(account.status), step))
    if status is None:
        raise SellerAccountConflict(
            f"a seller account that is {account.status} takes no {step}",
            seller_account=SELLER_ACCOUNT.text(account.id),
        )
    return status


def step_to(account: SellerAccount, seen: SellerAccountStatus) -> Step | None:
    """The step to what a provider says, if it is one. Who was never active stays pending, whatever is missing; what
    was closed stays closed."""
    status = Status(account.status)
    match seen:
        case SellerAccountStatus.ACTIVE:
            step = Step.ACTIVATE
        case SellerAccountStatus.CLOSED:
            step = Step.CLOSE
        case SellerAccountStatus.PENDING | SellerAccountStatus.RESTRICTED:
            step = Step.RESTRICT
    return step if (status, step) in TRANSITIONS else None


def opens(account: SellerAccount) -> bool:
    """Whether the provider is to be asked to open it: it has not, and no such call is open."""
    return (
        account.provider_account is None and account.operation_id is None and account.status != Status.CLOSED
    )
