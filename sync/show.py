"""Results for people and for machines: the verdict first, then what to do, then detail."""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from sync.domain.eligibility import PLAIN_WORDS, Exclusion
from sync.domain.money import major_text
from sync.engine import estimate
from sync.engine.runs import Outcome, Result
from sync.engine.tally import Tally
from sync.sources.protocol import Page
from sync.store.status import Status

_SHOWN_MAX = 3  # of the values of a list in an example
_PATIENCE_S = 2.0  # nothing is drawn for work that is done sooner
_NEXT = {
    Outcome.DONE: "",
    Outcome.SET_ASIDE: "look at what was set aside: tillproof sync dead-letters list",
    Outcome.TRY_LATER: "run it again later; it goes on where it stopped",
    Outcome.RECONNECT: "a person has to act, see above; then run it again",
    Outcome.REFUSED: "see above; run it again once that is mended",
    Outcome.UNUSABLE: "see above; run it again once that is mended",
}


def result_text(result: Result, *, verbose: bool = False) -> str:
    """A run in a few lines."""
    tally = result.tally
    lines = [f"{result.account}: {_verdict(result)}"]
    if result.detail:
        lines.append(f"  {result.detail}")
    if count := tally.phones_left_out_count:
        whose = "1 customer has" if count == 1 else f"{count:,} customers have"
        lines.append(
            f"  note: {whose} a phone number that is none; the rest of the profile goes without it; correct "
            "it at the till"
        )
    lines += [
        f"  note: {reason.replace('_', ' ')}, {count:,} times: {tally.noted_words[reason]}"
        for reason, count in sorted(tally.noted.items())
    ]
    if _NEXT[result.outcome]:
        lines.append(f"  next: {_NEXT[result.outcome]}")
    if verbose or result.mode == "preview":
        lines += [f"  {count:>9,}  {metric}  {_money(minor, currency)}"
                  for (metric, currency), (count, minor) in sorted(tally.events.items())]  # fmt: skip
        lines += [f"  {count:>9,}  left out: {_words(reason)}  {_money(minor, currency)}"
                  for (reason, currency), (count, minor) in sorted(tally.excluded.items())]  # fmt: skip
        lines += [f"  {count:>9,}  set aside: {reason}" for reason, count in sorted(tally.set_aside.items())]
    for metric, told in sorted(tally.samples.items()):
        lines += [f"  one {metric} would say:", *_sample(json.loads(told))]
    if verbose:
        lines += [f"  {count:>9,}  {name}" for name, count in tally.counts().items()]
        lines.append(f"  {result.elapsed_s:>9.1f}  seconds")
    return "\n".join(lines)


def _sample(told: Mapping[str, Any], indent: str = "    ") -> Iterator[str]:
    """An event's properties a line each; of long lists the beginning."""
    for name, value in told.items():
        if isinstance(value, dict):
            yield f"{indent}{name}:"
            yield from _sample(value, indent + "  ")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{indent}{name}: {len(value)} of them, the first:"
            yield from _sample(value[0], indent + "  ")
        elif isinstance(value, list):
            more = f" … {len(value) - _SHOWN_MAX} more" if len(value) > _SHOWN_MAX else ""
            yield f"{indent}{name}: {', '.join(map(str, value[:_SHOWN_MAX])) or 'none'}{more}"
        else:
            yield f"{indent}{name}: {value}"


def result_json(result: Result) -> dict[str, Any]:
    """A run as plain data; a stable interface."""
    tally = result.tally
    return {
        "account": result.account,
        "mode": result.mode,
        "outcome": result.outcome.value,
        "exit_code": result.exit_code,
        "detail": result.detail,
        "elapsed_s": round(result.elapsed_s, 3),
        "counts": tally.counts(),
        "events": [
            {"metric": metric, "currency": currency, "count": count, "value_minor": minor}
            for (metric, currency), (count, minor) in sorted(tally.events.items())
        ],
        "excluded": [
            {"reason": reason, "words": _words(reason), "currency": currency, "count": count,
             "value_minor": minor}
            for (reason, currency), (count, minor) in sorted(tally.excluded.items())
        ],
        "set_aside": dict(sorted(tally.set_aside.items())),
        "samples": {metric: json.loads(told) for metric, told in sorted(tally.samples.items())},
        "notes": dict(sorted(tally.noted.items())),
    }  # fmt: skip


