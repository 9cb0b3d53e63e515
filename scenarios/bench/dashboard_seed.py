"""A monitor's history made up: many accounts, a year of nights each, and what they found. Seeded.

The rows are written as the nights would have written them, without reconciling anything.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from sqlalchemy import Table

from monitor.history import ACCOUNTS, DAYS, RUNS
from monitor.history_findings import FINDINGS
from monitor.history_read import ALERTS, INCIDENTS
from monitor.repair import RESEND
from sync.store.database import Store
from sync.store.rows import AccountRow, DeadLetterRow, EventRow, EventState, RunRow

ZONES = ("America/New_York", "Europe/Stockholm", "America/Los_Angeles", "Europe/Berlin")
SHOPS = ("Market Street", "Old Harbour", "Station Hall", "Union Square", "Riverside Mall", "Elm Avenue")
_AT_ONCE = 5_000
_NIGHT = time(5, 30)
_METRIC = "Placed Order"


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is."""

    accounts: int = 1_000
    days: int = 365
    findings: int = 30  # of an account, most of them recovered
    crowded: int = 2_000  # open findings of one account in trouble


def names(count: int) -> list[str]:
    """The accounts, as the settings call them."""
    words = (
        "harbour",
        "meadow",
        "north",
        "linden",
        "corner",
        "garden",
        "copper",
        "willow",
        "bridge",
        "stone",
    )
    kinds = ("books", "grocer", "shoes", "bakery", "cycles", "toys", "tea", "wine", "garden", "music")
    return [
        f"{words[i % 10]}-{kinds[i // 10 % 10]}{'' if i < 100 else f'-{i // 100 + 1}'}" for i in range(count)
    ]


def seed(
    store: Store, today: date, size: Size, told: Callable[[str, int], None] = lambda _w, _n: None
) -> None:
    """Fill an empty database."""
    chance, number = random.Random(7), _Numbers()
    listed = names(size.accounts)
    _insert(store, AccountRow.__table__, _synced(listed, today))  # type: ignore[attr-defined]  # SQLModel adds it
    _insert(store, RunRow.__table__, _sync_runs(len(listed), today))  # type: ignore[attr-defined]  # the same
    _insert(store, EventRow.__table__, _sent(len(listed), today, chance))  # type: ignore[attr-defined]  # the same
    _insert(store, DeadLetterRow.__table__, _letters(today))  # type: ignore[attr-defined]  # the same
    for place, name in enumerate(listed):
        made = _Account(name, place, today, size, chance, number)
        _insert(store, RUNS, made.runs())
        _insert(store, DAYS, made.days())
        _insert(store, FINDINGS, made.findings())
        _insert(store, ACCOUNTS, [made.now()])
        told("accounts", place + 1)
    _insert(store, INCIDENTS, _incidents(listed, today))
    _insert(store, ALERTS, _alerts(listed, today))


def _insert(store: Store, table: Table, rows: "Iterator[dict[str, Any]] | list[dict[str, Any]]") -> None:
    every = list(rows)
    for start in range(0, len(every), _AT_ONCE):
        with store.writing() as connection:
            connection.execute(table.insert(), every[start : start + _AT_ONCE])


@dataclass(slots=True)
class _Numbers:
    run: int = 0
    finding: int = 0


