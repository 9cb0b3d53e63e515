"""Drafts of what no single sale shows: silences, register totals, twins of a metric."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from monitor.silence import COUNT_MIN
from scenarios.from_finding.replay import HEAD, Draft
from scenarios.from_finding.world import Maker, Step
from sync.domain.clock import zone

_SOME_MINOR = 100
_WEEK = timedelta(days=7)


def silence(m: Maker) -> Iterator[Draft]:
    """As many sales as make it a silence, of which nothing reached Klaviyo; or a till that shows none."""
    one = m.case.finding
    if not one.metric:
        yield from _silent_till(m)
        return
    day_s = _noon(m, one.business_day or m.case.last_day)
    sold = [
        m.sell(f"sale {number + 1}", day_s + 60 * number, minor, m.buyer)
        for number, minor in enumerate(_parts(one.difference_minor, COUNT_MIN))
    ]
    given = m.given(m.buyer)
    if not one.shop:
        yield m.draft(given, *sold, m.sync(), {"klaviyo loses": {"metric": one.metric}})
        return
    other_s = _noon(m, _other_day(m))
    kept = [m.sell("another day", other_s, _SOME_MINOR, m.buyer)]
    lost = [{"klaviyo loses": {"metric": one.metric, "sale": f"sale {n + 1}"}} for n in range(COUNT_MIN)]
    order = [*kept, *sold] if other_s < day_s else [*sold, *kept]
    yield m.draft(given, *order, m.sync(), *lost)


def _silent_till(m: Maker) -> Iterator[Draft]:
    """The till shows nothing: at all, or on two days of which it did a week before."""
    one = m.case.finding
    placed = m.case.metrics.get("placed", "Placed Order")
    if one.business_day is None:
        day_s = _noon(m, m.case.last_day)
        yield m.draft(
            m.given(m.buyer),
            *(
                m.gain(placed, m.buyer, day_s + 60 * number, _SOME_MINOR, key=f"{HEAD}:{4711 + number}")
                for number in range(COUNT_MIN)
            ),
        )
        return
    days = [one.business_day - _WEEK + timedelta(days=more) for more in range(2)]
    sold = [
        m.sell(f"sale {number + 1} of {day.isoformat()}", _noon(m, day) + 60 * number, _SOME_MINOR, m.buyer)
        for day in days
        for number in range(COUNT_MIN)
    ]
    draft = m.draft(m.given(m.buyer), *sold, m.sync())
    last = max(m.case.last_day, one.business_day + timedelta(days=1))
    draft["when"][-1]["look"] |= {"first": days[0].isoformat(), "last": last.isoformat()}
    yield draft


def control_total(m: Maker) -> Iterator[Draft]:
    """A register that counted what the POS hides, or did not count what the POS shows."""
    one = m.case.finding
    noon_s = _noon(m, one.business_day or m.case.last_day)
    minor = abs(one.difference_minor) or _SOME_MINOR
    close: Step = {"close registers": {"at": m.moment(noon_s + 3600)}}
    given = m.given(m.buyer)
    if one.difference_minor >= 0:
        sold = m.sell("sale", noon_s, minor, m.buyer)
        yield m.draft(given, sold, close, {"hide sale": "sale"})
        other = m.sell("other", noon_s - 60, _SOME_MINOR, m.buyer)
        yield m.draft(given, other, sold, close, {"hide sale": "sale"}, m.sync())
        return
    given["switches"] = {"practice_sales": "plain"}
    yield m.draft(given, m.sell("sale", noon_s, minor, m.buyer, practice=True), close, m.sync())


def twins(m: Maker) -> Iterator[Draft]:
    """Two sales that another integration reports once more: one may be chance."""
    one = m.case.finding
    noon_s = _noon(m, m.case.last_day)
    parts = list(enumerate(_parts(one.difference_minor, 2), 1))
    sold = [m.sell(f"sale {n}", noon_s + 60 * n, minor, m.buyer) for n, minor in parts]
    again = [
        m.gain(one.metric, m.buyer, noon_s + 60 * n, minor, sale=f"sale {n}", integration="Shopify")
        for n, minor in parts
    ]
    yield m.draft(m.given(m.buyer), *sold, m.sync(), *again)


def _other_day(m: Maker) -> date:
    """A day of the window beside the silent one."""
    day = m.case.finding.business_day or m.case.last_day
    later = day + timedelta(days=1)
    return later if later <= m.case.last_day else day - timedelta(days=1)


def _noon(m: Maker, day: date) -> int:
    return int(datetime.combine(day, time(12), zone(m.zone)).timestamp())


def _parts(total_minor: int, count: int) -> list[int]:
    """An amount in so many parts above zero that add up to it, as far as that can be."""
    if total_minor < count:
        return [_SOME_MINOR] * count
    each = total_minor // count
    return [each] * (count - 1) + [total_minor - each * (count - 1)]
