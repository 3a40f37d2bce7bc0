"""Errors a caller can act on.

    DomainError
    ├── Invalid        the input is not what was asked for; names the field
    ├── NotFound       no such object within the caller's sight
    ├── Denied         known caller, not allowed
    ├── Conflict       the object, or another request, is in the way
    ├── Precondition   the object has moved on since the caller read it
    ├── Refused        understood, and against a rule of the trade
    └── Unavailable    nothing was done; trying again may help

An error is data with a name: `code` is the contract, the facts are for machines, the sentence is for people.
The kind decides the HTTP status in one table of `platform/http`; nothing here knows HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

Fact = str | int | bool | None


class Fault(Struct, frozen=True):
    """One thing wrong with the input, and where: `pointer` is a JSON pointer (RFC 6901) or a query name."""

    pointer: str
    detail: str


class DomainError(Exception):
    """The root of all errors that a caller may see.

    The class docstring of every concrete error is the text of its page. `facts` never hold secrets, card numbers or
    personal data: they are shown to the caller, and logged.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    should_retry: ClassVar[bool] = False
    retry_after_seconds: ClassVar[int | None] = None

    def __init__(self, detail: str, *, faults: tuple[Fault, ...] = (), **facts: Fact) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults
        self.facts = facts


class Invalid(DomainError): ...


class NotFound(DomainError): ...


class Denied(DomainError): ...


class Conflict(DomainError): ...


class Precondition(DomainError): ...


class Refused(DomainError): ...


class Unavailable(DomainError):
    should_retry = True
    retry_after_seconds = 1


KINDS = (Invalid, NotFound, Denied, Conflict, Precondition, Refused, Unavailable)


def every_error(root: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """Every concrete error class that has been imported: those with a `code` of their own."""
    for child in root.__subclasses__():
        if "code" in child.__dict__:
            yield child
        yield from every_error(child)