@dataclass(slots=True)
class _Account:
    """One account's year."""

    name: str
    place: int
    today: date
    size: Size
    chance: random.Random
    number: _Numbers
    first_run: int = 0
    open_count: int = 0
    open_minor: int = 0

    @property
    def drifts(self) -> bool:
        """One in twelve is in trouble today; the first one badly."""
        return self.place % 12 == 0

    @property
    def verdict(self) -> str:
        if self.drifts:
            return "drift"
        return "could_not_judge" if self.place % 40 == 7 else "agrees"

    @property
    def zone(self) -> str:
        return ZONES[self.place % len(ZONES)]

    def runs(self) -> Iterator[dict[str, Any]]:
        self.first_run = self.number.run + 1
        for back in range(self.size.days, 0, -1):
            self.number.run += 1
            night = self.today - timedelta(days=back - 1)
            yield self._run(night, last=back == 1)

    def _run(self, night: date, *, last: bool) -> dict[str, Any]:
        count = self._count() if last else (0 if self.chance.random() < 0.8 else self.chance.randrange(1, 9))
        sales, minor = self.chance.randrange(700, 1_900), 2_345 * count
        left_out = sales // 80
        verdict = self.verdict if last else "drift" if count else "agrees"
        worth = {"USD": minor} if count else {}
        return {
            "id": self.number.run, "account": self.name, "mode": "nightly", "night_on": night,
            "first_on": night - timedelta(days=7), "last_on": night - timedelta(days=1), "state": "done",
            "attempt_count": 1, "started_s": _s(night), "ended_s": _s(night) + 95, "verdict": verdict,
            "sentence": _sentence(sales, left_out, count, minor, verdict),
            "next_step": "Send the missing sales once more." if count else "Nothing to do.",
            "sales_count": sales, "delivered_count": sales - left_out - count, "excluded_count": left_out,
            "settling_count": 0, "missing_count": count, "finding_count": count, "new_count": count,
            "recovered_count": 0, "missing_minor": _json(worth),
            "kinds": _json({"missing": {"count": count, "total_minor": minor, "by_currency": worth}})
            if count
            else "{}",
            "folder": "", "kept": "none",
        }  # fmt: skip

    def days(self) -> Iterator[dict[str, Any]]:
        for back in range(self.size.days, 0, -1):
            on = self.today - timedelta(days=back)
            sales = 0 if on.weekday() == 6 and self.place % 3 == 0 else self.chance.randrange(80, 320)
            bad = self.chance.randrange(1, 6) if sales and self.chance.random() < 0.04 else 0
            bad = 3 if back == 2 and self.drifts else bad
            left_out = sales // 60
            status = "empty" if not sales else "drift" if bad else "settling" if back == 1 else "agrees"
            yield {
                "account": self.name, "business_on": on, "zone": self.zone, "status": status,
                "run": self.first_run + self.size.days - back, "judged_s": _s(on) + 86_400,
                "sales_count": sales, "pos_count": sales, "delivered_count": sales - left_out - bad,
                "excluded_count": left_out, "settling_count": 0, "missing_count": bad,
                "events_count": sales - left_out - bad, "finding_count": bad,
                "difference_minor": _json({"USD": 2_345 * bad} if bad else {}),
            }  # fmt: skip

    def findings(self) -> Iterator[dict[str, Any]]:
        total = self._count()
        self.open_count, self.open_minor = total, 2_345 * total
        for one in range(self.size.findings + total):
            self.number.finding += 1
            yield self._finding(one, open_now=one >= self.size.findings)

    def _finding(self, one: int, *, open_now: bool) -> dict[str, Any]:
        on = self.today - timedelta(days=2 if open_now else 10 + one * 7 % max(1, self.size.days - 10))
        sale, shop = f"{100_000 + self.number.finding}", SHOPS[one % len(SHOPS)]
        kind = "amount_mismatch" if one % 5 == 4 else "missing"
        return {
            "id": self.number.finding, "account": self.name, "key": f"{kind}-{self.number.finding:012x}",
            "kind": kind, "severity": "error", "shop": str(one % 6 + 1), "shop_name": shop,
            "business_on": on,
            "zone": self.zone, "metric": _METRIC, "currency": "USD",
            "title": _title(kind, sale),
            "difference_minor": 2_345, "sale_id": sale, "event_id": "" if kind == "missing" else f"ev{sale}",
            "first_run": self.first_run + self.size.days - 1, "last_run": self.first_run + self.size.days - 1,
            "first_seen_s": _s(on) + 86_400, "last_seen_s": _s(self.today),
            "recovered_s": 0 if open_now else _s(on) + 2 * 86_400,
            "recovered_run": 0 if open_now else self.first_run + self.size.days - 1, "seen_count": 1,
            "reopened_count": 0, "detail": _detail(self.name, kind, sale, on),
        }  # fmt: skip

    def now(self) -> dict[str, Any]:
        count, minor = self.open_count, self.open_minor
        ended_s = _s(self.today) + 95
        return {
            "account": self.name, "last_run": self.first_run + self.size.days - 1,
            "last_night_on": self.today,
            "last_ended_s": ended_s, "last_judged_s": ended_s, "verdict": self.verdict,
            "sentence": _sentence(1_204, 14, count, minor, self.verdict), "open_count": count,
            "open_by_kind": _json({"missing": count} if count else {}),
            "open_minor": _json({"USD": minor} if count else {}), "worst": "error" if count else "",
        }  # fmt: skip

    def _count(self) -> int:
        if not self.drifts:
            return 0
        return self.size.crowded if self.place == 0 else 3 + self.place % 5


def _sentence(sales: int, left_out: int, missing: int, minor: int, verdict: str) -> str:
    if verdict == "could_not_judge":
        return "Klaviyo did not answer, so the last night could not be judged."
    told = f"{sales:,} sales, {sales - left_out - missing:,} in Klaviyo, {left_out:,} left out on purpose"
    return f"{told}, {missing:,} missing: ${minor / 100:,.2f}." if missing else f"{told}, none missing."


