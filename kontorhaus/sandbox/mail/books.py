"""What a simulated mail server knows: the messages that it got, and the faults that it shall commit."""

from __future__ import annotations

import email
import email.policy
import fnmatch
from email.message import EmailMessage
from typing import Annotated, Final, Literal, cast

from msgspec import Meta, Struct, structs

from kontorhaus.sandbox.mail.store import Store, Stored

Stage = Literal["connect", "mail", "rcpt", "data", "accept"]


class Fault(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What shall go wrong, at which stage of a session, for whom, and how often.

    At `accept` the whole message is there. A `reply` below 400 or none means that it is kept; then `drop` loses the
    answer, and `delay_ms` holds it back. At any other stage `drop` ends the connection instead of an answer.
    `connect` and `mail` know no recipient yet and take `*` alone.
    """

    stage: Stage
    recipient: Annotated[str, Meta(max_length=320)] = "*"
    times: Annotated[int, Meta(ge=1)] | None = 1
    reply: Annotated[str, Meta(pattern=r"^[2-5][0-9][0-9] [\x20-\x7e]{1,400}$")] | None = None
    drop: bool = False
    delay_ms: Annotated[int, Meta(ge=0, le=600_000)] = 0


NO_FAULT: Final = Fault(stage="connect", times=None)


class Books:
    """Messages on disk, faults in memory: a restart is a mended server."""

    def __init__(self, store: Store) -> None:
        self.store: Final = store
        self._faults: list[Fault] = []

    @property
    def faults(self) -> list[Fault]:
        return list(self._faults)

    def add_fault(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear_faults(self) -> None:
        self._faults.clear()

    def fault(self, stage: Stage, recipient: str = "*") -> Fault:
        """The first fault that fits now; it is counted off."""
        for position, fault in enumerate(self._faults):
            fits = fault.recipient == "*" or fnmatch.fnmatchcase(recipient.lower(), fault.recipient.lower())
            if fault.stage == stage and fits:
                if fault.times == 1:
                    del self._faults[position]
                elif fault.times is not None:
                    self._faults[position] = structs.replace(fault, times=fault.times - 1)
                return fault
        return NO_FAULT


class Message(Struct, frozen=True):
    """A message as the page and the JSON show it; `headers` in their order, decoded."""

    id: int
    received_at: str
    sender: str
    recipients: list[str]
    secure: bool
    user: str | None
    message_id: str | None
    subject: str | None
    headers: list[tuple[str, str]]
    text: str | None
    html: str | None
    attachments: list[tuple[str | None, str, int]]
    raw: str


UNREADABLE: Final = (LookupError, ValueError, AttributeError, TypeError, RecursionError, AssertionError)
"""What Python's own parser raises for headers that are none, and for a character set that nobody knows."""


def read(stored: Stored) -> Message:
    """Take a message apart. What is no message is shown as far as it goes: its lines before the first empty one, and
    the raw text."""
    try:
        return _taken_apart(stored)
    except UNREADABLE:
        return _as_it_is(stored)


def _as_it_is(stored: Stored) -> Message:
    raw = stored.raw.decode("utf-8", "replace")
    lines = [line.partition(":") for line in raw.partition("\r\n\r\n")[0].splitlines()]
    headers = [(name, value.strip()) for name, colon, value in lines if colon]
    found = {name.lower(): value for name, value in reversed(headers)}
    return Message(
        id=stored.id,
        received_at=stored.received_at,
        sender=stored.sender,
        recipients=stored.recipients,
        secure=stored.secure,
        user=stored.user,
        message_id=found.get("message-id"),
        subject=found.get("subject"),
        headers=headers,
        text=None,
        html=None,
        attachments=[],
        raw=raw,
    )


def _taken_apart(stored: Stored) -> Message:
    parsed = email.message_from_bytes(stored.raw, policy=email.policy.default)
    return Message(
        id=stored.id,
        received_at=stored.received_at,
        sender=stored.sender,
        recipients=stored.recipients,
        secure=stored.secure,
        user=stored.user,
        message_id=_text(parsed["Message-ID"]),
        subject=_text(parsed["Subject"]),
        headers=[(name, str(value)) for name, value in parsed.items()],
        text=_part(parsed, "plain"),
        html=_part(parsed, "html"),
        attachments=[
            (
                part.get_filename(),
                part.get_content_type(),
                len(cast("bytes", part.get_payload(decode=True) or b"")),
            )
            for part in parsed.iter_attachments()
            if part.get_content_maintype() != "multipart"
        ]
        if parsed.get_content_type() == "multipart/mixed"
        else [],
        raw=stored.raw.decode("utf-8", "replace"),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _part(parsed: EmailMessage, kind: Literal["plain", "html"]) -> str | None:
    part = parsed.get_body((kind,))
    return None if part is None else str(part.get_content())
