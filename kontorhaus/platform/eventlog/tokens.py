"""Places and commits as callers outside hold them: short opaque texts, bound to their organization.

A token carries a check and no signature. Whoever forges one reaches nothing that the walls would not show him anyway,
and waits for a transaction that is not his; so it needs no key that processes would have to share.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, urlsafe_b64encode
from typing import Final, TypeVar

import msgspec

from kontorhaus.kernel.errors import Fault, Invalid
from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.eventlog.errors import CommitTokenInvalid, LogCursorInvalid
from kontorhaus.platform.eventlog.model import MAX_POSITION, MAX_XID, Cursor

CHECK_BYTES: Final = 6
"""A garbled token, or one of another organization, passes once in 2^48."""

CHARACTERS_MAX: Final = 64
"""The longest that we make has 40. A longer one is not ours and is not even decoded."""

T = TypeVar("T")


def cursor_text(org_id: OrgId, cursor: Cursor) -> str:
    """A place in the log for a caller of this organization to keep; it is the same place whatever he filters by."""
    return _packed("cursor", org_id, (cursor.epoch, cursor.position))


def cursor_of(org_id: OrgId, text: str) -> Cursor:
    """The place that a cursor names. LogCursorInvalid for one that is garbled or of another organization. Not checked:
    that the log has this place; see `refuse_stale`."""
    found = _unpacked("cursor", org_id, text, tuple[int, int])
    if found is None or not (0 < found[0] < 2**31 and 0 <= found[1] <= MAX_POSITION):
        raise _refused(LogCursorInvalid, "cursor", "pass a cursor on as it came, or leave it out")
    return Cursor(*found)


def commit_text(org_id: OrgId, xid: int) -> str:
    """What a write answers, so that a later read can wait until the log has come past it."""
    return _packed("commit", org_id, xid)


def commit_of(org_id: OrgId, text: str) -> int:
    """The transaction of a commit token. CommitTokenInvalid for one that is garbled or of another organization."""
    found = _unpacked("commit", org_id, text, int)
    if found is None or not 0 < found <= MAX_XID:
        raise _refused(CommitTokenInvalid, "wait", "pass on Kontorhaus-Commit as it came, or leave it out")
    return found


def _packed(purpose: str, org_id: OrgId, value: object) -> str:
    packed = msgspec.msgpack.encode(value)
    return urlsafe_b64encode(_check(purpose, org_id, packed) + packed).rstrip(b"=").decode("ascii")


def _unpacked(purpose: str, org_id: OrgId, text: str, kind: type[T]) -> T | None:
    if len(text) > CHARACTERS_MAX or not text.isascii():
        return None
    try:
        raw = b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        check, packed = raw[:CHECK_BYTES], raw[CHECK_BYTES:]
        if not hmac.compare_digest(check, _check(purpose, org_id, packed)):
            return None
        return msgspec.msgpack.decode(packed, type=kind)
    except (ValueError, msgspec.MsgspecError):
        return None


def _check(purpose: str, org_id: OrgId, packed: bytes) -> bytes:
    person = purpose.encode("ascii")
    return hashlib.blake2b(org_id.bytes + packed, digest_size=CHECK_BYTES, person=person).digest()


def _refused(error: type[Invalid], pointer: str, right: str) -> Invalid:
    return error(f"{pointer}: {right}", faults=(Fault(pointer, right),))
