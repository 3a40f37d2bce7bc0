"""What one unsafe call is, apart from who carried it: pure values."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.actor import ActorKind

KEPT: Final = timedelta(hours=72)
"""How long a key is remembered: a client bug shipped on Friday evening, or a phone that was offline over the
weekend, still finds its answer on Monday."""

NO_DEVICE: Final = UUID(int=0)
"""Stands for "not a device" in the key's scope: a primary key takes no NULL."""


class Once(Struct, frozen=True):
    """The identity of one unsafe call: equal ones are the same call, however often they arrive.

    The scope is the organization, the kind of actor (and the device, for devices) and the operation; never the
    credential, since a key rotated between two tries must not charge twice.
    """

    org_id: OrgId
    actor_kind: ActorKind
    device_id: UUID | None
    operation: str
    key: str
    body_hash: bytes
    version: str


class Resume(Struct, frozen=True):
    """How an unfinished call is brought to its end: the resumer registered under `kind` is called with `subject`."""

    kind: str
    subject: UUID
