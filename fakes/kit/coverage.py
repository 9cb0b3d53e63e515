"""Which endpoints the fakes have, what their FIDELITY.md says of each, and what it leaves out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakes.kit.clock import VirtualClock
from fakes.kit.faults import KINDS
from fakes.kit.wsgi import CONTROL_PREFIX

if TYPE_CHECKING:
    from fakes.kit.app import Fake

FAKES = Path(__file__).resolve().parents[1]
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_HOLE = re.compile(r"<[^<>]*>|\{[^{}]*\}|:[a-z_]+\b(?!//)")
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method on one path, and where FIDELITY.md speaks of it (None: nowhere)."""

    method: str
    path: str
    said: str | None

    @property
    def cells(self) -> list[str]:
        """The cells of the table row that speaks of it, without the first; empty if it is no table."""
        row = self.said or ""
        return [cell.strip() for cell in row.strip().strip("|").split("|")][1:] if row.startswith("|") else []


def endpoints(fake: "Fake[Any, Any, Any]", fidelity: str) -> list[Endpoint]:
    """Every endpoint of a fake in the order of path and method, the control plane aside."""
    lines = [(line, _bare(line)) for line in fidelity.splitlines()]
    return [
        Endpoint(method, path, next((line for line, bare in lines if _speaks(bare, method, path)), None))
        for path, method in sorted(_routes(fake))
    ]


def missing(fake: "Fake[Any, Any, Any]", fidelity: str) -> list[str]:
    """Endpoints, switches and fault kinds of a fake that its FIDELITY.md does not name."""
    named = {word for code in _CODE.findall(fidelity) for word in re.split(r"[^A-Za-z0-9_]+", code)}
    unsaid = [f"{one.method} {one.path}" for one in endpoints(fake, fidelity) if one.said is None]
    unsaid += [f"switch {f.name}" for f in fields(fake.switches) if f.name not in named]
    return unsaid + [f"fault {kind}" for kind in KINDS if kind not in named]


def fidelity_of(vendor: str) -> str:
    """A vendor's FIDELITY.md."""
    return (FAKES / vendor / "FIDELITY.md").read_text(encoding="utf-8")


def table() -> str:
    """``docs/fakes-coverage.md``: every endpoint of every fake, with its evidence and its test."""
    from fakes.world import build_world  # noqa: PLC0415  it imports every vendor, which import this kit

    world = build_world(VirtualClock(datetime(2026, 11, 2, tzinfo=UTC)))
    return "".join([*_HEAD, *(line for fake in world for line in _section(fake))])


_HEAD = (
    "# What the fakes answer\n\n",
    "Made by `tillproof fakes coverage --write docs/fakes-coverage.md` from the routes themselves; what\n",
    "each does, on which evidence and held by which test, is copied from the fake's `FIDELITY.md`.\n",
)


def _section(fake: "Fake[Any, Any, Any]") -> Iterator[str]:
    rows = endpoints(fake, fidelity_of(fake.name))
    yield f"\n## {fake.name}: {len(rows)} endpoints\n\n"
    yield "| endpoint | imitated | evidence | test |\n| --- | --- | --- | --- |\n"
    for row in rows:
        cells = [*row.cells, "", "", ""][:3]
        yield f"| `{row.method} {_HOLE.sub(_braces, row.path)}` | {' | '.join(cells)} |\n"


def _routes(fake: "Fake[Any, Any, Any]") -> set[tuple[str, str]]:
    return {
        (str(rule.rule), method)
        for rule in fake.flask.url_map.iter_rules()
        for method in rule.methods or ()
        if method in _METHODS and not str(rule.rule).startswith(CONTROL_PREFIX)
    }


def _speaks(bare: str, method: str, path: str) -> bool:
    """Whether a line names this path as a whole, and this method (or none at all)."""
    here = re.escape(_bare(path).rstrip("/"))
    if not re.search(rf"(?<![\w/{{}}.-]){here}/?(?![\w/{{}}-]|\.\w)", bare):
        return False
    said = [one for one in _METHODS if re.search(rf"\b{one}\b", bare)]
    return not said or method in said


def _bare(text: str) -> str:
    """With every placeholder as ``{}``, whatever its name and brackets."""
    return _HOLE.sub("{}", text)


def _braces(hole: "re.Match[str]") -> str:
    return "{" + hole[0].strip("<>{}").rpartition(":")[2] + "}"
