"""What every bench ends with: its figures, each beside what must hold, told to people and to machines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table


class Check(NamedTuple):
    """One figure; `wanted` is empty where nothing is asked of it."""

    what: str
    measured: str
    wanted: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """A bench that has run."""

    figures: Mapping[str, Any]  # plain data, for machines
    checks: Sequence[Check]
    before: str  # what people read above the table
    after: Sequence[str] = ()  # and below it, a paragraph each

    @property
    def holds(self) -> bool:
        """Whether every figure is as it must be."""
        return all(check.holds for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """For machines: the figures, and what held."""
        return {**self.figures, "checks": [check._asdict() for check in self.checks]}

    def show(self, console: Console) -> None:
        """For people."""
        console.print(f"\n{self.before}")
        console.print(_table(self.checks))
        for paragraph in self.after:
            console.print(paragraph)


def under(what: str, measured: float, limit: float) -> Check:
    """A figure that must stay under a limit."""
    return Check(what, figure(measured), f"under {limit:,g}", measured < limit)


def least(what: str, measured: float, limit: float) -> Check:
    """A figure that must reach a limit."""
    return Check(what, figure(measured), f"at least {limit:,g}", measured >= limit)


def told(what: str, measured: str) -> Check:
    """A figure of which nothing is asked."""
    return Check(what, measured, "", True)


def same(what: str, measured: int, wanted: int) -> Check:
    """A count that must be the foretold one."""
    return Check(what, f"{measured:,}", f"{wanted:,}", measured == wanted)


def figure(measured: float) -> str:
    """As many places as are worth reading."""
    return f"{measured:,.0f}" if measured >= 100 else f"{measured:,.1f}"


def _table(checks: Sequence[Check]) -> Table:
    table = Table()
    for name in ("", "measured", "wanted"):
        table.add_column(name, justify="right" if name else "left", overflow="fold")
    table.add_column("")
    for what, measured, wanted, holds in checks:
        table.add_row(what, measured, wanted, "[green]✓ holds[/green]" if holds else "[red]✗ does not[/red]")
    return table
