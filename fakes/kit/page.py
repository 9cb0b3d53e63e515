"""The page at ``/_fake/``: what a fake holds and was asked, its limits, faults, switches and deliveries.

One template, one style sheet, one small script, all from here. Without the script it works by reloading.
"""

import functools
import json
from collections import Counter
from collections.abc import Sized
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Blueprint, Response, redirect, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.wrappers import Response as BaseResponse

from fakes.kit import switches as kit_switches
from fakes.kit.clock import VirtualClock
from fakes.kit.deliveries import found, told
from fakes.kit.faults import KINDS
from fakes.kit.journal import masked
from fakes.kit.limits import gauges

if TYPE_CHECKING:
    from fakes.kit.control import Controllable

HERE = Path(__file__).parent
REQUESTS_SHOWN = 50
DELIVERIES_SHOWN = 50
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def add_page(plane: Blueprint, fake: "Controllable") -> None:
    """The page, its two files and what its buttons do."""

    @plane.get("/")
    def page() -> Response:
        return _html(_template("page.html").render(**_seen(fake), wrong=request.args.get("wrong", "")))

    @plane.get("/page/live")
    def live() -> Response:
        return _html(_template("live.html").render(**_seen(fake)))

    @plane.get("/page.css")
    def style() -> Response:
        return Response(_file("page.css"), mimetype="text/css")

    @plane.get("/page.js")
    def script() -> Response:
        return Response(_file("page.js"), mimetype="text/javascript")

    @plane.post("/deliveries/page/<action>")
    def act(action: str) -> BaseResponse:
        # Under an address that is answered without the fake's lock: some actions deliver.
        if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            return Response("this button belongs to another page\n", 403, mimetype="text/plain")
        try:
            _ACTIONS[action](fake, request.form)
        except KeyError as error:
            return _back(f"there is no {error.args[0]!r}" if error.args else "that is gone")
        except (ValueError, OverflowError) as error:
            return _back(str(error))
        return _back("")


def counted(state: object) -> dict[str, int]:
    """How many of each kind of record a fake's truth holds: the length of every public collection.

    Counters and indexes (``metric_by_id``) are left out.
    """
    names = [*getattr(state, "__dict__", {}), *getattr(type(state), "__slots__", ())]
    counts: dict[str, int] = {}
    for name in names:
        value: Any = getattr(state, name, None)
        value = getattr(value, "all", value)
        told = not name.startswith("_") and "_by_" not in name and isinstance(value, Sized)
        if told and not isinstance(value, str | bytes | Counter):
            counts[name.replace("_", " ")] = len(value)
    return counts


def _seen(fake: "Controllable") -> dict[str, Any]:
    journal = fake.journal
    kept = journal.entries()
    sent = [] if fake.push is None else fake.push.deliveries()
    return {
        "name": fake.name,
        "title": fake.name.replace("_", " ").title(),
        "now": fake.clock.now(),
        "virtual": isinstance(fake.clock, VirtualClock),
        "counts": counted(fake.state),
        "requests": [(entry, masked(entry.query)) for entry in reversed(kept[-REQUESTS_SHOWN:])],
        "requests_count": journal.counts["requests"],
        "requests_kept_max": journal.kept_max,
        "statuses": _statuses(journal.counts),
        "limited": fake.limits.enabled,
        "gauges": gauges(fake.limits, fake.clock),
        "faults": fake.faults.rules(),
        "kinds": KINDS,
        "switches": [_shown(f, getattr(fake.switches, f.name)) for f in fields(fake.switches)],
        "sends": fake.push is not None,
        "deliveries": [told(one) for one in reversed(sent[-DELIVERIES_SHOWN:])],
        "deliveries_count": len(sent),
    }


def _shown(switch: Any, value: object) -> dict[str, Any]:
    """A switch for the form: its choices if it has any, and its value as it would be typed."""
    choices = switch.metadata.get("choices") or ((False, True) if isinstance(value, bool) else ())
    return {"name": switch.name, "choices": [_typed(one) for one in choices], "value": _typed(value)}


def _typed(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _statuses(counts: Any) -> list[tuple[str, int]]:
    pairs = ((name.partition(".")[2], n) for name, n in counts.items() if name.startswith("status."))
    return [("closed" if status == "0" else status, n) for status, n in sorted(pairs)]


def _add_fault(fake: "Controllable", form: Any) -> None:
    spec: dict[str, Any] = {"kind": form.get("kind", ""), "match": {}}
    for name in ("method", "path"):
        if form.get(name, "").strip():
            spec["match"][name] = form[name].strip()
    often, value = form.get("often", "times"), form.get("count", "").strip()
    if value:
        spec[often] = float(value) if often == "probability" else _whole(value)
    for part in form.get("settings", "").split(","):
        name, sign, given = part.partition("=")
        if sign:
            spec[name.strip()] = _value(given.strip())
    fake.faults.add(spec)


def _remove_fault(fake: "Controllable", form: Any) -> None:
    fake.faults.remove(_whole(form["place"]))


def _again(fake: "Controllable", form: Any) -> None:
    if found(fake.push, form["id"]) is None or fake.push is None:
        raise ValueError("that delivery is no longer remembered")
    fake.push.again(form["id"])


def _switch(fake: "Controllable", form: Any) -> None:
    name = form["name"]
    now = kit_switches.read(fake.switches).get(name)
    given = form.get("value", "")
    kit_switches.write(fake.switches, {name: given if isinstance(now, str) else _value(given)})


def _limits(fake: "Controllable", form: Any) -> None:
    fake.limits.enabled = form.get("enabled") == "on"


_ACTIONS: dict[str, Any] = {
    "add-fault": _add_fault,
    "remove-fault": _remove_fault,
    "clear-faults": lambda fake, _form: fake.faults.clear(),
    "again": _again,
    "switch": _switch,
    "limits": _limits,
    "advance": lambda fake, form: fake.advance(float(form["seconds"])),
    "reset": lambda fake, _form: fake.reset(),
}


def _value(text: str) -> Any:
    """What was typed, as JSON where it is (numbers, true, null), else as text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def _back(wrong: str) -> BaseResponse:
    return redirect(f"/_fake/?wrong={quote(wrong[:300])}#faults" if wrong else "/_fake/", 303)


def _html(text: str) -> Response:
    answer = Response(text, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@functools.cache
def _environment() -> Environment:
    loader = FileSystemLoader(HERE / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def _template(name: str) -> Any:
    return _environment().get_template(name)


def _file(name: str) -> bytes:
    return (HERE / "templates" / name).read_bytes()
