"""What people said at the till about marketing: kept so that Klaviyo hears of each change once.

Once, because the till goes on saying it for ever: telling it again would undo what the person said
elsewhere since.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from sync.store.bulk import chunks, marks, run, run_many, upsert
from sync.store.rows import WishRow

OPTED_OUT, CONSENTED = "opted_out", "consented"  # as `Marketing` spells them


def note(
    connection: Connection, account: int, said: Mapping[str, str], told: frozenset[str], now_s: int
) -> int:
    """Keep what these addresses say now; how many say something new.

    Only the wishes in `told` are for Klaviyo to hear. The others are kept where they replace one that was.
    """
    known = _known(connection, account, list(said))
    rows = [
        (account, email, wish, int(wish in told), now_s)
        for email, wish in said.items()
        if known.get(email) != wish and (wish in told or email in known)
    ]
    if rows:
        upsert(
            connection,
            WishRow.__table__,  # type: ignore[attr-defined]  # SQLModel adds it
            ("account", "email"),
            ("wish", "waiting", "changed_s"),
            rows,
        )
    return len(rows)


def waiting(connection: Connection, account: int, wish: str, count_max: int) -> list[str]:
    """Addresses whose wish Klaviyo has yet to hear of."""
    sql = "SELECT email FROM wishes WHERE account = ? AND waiting = 1 AND wish = ? ORDER BY email LIMIT ?"
    return [str(row[0]) for row in run(connection, sql, (account, wish, count_max))]


def mark_told(connection: Connection, account: int, emails: Sequence[str], wish: str) -> None:
    """Klaviyo heard it, or need not. One who has said otherwise meanwhile goes on waiting."""
    run_many(
        connection,
        "UPDATE wishes SET waiting = 0 WHERE account = ? AND email = ? AND wish = ?",
        [(account, email, wish) for email in emails],
    )


def _known(connection: Connection, account: int, emails: Sequence[str]) -> dict[str, str]:
    known: dict[str, str] = {}
    for chunk in chunks(emails):
        sql = (
            "SELECT email, wish FROM wishes "  # noqa: S608 - only marks vary
            f"WHERE account = ? AND email IN ({marks(len(chunk))})"
        )
        known.update({row[0]: row[1] for row in run(connection, sql, (account, *chunk))})
    return known
