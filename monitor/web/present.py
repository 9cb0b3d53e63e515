"""How figures, instants and states are written here; every text of a till is cleaned and masked."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from monitor.page import text, words
from monitor.report_data import FindingKind
from sync.domain.masking import mask_text

VERDICTS: Mapping[str, str] = {
    "agrees": "Agrees",
    "drift": "Drift",
    "could_not_judge": "Could not judge",
    "": "Not judged yet",
}
DAYS: Mapping[str, str] = {
    "agrees": "Agrees",
    "drift": "Drift",
    "settling": "Settling",
    "empty": "Nothing sold",
    "could_not_judge": "Could not judge",
    "": "Not judged",
}
SOURCES: Mapping[str, str] = {
    "lightspeed_r": "Lightspeed R-Series",
    "lightspeed_x": "Lightspeed X-Series",
    "sitoo": "Sitoo",
}
MODES: Mapping[str, str] = {"nightly": "Night", "manual": "By hand", "repair": "After a repair"}
ALERTS: Mapping[str, str] = {
    "waiting": "Waiting", "sent": "Sent", "failed": "Given up", "kept": "No route wants it",
}  # fmt: skip
TRANSITIONS: Mapping[str, str] = {
    "new": "New", "worse": "Worse", "recovered": "Recovered", "test": "Test", "quiet": "Quiet",
}  # fmt: skip
REPAIRS: Mapping[str, str] = {
    "sending": "Sending", "sent": "Sent", "closed": "Closed", "still_open": "Still open", "failed": "Failed",
}  # fmt: skip
_SHAPES: Mapping[str, str] = {
    "agrees": "agrees", "done": "agrees", "sent": "agrees", "closed": "agrees", "recovered": "agrees",
    "drift": "drift", "failed": "drift", "open": "drift", "still_open": "drift",
    "settling": "settling", "running": "settling", "waiting": "settling", "sending": "settling",
    "empty": "empty", "": "empty", "kept": "empty",
}  # fmt: skip
_STEPS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def finalize(value: object) -> object:
    """Every expression of every template passes here: no control mark, no e-mail address, no phone."""
    return mask_text(text.showable(value)) if type(value) is str else value


def ago(at_s: int, now_s: int) -> str:
    """`4 minutes ago`; `never` for 0."""
    return f"{span(now_s - at_s)} ago" if at_s else "never"


def span(seconds: float) -> str:
    """`4 minutes`, in the largest unit that fits."""
    for size, unit in _STEPS:
        if seconds >= size:
            count = int(seconds // size)
            return text.counted(count, unit, f"{unit}s")
    return "less than a minute" if seconds < 60 else f"{seconds:.0f} s"


def lag(seconds: float | None) -> str:
    """`41 s`, `12 min`, `3 h`; a dash where nothing is known."""
    if seconds is None:
        return text.DASH
    if seconds < 120:
        return f"{seconds:.0f}{text.NBSP}s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f}{text.NBSP}min"
    return (
        f"{seconds / 3600:.0f}{text.NBSP}h" if seconds < 72 * 3600 else f"{seconds / 86_400:.0f}{text.NBSP}d"
    )


def when(at_s: int) -> str:
    """`2026-03-09 06:00 UTC`."""
    return text.instant(datetime.fromtimestamp(at_s, UTC)) if at_s else text.DASH


def iso(at_s: int) -> str:
    """For the `datetime` of a `<time>`."""
    return datetime.fromtimestamp(at_s, UTC).isoformat()


def kind_name(kind: str) -> str:
    """What a kind of finding is called."""
    found = _kind(kind)
    return words.kind(found).name if found else words.sentence(kind.replace("_", " "))


def kind_meaning(kind: str) -> str:
    """What it means, for someone who never heard of it."""
    found = _kind(kind)
    return words.kind(found).meaning if found else ""


def shape(state: str) -> Markup:
    """A state's shape; its word stands beside it, always."""
    name = _SHAPES.get(state, "could_not_judge")
    return Markup(
        '<svg class="shape s-{0}" viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
        '<use href="#shape-{0}"/></svg>'
    ).format(name)


def csrf() -> Markup:
    """The hidden field that shows a form to be our own."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def full_day(day: date) -> str:
    """`Tue 7 March 2017`."""
    return text.full_day(day)


def window(first: date, last: date) -> str:
    """`7 March 2017` or `1 March 2017 to 7 March 2017`."""
    return full_day(first) if first == last else f"{full_day(first)} to {full_day(last)}"


def _kind(kind: str) -> FindingKind | None:
    return FindingKind(kind) if kind in list(FindingKind) else None


FILTERS: Mapping[str, Any] = {
    "count": text.count,
    "moneys": text.moneys,
    "when": when,
    "iso": iso,
    "lag": lag,
    "full_day": full_day,
    "kind_name": kind_name,
    "kind_meaning": kind_meaning,
    "sentence": words.sentence,
}
GLOBALS: Mapping[str, Any] = {
    "ago": ago,
    "counted": text.counted,
    "csrf": csrf,
    "money": text.money,
    "month_name": text.month,
    "shape": shape,
    "window": window,
    "VERDICTS": VERDICTS,
    "DAYS": DAYS,
    "SOURCES": SOURCES,
    "MODES": MODES,
    "ALERTS": ALERTS,
    "TRANSITIONS": TRANSITIONS,
    "REPAIRS": REPAIRS,
    "DASH": text.DASH,
}
