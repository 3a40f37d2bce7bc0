"""The mail server that takes our mail, and who it is from: the operator's two settings as values."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Tls = Literal["implicit", "starttls", "none"]


class Server(Struct, frozen=True):
    """Where mail is handed over. It has no readable form, since it holds a password."""

    host: str
    port: int
    tls: Tls
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"Server({self.place}, {self.tls})"

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"


class Sender(Struct, frozen=True):
    """Who the house's mail is from: an address of the operator's domain, since only that passes SPF and DMARC."""

    address: str
    name: str | None

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]
