"""The demo's summary on the terminal: verdict, next step, then the tables behind it."""

from dataclasses import fields
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from scenarios.demo_explain import Line

if TYPE_CHECKING:
    from fakes.receipts.load import Loaded
    from scenarios.demo import Result

SHOWN_KEYS_MAX = 10
WHERE = {
    "sold_without_a_customer": "left out: no_customer",
    "sold_by_a_web_shop": "left out: ecommerce",
    "never_completed": "nothing: it is no sale yet",
    "voided_within_the_hour": "left out: voided",
    "voided_hours_later": "a Placed Order, and a Canceled Order that makes up for it",
    "refunded_fully": "one Refunded Order each",
    "refunded_partly": "one Refunded Order each",
    "refunded_in_two_parts": "two Refunded Orders each",
    "exchanged": "one Refunded Order and one Placed Order each",
    "shipped_later": "one Shipped Order each",
    "still_waiting_to_be_shipped": "no Shipped Order: not_shipped",
    "uploaded_hours_late": "a Placed Order on its own day, found by the look-back",
    "back_dated": "a Placed Order on the day it names",
    "customer_attached_later": "a Placed Order, sent once there was somebody to credit",
    "note_edited": "nothing new",
    "parked_and_rung_up_later": "one order, once it was rung up",
    "paid_off_later": "one order, once the last of it was paid",
    "sold_on_account": "one order: sold, whenever it is paid",
    "booked_and_collected": "one order, once it was collected; the booking itself is left out",
    "rung_up_for_practice": "nothing: it is counted in the Z-report only",
    "exchanged_as_a_pair": "an order, and a Refunded Order with the order that nets it",
}


def show(result: "Result", console: Console, *, verbose: bool = False) -> None:
    """The verdict and what was planted; with `verbose`, or when something is wrong, every number and why."""
    console.print(f"\n[bold]{result.report.sentence}[/bold]\n")
    console.print(_matches(result))
    for match in result.matches:
        _keys(console, "planted, not found", match.kind, match.not_found)
        _keys(console, "found, not planted", match.kind, match.not_planted)
    if verbose or not result.as_planned:
        _explain(result, console)
    else:
        count = len(result.events) + len(result.left_out)
        console.print(
            f"[dim]{count} more numbers (events by metric, sales left out by reason) are as the receipts "
            "foretell; -v shows each and why. What is real in them: fakes/receipts/RECEIPTS.md.[/dim]"
        )
    console.print("[dim]" + "  ".join(f"{name} {s:.1f} s" for name, s in result.seconds.items()) + "[/dim]\n")
    if result.as_planned:
        console.print(
            f"[green]✓ Exactly the {sum(m.planted for m in result.matches)} planted defects were found,"
            " and nothing else. Remainder: 0 in counts and in cents.[/green]"
        )
    else:
        console.print("[red]✗ Not what was expected. The rows marked WRONG say where.[/red]")
    console.print(f"Open [bold]{result.html}[/bold] in a browser.", soft_wrap=True)


def _explain(result: "Result", console: Console) -> None:
    console.print(_oddities(result.loaded))
    console.print(_lines("Events in Klaviyo, before anything was spoiled", "metric", result.events))
    console.print(_lines("Sales in the till, and those left out on purpose", "reason", result.left_out))
    console.print(_customers(result.loaded))


def _matches(result: "Result") -> Table:
    table = _table(
        "Planted in Klaviyo, and found by the monitor", "kind", "planted", "found", "money", "found"
    )
    for match in result.matches:
        table.add_row(
            match.kind,
            f"{match.planted:,}",
            f"{match.found:,}",
            _money(match.planted_minor),
            _money(match.found_minor),
            _ok(match.holds),
        )
    count, minor = result.remainder
    table.add_row("remainder", "0", f"{count:,}", _money(0), _money(minor), _ok(not count and not minor))
    return table


def _oddities(loaded: "Loaded") -> Table:
    table = Table(title="What is odd on purpose, and where it shows up", title_justify="left")
    table.add_column("sales")
    table.add_column("history", justify="right")
    table.add_column("traded", justify="right")
    table.add_column("where it shows up")
    for field in fields(loaded.history):
        name = field.name
        history, traded = getattr(loaded.history, name), getattr(loaded.trading, name)
        if not history and not traded:
            continue
        table.add_row(name.replace("_", " "), f"{history:,}", f"{traded:,}", WHERE[name])
    return table


def _customers(loaded: "Loaded") -> Table:
    table = Table(title="Customers who cannot be reached", title_justify="left")
    table.add_column("customers")
    table.add_column("number", justify="right")
    table.add_column("where it shows up")
    fates = loaded.fates
    table.add_row(
        "without an e-mail address",
        f"{loaded.customers_without_email:,}",
        f"their {fates.get('no_email', 0):,} sales of a value: no_email",
    )
    broken = f"{loaded.customers_swallowed_email:,} + {loaded.customers_broken_email:,}"
    where = f"their {fates.get('unusable_email', 0):,} sales of a value: unusable_email"
    table.add_row("with one Klaviyo swallows, or none at all", broken, where)
    if loaded.customers_opted_out:
        known = len(loaded.known_emails)
        table.add_row(
            f"who said no to marketing; {known:,} of them Klaviyo knows all the same",
            f"{loaded.customers_opted_out:,}",
            f"the others' {fates.get('no_consent', 0):,} sales: no_consent",
        )
    return table


def _lines(title: str, what: str, lines: list[Line]) -> Table:
    table = _table(title, what, "foretold", "counted")
    table.add_column("why")
    for line in lines:
        counted = "" if line.counted is None else f"{line.counted:,}"
        table.add_row(line.what, f"{line.foretold:,}", counted, _ok(line.holds), line.where)
    return table


def _table(title: str, first: str, *numbers: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    for name in numbers:
        table.add_column(name, justify="right")
    table.add_column("")
    return table


def _ok(holds: bool) -> str:
    return "[green]✓ same[/green]" if holds else "[red]✗ WRONG[/red]"


def _keys(console: Console, words: str, kind: str, keys: tuple[str, ...]) -> None:
    for key in keys[:SHOWN_KEYS_MAX]:
        console.print(f"[red]  {kind}: {words}: {key}[/red]")
    if len(keys) > SHOWN_KEYS_MAX:
        console.print(f"[red]  … and {len(keys) - SHOWN_KEYS_MAX:,} more[/red]")


def _money(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}${abs(minor) // 100:,}.{abs(minor) % 100:02d}"