def status_text(status: Status) -> str:
    """An account's state in a few lines."""
    lines = [f"{status.account}: {_state(status)}"]
    if status.trouble:
        lines.append(f"  {status.trouble}")
    if not status.connected:
        lines.append(f"  next: tillproof accounts connect {status.account}")
    elif status.dead_letters:
        lines.append("  next: tillproof sync dead-letters list")
    lines.append(f"  {status.sales_count:>9,}  sales read")
    lines += [
        f"  {getattr(status, f'{name}_count'):>9,}  events {name}"
        for name in ("sent", "waiting", "withdrawn", "refused")
    ]
    lines.append(
        f"  {status.profiles_count:>9,}  profiles, {status.profiles_waiting_count:,} of them waiting"
    )
    lines += [
        f"  {count:>9,}  dead letters: {reason}" for reason, count in sorted(status.dead_letters.items())
    ]
    return "\n".join(lines)


def estimate_text(page: Page, tally: Tally) -> str:
    """How long the vendors' limits make a reading of history take; empty when nothing is left to read."""
    behind_count = page.behind_count
    if not behind_count:
        return ""
    sales = tally.rows_count + behind_count
    events = round(tally.planned_count / max(1, tally.rows_count) * sales)
    klaviyo = timedelta(seconds=round(estimate.klaviyo_s(events)))
    if page.behind_s is not None:
        till_s, how = page.behind_s / behind_count * sales, "at the rate it allows this account"
    else:
        till_s, how = estimate.lightspeed_r_s(sales), "with one register; less with more"
    return (
        f"about {sales:,} sales and {events:,} events; the vendors' limits ask for at least {klaviyo} on "
        f"Klaviyo's side and {timedelta(seconds=round(till_s))} on the till's ({how})"
    )


def as_json(told: object) -> str:
    """Plain data, records and instants as JSON for machines."""
    return json.dumps(told, default=_plain, indent=2, sort_keys=True)


class Shown:
    """Progress on stderr, for whatever takes longer than two seconds. Use as a context manager."""

    def __init__(self, *, estimated: bool = False, quiet: bool = False) -> None:
        """`estimated` also says, once the till told how much there is, how long the limits ask for."""
        self._estimated = estimated
        self._quiet = quiet
        self._started_s = time.monotonic()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> "Shown":
        """Nothing is drawn yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last state standing."""
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, page: Page, tally: Tally) -> None:
        """Draw how far it is, after a page."""
        if self._quiet or time.monotonic() - self._started_s < _PATIENCE_S:
            return
        bar, task = self._drawn()
        total = None if page.behind_count is None else tally.rows_count + page.behind_count
        bar.update(task, completed=tally.rows_count, total=total, sent=f"{tally.sent_count:,}",
                   read=f"{tally.rows_count:,}", feed=page.feed)  # fmt: skip
        if self._estimated and page.behind_count:
            self._estimated = False
            bar.console.print(estimate_text(page, tally))

    def _drawn(self) -> tuple[Progress, TaskID]:
        if self._bar is None or self._task is None:
            self._bar = Progress(
                TextColumn("{task.fields[feed]}"), BarColumn(),
                TextColumn("{task.fields[read]} rows read, {task.fields[sent]} events sent"),
                TimeElapsedColumn(), console=Console(file=sys.stderr), transient=not sys.stderr.isatty(),
            )  # fmt: skip
            self._task = self._bar.add_task("", total=None, feed="", read="0", sent="0")
            self._bar.start()
        return self._bar, self._task


def _verdict(result: Result) -> str:
    tally = result.tally
    left_out = sum(count for count, _ in tally.excluded.values())
    if result.mode == "preview":
        done = f"{tally.planned_count:,} events would be sent, {left_out:,} left out on purpose"
    else:
        done = f"{tally.sent_count:,} events sent, {left_out:,} left out on purpose"
    trouble = tally.set_aside_count
    done += f", {trouble:,} set aside" if trouble else ""
    if result.outcome in (Outcome.DONE, Outcome.SET_ASIDE):
        return f"{result.mode} done: {done}"
    return f"{result.mode} stopped ({result.outcome.value.replace('_', ' ')}): {done}"


def _state(status: Status) -> str:
    if status.trouble or not status.connected:
        return "needs a person"
    letters = sum(status.dead_letters.values())
    last = f"last run {status.last_run_outcome.replace('_', ' ')}"
    if status.last_run_at is not None:
        last += f" ({status.last_run_mode}, {status.last_run_at:%Y-%m-%d %H:%M} UTC)"
    return f"{last}, {letters:,} dead letters" if letters else last


def _money(minor: int, currency: str) -> str:
    return f"{major_text(minor, currency)} {currency}"


def _words(reason: str) -> str:
    return PLAIN_WORDS[Exclusion(reason)]


def _plain(told: object) -> Any:
    if isinstance(told, datetime):
        return told.isoformat()
    if isinstance(told, Mapping):
        return dict(told)
    return asdict(told)  # type: ignore[call-overload]  # records are all that is left
