"""Every SQL statement of parties."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from kontorhaus.people.parties.model import (
    Address,
    BankAccount,
    Contact,
    Party,
    PartyId,
    PartyKind,
    Role,
    Summary,
    TaxId,
)
from kontorhaus.platform.db import Command, Query


class Version(Struct, frozen=True):
    version: int


class State(Struct, frozen=True):
    version: int
    erased_at: datetime | None


class Locked(Struct, frozen=True):
    locked: bool


class Holder(Struct, frozen=True):
    id: PartyId


class Content(Struct, frozen=True):
    content: bytes


class Sealed(Struct, frozen=True):
    iban: bytes


class Count(Struct, frozen=True):
    found: int


class Hit(Struct, frozen=True):
    """A party and the word by which a search found it."""

    id: PartyId
    kind: PartyKind
    name: str | None
    roles: list[Role]
    country: str
    reference: str | None
    language: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None
    term: str

    def summary(self) -> Summary:
        return Summary(*(getattr(self, name) for name in Summary.__struct_fields__))


class Whole(Struct, frozen=True):
    """A party in one row, its parts as JSON."""

    id: PartyId
    kind: PartyKind
    name: str | None
    roles: list[Role]
    country: str
    reference: str | None
    language: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None
    addresses: str
    contacts: str
    tax_ids: str
    bank_accounts: str

    def party(self) -> Party:
        return Party(
            summary=Summary(*(getattr(self, name) for name in Summary.__struct_fields__)),
            addresses=_ADDRESSES.decode(self.addresses),
            contacts=_CONTACTS.decode(self.contacts),
            tax_ids=_TAX_IDS.decode(self.tax_ids),
            bank_accounts=_BANK_ACCOUNTS.decode(self.bank_accounts),
        )


_ADDRESSES: Final = msgspec.json.Decoder(list[Address])
_CONTACTS: Final = msgspec.json.Decoder(list[Contact])
_TAX_IDS: Final = msgspec.json.Decoder(list[TaxId])
_BANK_ACCOUNTS: Final = msgspec.json.Decoder(list[BankAccount])

# One statement and so one snapshot: a version and parts that do not belong together would poison an ETag.
WHOLE = Query(
    Whole,
    """
    SELECT p.id, p.kind, f.name,
        ARRAY(SELECT r.role FROM party_role r
              WHERE r.org_id = p.org_id AND r.party_id = p.id ORDER BY r.role) AS roles,
        p.country, p.reference, p.language, p.version, p.created_at, p.updated_at, p.erased_at,
        (SELECT coalesce(jsonb_agg(to_jsonb(part) ORDER BY part.id), '[]') FROM (
            SELECT a.id, a.purpose, a.recipient, a.line1, a.line2, a.postal_code, a.city, a.region, a.country,
                a.valid_from, a.valid_to
            FROM party_address a WHERE a.org_id = p.org_id AND a.party_id = p.id) AS part) AS addresses,
        (SELECT coalesce(jsonb_agg(to_jsonb(part) ORDER BY part.position), '[]') FROM (
            SELECT c.position, c.kind, c.value, c.label
            FROM party_contact c WHERE c.org_id = p.org_id AND c.party_id = p.id) AS part) AS contacts,
        (SELECT coalesce(jsonb_agg(to_jsonb(part) ORDER BY part.id), '[]') FROM (
            SELECT t.id, t.kind, t.value, t.country, t.valid_from, t.valid_to
            FROM party_tax_id t WHERE t.org_id = p.org_id AND t.party_id = p.id) AS part) AS tax_ids,
        (SELECT coalesce(jsonb_agg(to_jsonb(part) ORDER BY part.id), '[]') FROM (
            SELECT b.id, encode(b.fingerprint, 'base64') AS fingerprint, b.last_four, b.country, b.bic,
                b.holder, b.valid_from, b.valid_to
            FROM party_bank_account b WHERE b.org_id = p.org_id AND b.party_id = p.id) AS part
        ) AS bank_accounts
    FROM party p LEFT JOIN party_profile f ON f.org_id = p.org_id AND f.party_id = p.id
    WHERE p.org_id = $1 AND p.id = ANY ($2)
    """,
)

# Two statements, since a reader that waited for the lock must not look with the eyes of before. The unique index
# would refuse the second of two as well, but as a broken transaction and not as an answer.
LOCK_REFERENCE = Query(
    Locked, "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0)) IS NOT NULL AS locked"
)

HOLDER = Query(Holder, "SELECT id FROM party WHERE org_id = $1 AND reference = $2")

STATE = Query(State, "SELECT version, erased_at FROM party WHERE org_id = $1 AND id = $2")

# Waits for a transaction that is creating the same party at this instant, then returns no row.
INSERT_PARTY = Query(
    Version,
    """
    INSERT INTO party (org_id, id, kind, country, language, reference, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
    ON CONFLICT (org_id, id) DO NOTHING
    RETURNING version
    """,
)

# The row's lock, which every change of a party takes first; none comes back for a stale version or an erased
# party.
CHANGE_PARTY = Query(
    Version,
    """
    UPDATE party SET
        country = coalesce($5, country),
        reference = CASE WHEN $6 THEN $7 ELSE reference END,
        language = CASE WHEN $8 THEN $9 ELSE language END,
        version = version + 1, updated_at = $4
    WHERE org_id = $1 AND id = $2 AND ($3::integer IS NULL OR version = $3) AND erased_at IS NULL
    RETURNING version
    """,
)

TOUCH_PARTY = Query(
    Version,
    """
    UPDATE party SET version = version + 1, updated_at = $3
    WHERE org_id = $1 AND id = $2 AND erased_at IS NULL
    RETURNING version
    """,
)

INSERT_PROFILE = Command(
    "INSERT INTO party_profile (org_id, party_id, name, content) VALUES ($1, $2, $3, $4)"
)

CONTENT = Query(Content, "SELECT content FROM party_profile WHERE org_id = $1 AND party_id = $2")

RENAME = Command("UPDATE party_profile SET name = $3 WHERE org_id = $1 AND party_id = $2")

DROP_ROLES = Command(
    "DELETE FROM party_role WHERE org_id = $1 AND party_id = $2 AND role <> ALL ($3::text[])"
)

ADD_ROLES = Command(
    """
    INSERT INTO party_role (org_id, role, party_id)
    SELECT $1::uuid, role, $2::uuid FROM unnest($3::text[]) AS role
    ON CONFLICT (org_id, role, party_id) DO NOTHING
    """
)

DELETE_CONTACTS = Command("DELETE FROM party_contact WHERE org_id = $1 AND party_id = $2")

INSERT_CONTACT = Command(
    """
    INSERT INTO party_contact (org_id, party_id, position, kind, value, label)
    VALUES ($1, $2, $3, $4, $5, $6)
    """
)

INSERT_ADDRESS = Command(
    """
    INSERT INTO party_address
        (org_id, party_id, id, purpose, recipient, line1, line2, postal_code, city, region, country,
         valid_from, valid_to)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    """
)

INSERT_TAX_ID = Command(
    """
    INSERT INTO party_tax_id (org_id, party_id, id, kind, value, country, valid_from, valid_to)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    """
)

INSERT_BANK_ACCOUNT = Command(
    """
    INSERT INTO party_bank_account
        (org_id, party_id, id, fingerprint, last_four, country, bic, holder, valid_from, valid_to, iban)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    """
)

END_ADDRESS = Command(
    "UPDATE party_address SET valid_to = $4 WHERE org_id = $1 AND party_id = $2 AND id = $3"
)

END_TAX_ID = Command("UPDATE party_tax_id SET valid_to = $4 WHERE org_id = $1 AND party_id = $2 AND id = $3")

END_BANK_ACCOUNT = Command(
    "UPDATE party_bank_account SET valid_to = $4 WHERE org_id = $1 AND party_id = $2 AND id = $3"
)

SEALED_IBAN = Query(
    Sealed, "SELECT iban FROM party_bank_account WHERE org_id = $1 AND party_id = $2 AND id = $3"
)

DROP_TERMS = Command(
    "DELETE FROM party_term WHERE org_id = $1 AND party_id = $2 AND term <> ALL ($3::text[])"
)

ADD_TERMS = Command(
    """
    INSERT INTO party_term (org_id, term, party_id)
    SELECT $1::uuid, term, $2::uuid FROM unnest($3::text[]) AS term
    ON CONFLICT (org_id, term, party_id) DO NOTHING
    """
)

ERASE_PARTY = Query(
    Version,
    """
    UPDATE party SET version = version + 1, updated_at = $3, erased_at = $3
    WHERE org_id = $1 AND id = $2 AND erased_at IS NULL
    RETURNING version
    """,
)

# Every table that holds something personal; a test compares it with the schema.
ERASURES = (
    Command("DELETE FROM party_profile WHERE org_id = $1 AND party_id = $2"),
    Command("DELETE FROM party_address WHERE org_id = $1 AND party_id = $2"),
    Command("DELETE FROM party_contact WHERE org_id = $1 AND party_id = $2"),
    Command("DELETE FROM party_tax_id WHERE org_id = $1 AND party_id = $2"),
    Command("DELETE FROM party_bank_account WHERE org_id = $1 AND party_id = $2"),
    Command("DELETE FROM party_term WHERE org_id = $1 AND party_id = $2"),
)

# The lists. Each walks one index in the order of its answer and stops at its limit: no sort, whatever the
# size. The limit stands inside, before the join, or the planner may walk all parties to find those of a role.
# Joins and conditions are scalar and lateral sub-queries on purpose: asked once per row, never turned into a
# hash of a whole table, which a generic plan would do, since it takes an unknown limit for a tenth of all
# rows.


def _listed(page: str, *, order: str, also: str = "") -> str:
    """The summaries of a page of (org_id, party_id), which `page` selects in its order."""
    return f"""
    SELECT p.id, p.kind,
        (SELECT f.name FROM party_profile f WHERE f.org_id = p.org_id AND f.party_id = p.id) AS name,
        ARRAY(SELECT r.role FROM party_role r
              WHERE r.org_id = p.org_id AND r.party_id = p.id ORDER BY r.role) AS roles,
        p.country, p.reference, p.language, p.version, p.created_at, p.updated_at, p.erased_at{also}
    FROM ({page}) AS page
    JOIN LATERAL (
        SELECT q.org_id, q.id, q.kind, q.country, q.reference, q.language, q.version, q.created_at,
            q.updated_at, q.erased_at
        FROM party q WHERE q.org_id = page.org_id AND q.id = page.party_id LIMIT 1
    ) AS p ON true
    ORDER BY {order}
    """  # noqa: S608  # put together from literals of this file, when it is imported


PARTIES = Query(
    Summary,
    _listed(
        """
        SELECT m.org_id, m.id AS party_id FROM party m
        WHERE m.org_id = $1 AND m.id < $2
        ORDER BY m.id DESC LIMIT $3
        """,
        order="page.party_id DESC",
    ),
)

PARTIES_OF_ROLE = Query(
    Summary,
    _listed(
        """
        SELECT m.org_id, m.party_id FROM party_role m
        WHERE m.org_id = $1 AND m.role = $4 AND m.party_id < $2
        ORDER BY m.party_id DESC LIMIT $3
        """,
        order="page.party_id DESC",
    ),
)

PARTIES_BY_REFERENCE = Query(
    Summary,
    _listed(
        """
        SELECT m.org_id, m.id AS party_id, m.reference FROM party m
        WHERE m.org_id = $1 AND m.reference = $2
          AND ($3::text IS NULL
               OR (SELECT true FROM party_role r WHERE r.org_id = $1 AND r.party_id = m.id AND r.role = $3))
        """,
        order="page.reference",
    ),
)

PARTIES_BY_TAX_ID = Query(
    Summary,
    _listed(
        """
        SELECT DISTINCT m.org_id, m.party_id FROM party_tax_id m
        WHERE m.org_id = $1 AND m.value = $4 AND m.party_id < $2
          AND ($5::text IS NULL
               OR (SELECT true FROM party_role r
                   WHERE r.org_id = $1 AND r.party_id = m.party_id AND r.role = $5))
        ORDER BY m.party_id DESC LIMIT $3
        """,
        order="page.party_id DESC",
    ),
)

# Through the terms that begin with one of the words ($2 to $3), from a place on ($4, $5), at first ($2, nil): one lower
# bound only, since of two the index may start at the lower one. Those parties that have no earlier such term, so that
# each appears once, and for every other word ($7, $8) a term that begins with it.
PARTIES_BY_TERM = Query(
    Hit,
    _listed(
        """
        SELECT m.org_id, m.party_id, m.term FROM party_term m
        WHERE m.org_id = $1 AND (m.term, m.party_id) > ($4, $5) AND m.term < $3
          AND (SELECT true FROM party_term e
               WHERE e.org_id = $1 AND e.party_id = m.party_id AND e.term >= $2 AND e.term < m.term
               LIMIT 1) IS NULL
          AND (SELECT coalesce(bool_and((SELECT true FROM party_term o
                                         WHERE o.org_id = $1 AND o.party_id = m.party_id
                                           AND o.term >= w.low AND o.term < w.high
                                         LIMIT 1) IS TRUE), true)
               FROM unnest($7::text[], $8::text[]) AS w (low, high))
          AND ($9::text IS NULL
               OR (SELECT true FROM party_role r
                   WHERE r.org_id = $1 AND r.party_id = m.party_id AND r.role = $9))
        ORDER BY m.term, m.party_id LIMIT $6
        """,
        order="page.term, page.party_id",
        also=", page.term",
    ),
)

# Ordered, though nobody sees the order: the limit then counts along the index, wherever the rows lie in the table.
COUNT_TERMS = Query(
    Count,
    """
    SELECT count(*)::integer AS found FROM (
        SELECT FROM party_term m WHERE m.org_id = $1 AND m.term >= $2 AND m.term < $3
        ORDER BY m.term, m.party_id LIMIT $4
    ) AS first_ones
    """,
)
