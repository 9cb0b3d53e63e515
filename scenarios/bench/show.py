"""The bench's figures on the terminal: each beside what must hold."""

from dataclasses import asdict

from scenarios.bench.limited import BULK_PER_MINUTE, Limited
from scenarios.bench.live import Live
from scenarios.bench.outcome import Check, Outcome, figure, least, same, told, under
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


def speed_checks(speed: Speed) -> list[Check]:
    """The figures of a whole year at full speed."""
    grown, defects = growth_mb(speed), speed.found == speed.planted and not speed.wrongly_found
    return [
        least("events a second", speed.events_per_s, EVENTS_PER_S_MIN),
        under("sync's peak memory, MB", speed.sync_peak_mb, SYNC_MB_MAX),
        under("grown from 2nd to 12th month, MB", grown, FLAT_MB),
        under("fakes' peak memory, MB", speed.fakes_peak_mb, FAKES_MB_MAX),
        same("sent when run again", speed.sent_again, 0),
        under("reconciling, s", speed.reconcile_s, RECONCILE_S_MAX),
        under("monitor's peak memory, MB", speed.reconcile_peak_mb, RECONCILE_MB_MAX),
        Check(
            "defects found, false ones",
            f"{speed.found}, {speed.wrongly_found}",
            f"{speed.planted}, 0",
            defects,
        ),
        Check(
            "remainder in counts, cents",
            "{}, {}".format(*speed.remainder),
            "0, 0",
            speed.remainder == (0, 0),
        ),
    ]


def limited_checks(limited: Limited) -> list[Check]:
    """The figures of a backfill within the limits."""
    return [
        Check("times the least", f"{limited.ratio:.3f}", f"at most {RATIO_MAX}", limited.ratio <= RATIO_MAX),
        same("429 after the first minute", limited.refused_later, 0),
    ]


def live_checks(live: Live) -> list[Check]:
    """The figures of live polling."""
    p95, share = live.percentile(0.95), live.share_of_drip
    return [
        told("till to Klaviyo p50, s", figure(live.percentile(0.5))),
        under("till to Klaviyo p95, s", p95, LIVE_P95_S_MAX),
        Check("share of the drip", f"{share:.2f}", f"at most {DRIP_SHARE_MAX}", share <= DRIP_SHARE_MAX),
        same("sales that arrived", len(live.waits_s), live.sales),
    ]


def growth_mb(speed: Speed) -> float:
    """How much the memory of the sync grew from the second month of sales to the twelfth, or the last."""
    months = [speed.sync_mb_by_month[name] for name in sorted(speed.sync_mb_by_month)]
    return months[:12][-1] - months[1] if len(months) > 2 else 0.0


def speed_outcome(speed: Speed) -> Outcome:
    """Figures, then where the time went."""
    stages = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in speed.stages.items() if seconds >= 0.05)
    months = ", ".join(f"{name} {mb:.0f}" for name, mb in sorted(speed.sync_mb_by_month.items()))
    return Outcome(
        asdict(speed),
        speed_checks(speed),
        f"{speed.sales:,} sales with {speed.lines:,} lines became {speed.events:,} events in"
        f" {speed.seconds:.1f} s: [bold]{speed.sales_per_s:,.0f} sales/s,"
        f" {speed.events_per_s:,.0f} events/s[/bold]",
        (
            f"Backfill by stage: {stages}.",
            f"Processor time: sync {speed.sync_cpu_s:.1f} s, fakes {speed.fakes_cpu_s:.1f} s;"
            f" ringing up the receipts took {speed.ringing_up_s:.1f} s before.",
            f"The sync's memory by month of sale, MB: {months}.",
            f"The monitor says: {speed.sentence}",
        ),
    )


def limited_outcome(limited: Limited) -> Outcome:
    """Figures, then how the least is computed."""
    return Outcome(
        asdict(limited),
        limited_checks(limited),
        f"{limited.sales:,} sales became {limited.events:,} events in"
        f" [bold]{limited.elapsed_s:,.0f} s[/bold] of the virtual clock; the published limits allow"
        f" {limited.least_s:,.0f} s.",
        (
            f"Least at the till: every sale, sold article ({limited.items:,}) and customer"
            f" ({limited.customers:,}) once, a hundred a page, is {limited.least_cost:,.0f} drips; the bucket"
            f" takes {limited.till_size:g} at once, the rest drips at {limited.till_drip:g}/s:"
            f" {limited.least_till_s:,.0f} s."
            f" Spent: {limited.till_cost:,.0f} drips.",
            f"Least at Klaviyo: a thousand events a request, {BULK_PER_MINUTE} requests a minute:"
            f" {limited.least_klaviyo_s:,.0f} s. Sent: {limited.bulk_requests:,} bulk requests."
            f" Refused in the first minute: {limited.refused_in_first_minute}.",
        ),
    )


def live_outcome(live: Live) -> Outcome:
    """Figures."""
    before = f"{live.sales:,} sales in {live.elapsed_s / 3600:.2f} hours of the virtual clock."
    return Outcome(asdict(live), live_checks(live), before)
