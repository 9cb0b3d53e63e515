"""The first page: which account needs somebody, then all of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Flask, render_template, request
from sqlalchemy import Connection, select

from monitor import history_read
from monitor.history import ACCOUNTS
from monitor.history_records import AccountNow
from monitor.web.site import me, site

ROWS = 50
TABS = ("", "drift", "could_not_judge", "agrees", "none")
_TAB_WORDS = {
    "": "All", "drift": "Drift", "could_not_judge": "Could not judge", "agrees": "Agree",
    "none": "Not judged yet",
}  # fmt: skip
_GRAVITY = {"drift": 0, "could_not_judge": 1, "": 2, "agrees": 3}


@dataclass(frozen=True, slots=True)
class _Brief:
    """As much of an account as sorting needs."""

    name: str
    verdict: str
    open_count: int


@dataclass(frozen=True, slots=True)
class Line:
    """One account of the table; `now` is None before its first run."""

    name: str
    verdict: str
    now: AccountNow | None
    lag_s: int | None


def register(app: Flask) -> None:
    """Offer the page."""
    app.add_url_rule("/", "overview", overview)


def overview() -> str:
    """Every account this person may see, gravest first."""
    tab, sought = request.args.get("verdict", ""), request.args.get("name", "").strip()[:80]
    tab = tab if tab in TABS else ""
    page = max(1, min(request.args.get("page", 1, type=int), 100_000))
    here = site()
    with here.store.reading() as connection:
        briefs = _briefs(connection, here.names(me()))
        shown = [one for one in briefs if _fits(one, tab, sought)]
        some = shown[(page - 1) * ROWS : page * ROWS]
        lags = here.metrics.lags.now(connection, here.now_s()).p90_by_account
        known = history_read.accounts(connection, names=[one.name for one in some], limit=ROWS)
        lines = _lines(some, {one.account: one for one in known}, lags)
    counts = Counter(one.verdict or "none" for one in briefs)
    return render_template(
        "overview.html",
        lines=lines,
        tabs=[(one, _TAB_WORDS[one], counts[one] if one else len(briefs)) for one in TABS],
        tab=tab,
        sought=sought,
        page=page,
        pages=-(-len(shown) // ROWS),
        shown_count=len(shown),
        sentence=_sentence(counts, len(briefs)),
        state=_state(counts),
        open_count=sum(one.open_count for one in briefs),
        now_s=here.now_s(),
        configured_count=len(briefs),
    )


def _briefs(connection: Connection, names: Sequence[str]) -> list[_Brief]:
    c = ACCOUNTS.c
    known = {row.account: row for row in connection.execute(select(c.account, c.verdict, c.open_count))}
    found = [
        _Brief(name, known[name].verdict, known[name].open_count) if name in known else _Brief(name, "", 0)
        for name in names
    ]
    return sorted(found, key=lambda one: (_GRAVITY.get(one.verdict, 1), -one.open_count, one.name))


def _fits(one: _Brief, tab: str, sought: str) -> bool:
    return (not tab or (one.verdict or "none") == tab) and sought.lower() in one.name.lower()


def _lines(some: Sequence[_Brief], known: Mapping[str, AccountNow], lags: Mapping[str, int]) -> list[Line]:
    return [Line(one.name, one.verdict, known.get(one.name), lags.get(one.name)) for one in some]


def _state(counts: Mapping[str, int]) -> str:
    return next((one for one in ("drift", "could_not_judge", "agrees") if counts.get(one)), "")


def _sentence(counts: Mapping[str, int], total: int) -> str:
    """The verdict over all accounts in one sentence."""
    if not total:
        return "No account is connected yet."
    drift, unjudged, agrees = (counts.get(one, 0) for one in ("drift", "could_not_judge", "agrees"))
    if agrees == total:
        return (
            "Your account agrees with Klaviyo."
            if total == 1
            else f"All {total:,} accounts agree with Klaviyo."
        )
    parts = []
    if drift:
        parts.append(f"{drift:,} of {total:,} {'account drifts' if drift == 1 else 'accounts drift'}")
    if unjudged:
        parts.append(f"{unjudged:,} could not be judged")
    if agrees:
        parts.append(f"{agrees:,} {'agrees' if agrees == 1 else 'agree'}")
    if waiting := counts.get("none", 0):
        parts.append(f"{waiting:,} not judged yet")
    return f"{', '.join(parts)}."