def _title(kind: str, sale: str) -> str:
    if kind == "missing":
        return f"sale {sale} never became an event in Klaviyo"
    return f"sale {sale} and its event differ in value"


def _detail(account: str, kind: str, sale: str, on: date) -> str:
    sold = {"sale": sale, "total": "$23.45", "time": f"{on} 14:03:11", "items": "2 articles"}
    seen = {} if kind == "missing" else {**sold, "total": "$0.00", "profile": "01HX…Q2"}
    cause = {
        "code": "refused", "words": "Klaviyo refused the event, and it was never sent again", "proven": True,
        "proof": "dead letter 17: the value was not a number",
    }  # fmt: skip
    return _json(
        {
            "expected": sold, "observed": seen, "differing": ["total"] if seen else [], "cause": cause,
            "remedy": "Send the sale once more; what Klaviyo has already, it keeps.",
            "command": "" if seen else f"tillproof {RESEND} {account} --sale {sale}",
        }
    )  # fmt: skip


def _synced(listed: list[str], today: date) -> Iterator[dict[str, Any]]:
    for place, name in enumerate(listed):
        yield {
            "id": place + 1, "name": name, "source": "sitoo", "pos_account_id": str(place), "currency": "USD",
            "klaviyo_id": f"K{place:05}", "klaviyo_zone": ZONES[place % 4], "connected_at": _at(today),
            "trouble": "",
        }  # fmt: skip


def _sync_runs(count: int, today: date) -> Iterator[dict[str, Any]]:
    for number in range(1, 10 * count + 1):
        at = _at(today) + timedelta(minutes=number // count)
        yield {"id": number, "account": (number - 1) % count + 1, "mode": "once", "started_at": at,
               "ended_at": at, "outcome": "done", "detail": "", "counts": "{}"}  # fmt: skip


def _sent(count: int, today: date, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(1, 30_001):
        sent_s = _s(today) - 30_001 + number
        yield {
            "id": number, "account": number % count + 1, "kind": "placed", "event_id": f"e{number}",
            "sale_id": f"s{number}", "email": "", "happened_s": sent_s - int(chance.expovariate(1 / 40)) - 5,
            "value_minor": 2_345, "currency": "USD", "digest": b"", "state": int(EventState.SENT),
            "changed_s": sent_s,
        }  # fmt: skip


def _letters(today: date) -> Iterator[dict[str, Any]]:
    for number in range(1, 251):
        yield {
            "id": number, "account": 1, "subject": "sale", "subject_id": f"{200_000 + number}",
            "reason": ("no_currency", "refused_event", "unreadable")[number % 3],
            "detail": "the record names no currency; set it at the till", "sale_id": f"{200_000 + number}",
            "seen_count": 1 + number % 4, "first_at": _at(today), "last_at": _at(today),
        }  # fmt: skip


def _incidents(listed: list[str], today: date) -> Iterator[dict[str, Any]]:
    for place, name in enumerate(listed[::12]):
        yield {
            "id": place + 1, "account": name, "group_key": "missing", "kind": "missing", "severity": "error",
            "episode": 1, "count": 3, "by_currency": _json({"USD": 7_035}), "alerted": 1, "alerted_count": 3,
            "alerted_by_currency": _json({"USD": 7_035}), "alert_no": 1, "opened_s": _s(today),
            "changed_s": _s(today), "recovered_s": 0, "run": 1,
        }  # fmt: skip


def _alerts(listed: list[str], today: date) -> Iterator[dict[str, Any]]:
    for number in range(1, 20 * len(listed[::12]) + 1):
        name = listed[::12][number % len(listed[::12])]
        new = number % 2
        yield {
            "id": number, "dedupe": f"d{number}", "account": name, "group_key": "missing", "kind": "missing",
            "transition": "new" if new else "recovered", "severity": "error", "route": "ops",
            "title": f"{name}: {'3 sales are missing, $70.35' if new else 'nothing is missing any more'}",
            "body": "", "run": 1, "gather": 0, "state": "sent", "created_s": _s(today), "due_s": _s(today),
            "sent_s": _s(today) + 4, "attempt_count": 1, "trouble": "",
        }  # fmt: skip


def _at(on: date) -> datetime:
    return datetime.combine(on, _NIGHT, UTC)


def _s(on: date) -> int:
    return int(_at(on).timestamp())


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
