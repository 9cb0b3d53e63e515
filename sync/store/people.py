"""The current customer behind each e-mail address, and whether Klaviyo has been told.

Several customers may share an address; the one read last speaks for it.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from sync.store.bulk import chunks, insert_new, marks, run, run_many
from sync.store.rows import ProfileRow

_COLUMNS = (
    "account",
    "email",
    "customer_id",
    "attributes",
    "digest",
    "sent_digest",
    "waiting",
    "listed",
    "is_new",
)


class Person(NamedTuple):
    """A customer as a profile: `attributes` is what Klaviyo would be told."""

    email: str
    customer_id: str
    attributes: bytes


class WaitingProfile(NamedTuple):
    """A profile to be imported."""

    email: str
    attributes: bytes
    digest: bytes
    listed: int
    is_new: int


def digest(attributes: bytes) -> bytes:
    """The 16 bytes by which we know what Klaviyo was told."""
    return hashlib.blake2b(attributes, digest_size=16).digest()


def note(connection: Connection, account: int, people: Sequence[Person], *, history: bool) -> int:
    """Keep these people as they are now; the number that Klaviyo has yet to hear of.

    Those seen first while history is imported are not new: nobody is welcomed for an old purchase.
    """
    latest = {person.email: person for person in people}
    known = _digests(connection, account, list(latest))
    new, changed = [], []
    for person in latest.values():
        mark = digest(person.attributes)
        if person.email not in known:
            new.append((account, person.email, person.customer_id, person.attributes, mark, b"", 1, 0,
                        0 if history else 1))  # fmt: skip
        elif known[person.email][0] != mark:
            waiting = 0 if known[person.email][1] == mark else 1
            changed.append((person.customer_id, person.attributes if waiting else b"", mark, waiting,
                            account, person.email))  # fmt: skip
    insert_new(connection, ProfileRow.__table__, _COLUMNS, new)  # type: ignore[attr-defined]  # SQLModel adds it
    run_many(
        connection,
        "UPDATE profiles SET customer_id = ?, attributes = ?, digest = ?, waiting = ? "
        "WHERE account = ? AND email = ?",
        changed,
    )
    return len(new) + sum(row[3] for row in changed)


def waiting(
    connection: Connection, account: int, count_max: int, *, unlisted: bool | None = None
) -> list[WaitingProfile]:
    """Profiles to be imported, in the order of their addresses; only those (not) yet put on the list."""
    only = "" if unlisted is None else f"AND listed = {0 if unlisted else 1} "
    sql = (
        "SELECT email, attributes, digest, listed, is_new FROM profiles "  # noqa: S608 - two fixed choices
        f"WHERE account = ? AND waiting = 1 {only}ORDER BY email LIMIT ?"
    )
    return [WaitingProfile(*row) for row in run(connection, sql, (account, count_max))]


def mark_told(connection: Connection, account: int, told: Sequence[WaitingProfile], *, listed: bool) -> None:
    """Klaviyo took these. One that changed meanwhile goes on waiting."""
    run_many(
        connection,
        "UPDATE profiles SET sent_digest = ?, listed = CASE WHEN ? = 1 THEN 1 ELSE listed END, "
        "waiting = CASE WHEN digest = ? THEN 0 ELSE 1 END, "
        "attributes = CASE WHEN digest = ? THEN ? ELSE attributes END WHERE account = ? AND email = ?",
        [(p.digest, int(listed), p.digest, p.digest, b"", account, p.email) for p in told],
    )


def mark_refused(connection: Connection, account: int, emails: Sequence[str]) -> None:
    """Klaviyo refused these; they wait for a change of the customer, or for a person."""
    _set_waiting(connection, account, emails, 2)


def release(connection: Connection, account: int, customer_ids: Sequence[str]) -> None:
    """Offer refused customers again."""
    run_many(
        connection,
        "UPDATE profiles SET waiting = 1 WHERE account = ? AND customer_id = ? AND waiting = 2",
        [(account, customer_id) for customer_id in customer_ids],
    )


def customer_ids(connection: Connection, account: int, emails: Sequence[str]) -> dict[str, str]:
    """Whose addresses these are."""
    found: dict[str, str] = {}
    for chunk in chunks(emails):
        sql = (
            "SELECT email, customer_id FROM profiles "  # noqa: S608 - only marks vary
            f"WHERE account = ? AND email IN ({marks(len(chunk))})"
        )
        found.update({row[0]: row[1] for row in run(connection, sql, (account, *chunk))})
    return found


def _set_waiting(connection: Connection, account: int, emails: Sequence[str], value: int) -> None:
    run_many(
        connection,
        "UPDATE profiles SET waiting = ? WHERE account = ? AND email = ?",
        [(value, account, email) for email in emails],
    )


def _digests(connection: Connection, account: int, emails: Sequence[str]) -> dict[str, tuple[bytes, bytes]]:
    known: dict[str, tuple[bytes, bytes]] = {}
    for chunk in chunks(emails):
        sql = (
            "SELECT email, digest, sent_digest FROM profiles "  # noqa: S608 - only marks vary
            f"WHERE account = ? AND email IN ({marks(len(chunk))})"
        )
        rows = run(connection, sql, (account, *chunk))
        known.update({row[0]: (bytes(row[1]), bytes(row[2])) for row in rows})
    return known
