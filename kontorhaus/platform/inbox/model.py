"""What comes in and what is made of it: values, and what a message may become.

waiting ──carried out──▶ done
   │ ▲ │
   │ │ └──failed for the last time──▶ quarantined ──given up by a person──▶ discarded
   │ └──────replayed by a person───────────┘                                    ▲
   └──────────────────────────given up by a person──────────────────────────────┘
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import Noun, OrgId

ConnectionId = NewType("ConnectionId", UUID)
CONNECTION: Final = Noun("inb", ConnectionId)

MessageId = NewType("MessageId", UUID)
MESSAGE: Final = Noun("inm", MessageId)


class Delivery(Struct, frozen=True):
    """One request as its sender made it: names of header fields in small letters, the body to the byte."""

    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def header(self, name: str) -> list[bytes]:
        """Every value of a field, in the order in which they came."""
        wanted = name.encode("ascii")
        return [value for key, value in self.headers if key == wanted]


class Reason(StrEnum):
    """Why a delivery is not believed, or not understood. Table `inbox_refusal` knows these and no others."""

    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_MALFORMED = "signature_malformed"
    SIGNATURE_WRONG = "signature_wrong"
    TIMESTAMP_MALFORMED = "timestamp_malformed"
    TIMESTAMP_OUTSIDE = "timestamp_outside"
    BODY_UNREADABLE = "body_unreadable"


class Accepted(Struct, frozen=True):
    """A delivery that is its sender's, and what he says it is.

    `event_id` is his own id of it, the same when he sends it again. `subject` is his object within which order matters;
    None where none does. `sequence` is that order, where he has one: a version, or the second at which it happened;
    equal ones go by arrival. These are kept for ever or shown to operators: ids and names, never personal data.
    """

    event_id: str
    kind: str
    subject: str | None = None
    sequence: int = 0
    occurred_at: datetime | None = None


class Refused(Struct, frozen=True):
    reason: Reason


Verifier = Callable[[Delivery, Sequence[bytes], datetime], Accepted | Refused]
"""Pure: the delivery, the secrets that hold now, and machine time. Whatever a stranger sends, it answers and raises
nothing."""

Reader = Callable[[Delivery], Accepted | None]
"""What a believed delivery says; None if it cannot be read. A stranger's never gets here."""

EVENT_ID_MAX: Final = 255
KIND_MAX: Final = 100
SUBJECT_MAX: Final = 150
"""As the tables have them: ids of providers have 18 to 80 characters, and a job's key must hold a subject and more."""

SEQUENCE_MAX: Final = 2**63 - 1
"""A bigint."""


def can_be_kept(accepted: Accepted) -> bool:
    """Whether a row can hold what the sender said."""
    texts = ((accepted.event_id, EVENT_ID_MAX), (accepted.kind, KIND_MAX), (accepted.subject, SUBJECT_MAX))
    for text, longest in texts:
        if text is not None and not (1 <= len(text) <= longest and _is_plain(text)):
            return False
    return abs(accepted.sequence) <= SEQUENCE_MAX


def _is_plain(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


class Status(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    QUARANTINED = "quarantined"
    DISCARDED = "discarded"


class Message(Struct, frozen=True):
    """A kept delivery, as the action that carries it out gets it. `attempt` counts from 1."""

    id: MessageId
    org_id: OrgId
    connection_id: ConnectionId
    source: str
    event_id: str
    kind: str
    subject: str | None
    sequence: int
    occurred_at: datetime | None
    received_at: datetime
    attempt: int
    delivery: Delivery


class HeldSecret(Struct, frozen=True, array_like=True):
    """A secret that verifies until then; for good if it was not replaced."""

    secret: bytes
    until: datetime | None = None


SECRETS_MAX: Final = 4
"""The present one and the last three: who rotates more often than his overlap is long loses the oldest."""


def rotated(held: Sequence[HeldSecret], secret: bytes, *, now: datetime, until: datetime) -> list[HeldSecret]:
    """The new secret first; older ones hold until `until`, or until they would have ended anyway."""
    kept = [HeldSecret(old.secret, min(old.until or until, until)) for old in held if old.secret != secret]
    return [HeldSecret(secret), *(old for old in kept if old.until is not None and old.until > now)][
        :SECRETS_MAX
    ]


def valid(held: Sequence[HeldSecret], now: datetime) -> list[bytes]:
    return [one.secret for one in held if one.until is None or one.until > now]


def key_of(connection_id: UUID, subject: str | None, message_id: UUID) -> str:
    """What the job of a message is held up by: the others of its subject, or none."""
    return f"{connection_id} {subject}" if subject is not None else str(message_id)
