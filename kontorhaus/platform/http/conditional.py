"""Entity tags: `"<version>-<hash of the bytes>"`, strong, so that equal tags mean equal bytes (RFC 9110, 8.8)."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from kontorhaus.platform.answers import Answer

HASH_BYTES: Final = 8
"""64 bits: two answers of one version that differ share a tag once in 2^64 times."""

ANY_TAG: Final = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def entity_tag(answer: Answer) -> str:
    """The tag of these bytes. Its version is 0 where the answer is no single object, as for lists."""
    digest = hashlib.blake2b(answer.body, digest_size=HASH_BYTES).hexdigest()
    return f'"{answer.version or 0}-{digest}"'


def has_seen(tag: str, if_none_match: list[bytes]) -> bool:
    """Whether the caller has these bytes already. Tags are compared weakly, as the field demands."""
    if not if_none_match:
        return False
    given = b",".join(if_none_match)
    return given.strip() == b"*" or tag.encode("ascii") in ANY_TAG.findall(given)
