"""Who is calling, as far as every room needs to know it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId

ActorKind = Literal["api_key", "device", "member", "house"]


class Actor(Struct, frozen=True):
    """The authenticated caller of one request, or the house itself (`kind="house"`) in jobs and commands.

    `id` names the credential or the person and `request_id` the request, for the audit log. Idempotency never uses
    them, since a rotated key must not repeat an effect; it uses `kind` and `device_id`.

    `frozen_at` is where the organization's test clock stands; None if its business time is the machine's.
    """

    org_id: OrgId
    kind: ActorKind
    id: UUID
    scopes: frozenset[str]
    mode: Literal["live", "test"]
    device_id: UUID | None = None
    request_id: str = "-"
    frozen_at: datetime | None = None

    def may(self, scope: str) -> bool:
        """Whether `scope` (`noun:verb`) was granted; `*` grants all, `noun:*` every verb of a noun."""
        return bool(self.scopes & {scope, "*", f"{scope.partition(':')[0]}:*"})
