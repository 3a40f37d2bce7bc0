"""What Stripe answers when it does not do what was asked (https://docs.stripe.com/api/errors)."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
"""An object of the API as it stands in the books and, but for names that begin with `_`, in answers."""


class StripeError(Exception):
    """An answer that is not 2xx.

    `kept` says that what was written until then stays: a declined card leaves a failed charge behind, while a refused
    parameter leaves nothing.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        decline_code: str | None = None,
        kept: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kept = kept
        self.retry: bool | None = None
        self.content: Object = {"type": kind, "message": message, **more}
        for name, value in (("code", code), ("param", param), ("decline_code", decline_code)):
            if value is not None:
                self.content[name] = value
        if code is not None:
            self.content["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"


def invalid(message: str, *, param: str | None = None, code: str | None = None, **more: Any) -> StripeError:
    """The request is at odds with the rules or with how things stand; nothing was done."""
    return StripeError(400, "invalid_request_error", message, param=param, code=code, **more)


def missing(noun: str, wanted: str, *, param: str | None = None, status: int = 404) -> StripeError:
    """There is no such object on this account, or none that the key may see: Stripe tells the two apart for nobody."""
    return StripeError(
        status,
        "invalid_request_error",
        f"No such {noun}: '{wanted}'",
        code="resource_missing",
        param=param or "id",
    )


def declined(code: str, message: str, *, decline_code: str | None, **more: Any) -> StripeError:
    """The card's bank, or Stripe, refuses the card."""
    return StripeError(402, "card_error", message, code=code, decline_code=decline_code, kept=True, **more)


def broken(message: str = "An unknown error occurred") -> StripeError:
    """Something is wrong on Stripe's side."""
    return StripeError(500, "api_error", message)


def busy() -> StripeError:
    """Too many requests in too short a time. Nothing was done and nothing is remembered."""
    found = StripeError(
        429,
        "invalid_request_error",
        "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        code="rate_limit",
    )
    found.retry = False
    return found


def locked() -> StripeError:
    """Another request holds the same object. Nothing was done and nothing is remembered."""
    found = StripeError(
        429,
        "invalid_request_error",
        "This object cannot be accessed right now because another API request or Stripe process is currently "
        "accessing it.",
        code="lock_timeout",
    )
    found.retry = True
    return found
