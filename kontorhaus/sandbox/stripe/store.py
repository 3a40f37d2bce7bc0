"""The simulator's books on disk: every SQL statement of it. One SQLite file, or memory.

What a transaction wrote survives `kill -9` of the process once it has ended; a transaction cut short leaves nothing.
Loss of power may cost the last ones, as `synchronous = NORMAL` says: the machine is not what is tested here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from kontorhaus.sandbox.stripe.errors import Object

SCHEMA: Final = """
    CREATE TABLE IF NOT EXISTS object (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, account TEXT NOT NULL,
        created INTEGER NOT NULL, body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS object_by_kind ON object (account, kind, seq);
    CREATE INDEX IF NOT EXISTS object_of_all ON object (kind, seq);
    CREATE TABLE IF NOT EXISTS link (
        name TEXT NOT NULL, value TEXT NOT NULL, object INTEGER NOT NULL, PRIMARY KEY (name, value, object)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS link_by_object ON link (object);
    CREATE TABLE IF NOT EXISTS posting (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, movement TEXT NOT NULL, object TEXT NOT NULL, account TEXT NOT NULL,
        currency TEXT NOT NULL, amount INTEGER NOT NULL, available_on INTEGER NOT NULL, created INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS posting_pending ON posting (account, currency, available_on, amount);
    CREATE INDEX IF NOT EXISTS posting_by_object ON posting (object);
    CREATE TABLE IF NOT EXISTS total (
        account TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (account, currency)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS answer (
        account TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, request TEXT NOT NULL,
        status INTEGER NOT NULL, body BLOB NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (account, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS task (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, due_at INTEGER NOT NULL, account TEXT NOT NULL, action TEXT NOT NULL,
        subject TEXT NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS task_due ON task (due_at, seq);
    CREATE TABLE IF NOT EXISTS delivery (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, endpoint TEXT NOT NULL, due_at INTEGER NOT NULL,
        tries INTEGER NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL, broken INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due_at, seq) WHERE outcome = 'waiting';
    CREATE INDEX IF NOT EXISTS delivery_by_event ON delivery (event);
    CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""

LINKED: Final = (
    "charge",
    "customer",
    "destination",
    "payment_intent",
    "payout",
    "source",
    "source_transaction",
    "transfer",
    "transfer_group",
    "type",
)
"""Fields that lists are filtered by through an index; each holds one text or nothing."""


class Filter(Struct, kw_only=True):
    """Which objects of a kind a list shows. `after` and `before` are sequence numbers; newest first."""

    account: str
    kind: str
    links: dict[str, str] = {}
    fields: dict[str, str] = {}
    created_min: int = 0
    created_max: int = 2**53
    after: int | None = None
    before: int | None = None
    limit: int = 10


class Posting(Struct, frozen=True):
    """One side of a movement. A movement's postings add up to zero in each currency."""

    movement: str
    object: str
    account: str
    currency: str
    amount: int
    available_on: int


class Answer(Struct, frozen=True):
    """What a request with an idempotency key was answered."""

    fingerprint: str
    request: str
    status: int
    body: bytes
    created: int


class Task(Struct, frozen=True):
    """Something that happens at an instant of the simulated clock, in seconds."""

    seq: int
    due_at: int
    account: str
    action: str
    subject: str


class Delivery(Struct, frozen=True):
    """An event on its way to an endpoint. `due_at` is the machine's time in milliseconds; `outcome` is `waiting`,
    `delivered`, `failed` or `lost`; `broken` asks for a wrong signature."""

    seq: int
    event: str
    endpoint: str
    due_at: int
    tries: int
    outcome: str
    detail: str
    broken: bool


class Store:
    """Every call between `transaction()` and its end is one transaction; reads need none."""

    def __init__(self, file: Path | None) -> None:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        self._database: Final = sqlite3.connect(
            ":memory:" if file is None else file, isolation_level=None, check_same_thread=False, timeout=5
        )
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL"):
            self._database.execute(statement)
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def insert(self, account: str, body: Object) -> None:
        seq = self._database.execute(
            "INSERT INTO object (id, kind, account, created, body) VALUES (?, ?, ?, ?, ?) RETURNING seq",
            (body["id"], body["object"], account, body["created"], _text(body)),
        ).fetchone()[0]
        self._link(seq, body)

    def save(self, body: Object) -> None:
        seq = self._database.execute(
            "UPDATE object SET body = ? WHERE id = ? RETURNING seq", (_text(body), body["id"])
        ).fetchone()[0]
        rows = self._database.execute("SELECT name, value FROM link WHERE object = ?", (seq,))
        if set(rows) != set(_links(body)):
            self._database.execute("DELETE FROM link WHERE object = ?", (seq,))
            self._link(seq, body)

    def delete(self, wanted: str) -> None:
        self._database.execute(
            "DELETE FROM link WHERE object = (SELECT seq FROM object WHERE id = ?)", (wanted,)
        )
        self._database.execute("DELETE FROM object WHERE id = ?", (wanted,))

    def _link(self, seq: int, body: Object) -> None:
        self._database.executemany(
            "INSERT INTO link (name, value, object) VALUES (?, ?, ?)",
            [(name, value, seq) for name, value in _links(body)],
        )

    def get(self, wanted: str, kind: str, account: str) -> Object | None:
        row = self._database.execute(
            "SELECT body FROM object WHERE id = ? AND kind = ? AND account = ?", (wanted, kind, account)
        ).fetchone()
        return None if row is None else _object(row[0])

    def find(self, wanted: str) -> tuple[str, Object] | None:
        """An object of any kind and account, with the account that it belongs to."""
        row = self._database.execute("SELECT account, body FROM object WHERE id = ?", (wanted,)).fetchone()
        return None if row is None else (row[0], _object(row[1]))

    def position(self, wanted: str, kind: str, account: str) -> int | None:
        row = self._database.execute(
            "SELECT seq FROM object WHERE id = ? AND kind = ? AND account = ?", (wanted, kind, account)
        ).fetchone()
        return None if row is None else int(row[0])

    def select(self, wanted: Filter) -> list[Object]:
        """Up to `limit` objects, newest first."""
        conditions = ["object.account = ?", "object.kind = ?", "object.created BETWEEN ? AND ?"]
        values: list[str | int] = [wanted.account, wanted.kind, wanted.created_min, wanted.created_max]
        for name, value in wanted.links.items():
            conditions.append("object.seq IN (SELECT object FROM link WHERE name = ? AND value = ?)")
            values += [name, value]
        for name, value in wanted.fields.items():
            conditions.append("CAST(json_extract(object.body, ?) AS TEXT) = ?")
            values += [f"$.{name}", value]
        if wanted.after is not None:
            conditions.append("object.seq < ?")
            values.append(wanted.after)
        if wanted.before is not None:
            conditions.append("object.seq > ?")
            values.append(wanted.before)
        order = "ASC" if wanted.before is not None else "DESC"
        statement = f"SELECT body FROM object WHERE {' AND '.join(conditions)} ORDER BY seq {order} LIMIT ?"  # noqa: S608  # fixed words alone
        found = [_object(row[0]) for row in self._database.execute(statement, (*values, wanted.limit))]
        return found[::-1] if wanted.before is not None else found

    def accounts(self) -> list[tuple[str, Object]]:
        """Every account with the platform that it belongs to, oldest first."""
        rows = self._database.execute("SELECT account, body FROM object WHERE kind = 'account' ORDER BY seq")
        return [(row[0], _object(row[1])) for row in rows]

    def newest(self, kind: str, limit: int) -> list[tuple[str, Object]]:
        """Over all accounts, for the page and the books; `limit` -1 is all."""
        rows = self._database.execute(
            "SELECT account, body FROM object WHERE kind = ? ORDER BY seq DESC LIMIT ?", (kind, limit)
        )
        return [(row[0], _object(row[1])) for row in rows]

    def post(self, postings: list[Posting], created: int) -> None:
        self._database.executemany(
            "INSERT INTO posting (movement, object, account, currency, amount, available_on, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (p.movement, p.object, p.account, p.currency, p.amount, p.available_on, created)
                for p in postings
            ],
        )
        self._database.executemany(
            "INSERT INTO total (account, currency, amount) VALUES (?, ?, ?)"
            " ON CONFLICT (account, currency) DO UPDATE SET amount = amount + excluded.amount",
            [(p.account, p.currency, p.amount) for p in postings],
        )

    def total(self, account: str) -> dict[str, int]:
        """The balance of a ledger account per currency, whenever it becomes available."""
        rows = self._database.execute(
            "SELECT currency, amount FROM total WHERE account = ? ORDER BY currency", (account,)
        )
        return dict(rows.fetchall())

    def pending(self, account: str, now: int) -> dict[str, int]:
        """What of a ledger account is not yet available, per currency."""
        found = {}
        for currency in self.total(account):
            row = self._database.execute(
                "SELECT coalesce(sum(amount), 0) FROM posting WHERE account = ? AND currency = ? AND available_on > ?",
                (account, currency, now),
            ).fetchone()
            found[currency] = int(row[0])
        return found

    def postings(self) -> Iterator[Posting]:
        """All, oldest first."""
        rows = self._database.execute(
            "SELECT movement, object, account, currency, amount, available_on FROM posting ORDER BY seq"
        )
        return (Posting(*row) for row in rows)

    def cards(self, wanted: str) -> int:
        """What an object has brought in from cards; negative when it went back to them."""
        row = self._database.execute(
            "SELECT coalesce(-sum(amount), 0) FROM posting WHERE object = ? AND account = 'cards'", (wanted,)
        ).fetchone()
        return int(row[0])

    def totals(self) -> list[tuple[str, str, int]]:
        return self._database.execute(
            "SELECT account, currency, amount FROM total ORDER BY account, currency"
        ).fetchall()

    def answer(self, account: str, key: str) -> Answer | None:
        row = self._database.execute(
            "SELECT fingerprint, request, status, body, created FROM answer WHERE account = ? AND key = ?",
            (account, key),
        ).fetchone()
        return None if row is None else Answer(*row)

    def keep_answer(self, account: str, key: str, answer: Answer) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO answer (account, key, fingerprint, request, status, body, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (account, key, answer.fingerprint, answer.request, answer.status, answer.body, answer.created),
        )

    def forget_answers(self, created_before: int) -> None:
        self._database.execute("DELETE FROM answer WHERE created < ?", (created_before,))

    def plan(self, due_at: int, account: str, action: str, subject: str) -> None:
        self._database.execute(
            "INSERT INTO task (due_at, account, action, subject) VALUES (?, ?, ?, ?)",
            (due_at, account, action, subject),
        )

    def due(self, now: int) -> Task | None:
        """The next one that is due, in the order of its instant."""
        row = self._database.execute(
            "SELECT seq, due_at, account, action, subject FROM task WHERE due_at <= ? ORDER BY due_at, seq LIMIT 1",
            (now,),
        ).fetchone()
        return None if row is None else Task(*row)

    def done(self, task: Task) -> None:
        self._database.execute("DELETE FROM task WHERE seq = ?", (task.seq,))

    def send(self, event: str, endpoint: str, due_at: int, *, outcome: str, broken: bool) -> None:
        self._database.execute(
            "INSERT INTO delivery (event, endpoint, due_at, tries, outcome, detail, broken)"
            " VALUES (?, ?, ?, 0, ?, '', ?)",
            (event, endpoint, due_at, outcome, broken),
        )

    def waiting(self, now: int, limit: int) -> list[Delivery]:
        rows = self._database.execute(
            "SELECT seq, event, endpoint, due_at, tries, outcome, detail, broken FROM delivery"
            " WHERE outcome = 'waiting' AND due_at <= ? ORDER BY due_at, seq LIMIT ?",
            (now, limit),
        )
        return [_delivery(row) for row in rows]

    def deliveries(self, *, event: str | None = None, limit: int = 200) -> list[Delivery]:
        """Newest first."""
        rows = self._database.execute(
            "SELECT seq, event, endpoint, due_at, tries, outcome, detail, broken FROM delivery"
            " WHERE ?1 IS NULL OR event = ?1 ORDER BY seq DESC LIMIT ?2",
            (event, limit),
        )
        return [_delivery(row) for row in rows]

    def tried(self, seq: int, outcome: str, detail: str, due_at: int) -> None:
        self._database.execute(
            "UPDATE delivery SET outcome = ?, detail = ?, due_at = ?, tries = tries + 1 WHERE seq = ?",
            (outcome, detail, due_at, seq),
        )

    def setting(self, name: str) -> str | None:
        row = self._database.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set(self, name: str, value: str | None) -> None:
        if value is None:
            self._database.execute("DELETE FROM setting WHERE name = ?", (name,))
        else:
            self._database.execute(
                "INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value)
            )


def _links(body: Object) -> list[tuple[str, str]]:
    return [(name, value) for name in LINKED if isinstance(value := body.get(name), str)]


def _text(body: Object) -> str:
    return msgspec.json.encode(body).decode()


def _object(text: str) -> Object:
    return msgspec.json.decode(text, type=dict)


def _delivery(row: tuple[int, str, str, int, int, str, str, int]) -> Delivery:
    seq, event, endpoint, due_at, tries, outcome, detail, broken = row
    return Delivery(seq, event, endpoint, due_at, tries, outcome, detail, bool(broken))
