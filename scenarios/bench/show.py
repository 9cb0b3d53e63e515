"""The bench's figures on the terminal: each beside what must hold."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from scenarios.bench.limited import BULK_PER_MINUTE, Limited
from scenarios.bench.live import Live
from scenarios.bench.speed import Speed

EVENTS_PER_S_MIN = 5000
SYNC_MB_MAX = 300
FAKES_MB_MAX = 3000
FLAT_MB = 30  # between the second and the twelfth month
RECONCILE_S_MAX = 60
RECONCILE_MB_MAX = 1000
RATIO_MAX = 1.05
LIVE_P95_S_MAX = 15
DRIP_SHARE_MAX = 0.5

Check = tuple[str, str, str, bool]  # what, measured, wanted, whether it holds


def speed_checks(speed: Speed) -> list[Check]:
    """The figures of a whole year at full speed."""
    grown, defects = growth_mb(speed), speed.found == speed.planted and not speed.wrongly_found
    return [
        _least("events a second", speed.events_per_s, EVENTS_PER_S_MIN),
        _under("sync's peak memory, MB", speed.sync_peak_mb, SYNC_MB_MAX),
        _under("grown from 2nd to 12th month, MB", grown, FLAT_MB),
        _under("fakes' peak memory, MB", speed.fakes_peak_mb, FAKES_MB_MAX),
        ("sent when run again", f"{speed.sent_again}", "0", speed.sent_again == 0),
        _under("reconciling, s", speed.reconcile_s, RECONCILE_S_MAX),
        _under("monitor's peak memory, MB", speed.reconcile_peak_mb, RECONCILE_MB_MAX),
        (
            "defects found, false ones",
            f"{speed.found}, {speed.wrongly_found}",
            f"{speed.planted}, 0",
            defects,
        ),
        ("remainder in counts, cents", "{}, {}".format(*speed.remainder), "0, 0", speed.remainder == (0, 0)),
    ]


def limited_checks(limited: Limited) -> list[Check]:
    """The figures of a backfill within the limits."""
    return [
        ("times the least", f"{limited.ratio:.3f}", f"at most {RATIO_MAX}", limited.ratio <= RATIO_MAX),
        ("429 after the first minute", f"{limited.refused_later}", "0", limited.refused_later == 0),
    ]


def live_checks(live: Live) -> list[Check]:
    """The figures of live polling."""
    p95, share = live.percentile(0.95), live.share_of_drip
    return [
        ("till to Klaviyo p50, s", _figure(live.percentile(0.5)), "", True),
        _under("till to Klaviyo p95, s", p95, LIVE_P95_S_MAX),
        ("share of the drip", f"{share:.2f}", f"at most {DRIP_SHARE_MAX}", share <= DRIP_SHARE_MAX),
        ("sales that arrived", f"{len(live.waits_s):,}", f"{live.sales:,}", len(live.waits_s) == live.sales),
    ]


def growth_mb(speed: Speed) -> float:
    """How much the memory of the sync grew from the second month of sales to the twelfth, or the last."""
    months = [speed.sync_mb_by_month[name] for name in sorted(speed.sync_mb_by_month)]
    return months[:12][-1] - months[1] if len(months) > 2 else 0.0


def show_speed(speed: Speed, console: Console) -> None:
    """Figures, then where the time went."""
    console.print(
        f"\n{speed.sales:,} sales with {speed.lines:,} lines became {speed.events:,} events in"
        f" {speed.seconds:.1f} s: [bold]{speed.sales_per_s:,.0f} sales/s,"
        f" {speed.events_per_s:,.0f} events/s[/bold]"
    )
    console.print(_table(speed_checks(speed)))
    stages = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in speed.stages.items() if seconds >= 0.05)
    console.print(f"Backfill by stage: {stages}.")
    console.print(
        f"Processor time: sync {speed.sync_cpu_s:.1f} s, fakes {speed.fakes_cpu_s:.1f} s;"
        f" ringing up the receipts took {speed.ringing_up_s:.1f} s before."
    )
    months = ", ".join(f"{name} {mb:.0f}" for name, mb in sorted(speed.sync_mb_by_month.items()))
    console.print(f"The sync's memory by month of sale, MB: {months}.")
    console.print(f"The monitor says: {speed.sentence}")


def show_limited(limited: Limited, console: Console) -> None:
    """Figures, then how the least is computed."""
    console.print(
        f"\n{limited.sales:,} sales became {limited.events:,} events in"
        f" [bold]{limited.elapsed_s:,.0f} s[/bold] of the virtual clock; the published limits allow"
        f" {limited.least_s:,.0f} s."
    )
    console.print(_table(limited_checks(limited)))
    console.print(
        f"Least at the till: every sale, sold article ({limited.items:,}) and customer"
        f" ({limited.customers:,}) once, a hundred a page, is {limited.least_cost:,.0f} drips; the bucket"
        f" takes {limited.till_size:g} at once, the rest drips at {limited.till_drip:g}/s:"
        f" {limited.least_till_s:,.0f} s."
        f" Spent: {limited.till_cost:,.0f} drips."
    )
    console.print(
        f"Least at Klaviyo: a thousand events a request, {BULK_PER_MINUTE} requests a minute:"
        f" {limited.least_klaviyo_s:,.0f} s. Sent: {limited.bulk_requests:,} bulk requests."
        f" Refused in the first minute: {limited.refused_in_first_minute}."
    )


def show_live(live: Live, console: Console) -> None:
    """Figures."""
    console.print(f"\n{live.sales:,} sales in {live.elapsed_s / 3600:.2f} hours of the virtual clock.")
    console.print(_table(live_checks(live)))


def as_json(figures: Speed | Limited | Live, checks: list[Check]) -> dict[str, Any]:
    """For machines: the figures, and what held."""
    told = [
        {"what": what, "measured": got, "wanted": wanted, "holds": ok} for what, got, wanted, ok in checks
    ]
    return {**asdict(figures), "checks": told}


def _under(what: str, measured: float, limit: float) -> Check:
    return what, _figure(measured), f"under {limit:,}", measured < limit


def _least(what: str, measured: float, limit: float) -> Check:
    return what, _figure(measured), f"at least {limit:,}", measured >= limit


def _figure(measured: float) -> str:
    return f"{measured:,.0f}" if measured >= 100 else f"{measured:,.1f}"


def _table(checks: list[Check]) -> Table:
    table = Table()
    for name in ("", "measured", "wanted"):
        table.add_column(name, justify="right" if name else "left")
    table.add_column("")
    for what, measured, wanted, holds in checks:
        table.add_row(what, measured, wanted, "[green]✓ holds[/green]" if holds else "[red]✗ does not[/red]")
    return table
