"""The world that shows a finding, by its kind: drafts from the most alike to the plainest.

Each is only a proposal. What it shows is told by telling it; see build.py.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from monitor import lines
from monitor.report_data import FindingKind
from scenarios.from_finding import plans_wide
from scenarios.from_finding.case import CannotBuild
from scenarios.from_finding.replay import HEAD, Draft
from scenarios.from_finding.world import Maker, Step
from sync.domain.planning import Kind

_DAY_S = 24 * 3600
_OUTSIDE_KEY = "OrderId"


def drafts(maker: Maker) -> Iterator[Draft]:
    """What may show the finding, best first. Raises CannotBuild where nothing can."""
    kind, key = maker.case.finding.kind, maker.case.account.sale_key
    if kind is FindingKind.REMAINDER:
        raise CannotBuild(
            "a remainder says that the monitor's own sums do not close; no world of tills and Klaviyo shows "
            "it. Keep the run's folder and report it"
        )
    if key == "$event_id":
        yield from _PLANS[kind](maker)
    elif key == _OUTSIDE_KEY:
        yield from _outside(maker)
    else:
        raise CannotBuild(
            f"the events of this account name their sale by `{key}`; a story can watch other integrations "
            f"by `{_OUTSIDE_KEY}` only"
        )


def _missing(m: Maker) -> Iterator[Draft]:
    unit, who = m.unit(), m.buyer
    given, brought = m.given(who), m.brought(unit)
    before = [m.sell("before", unit.happened_at - 3600, 100, who), m.sync()]
    earlier = m.brought(replace(unit, happened_at=unit.happened_at - 60), "before")
    code = m.case.finding.cause.code
    unread = [step for step in brought if "sync" not in step]
    if code == "no_such_metric":
        yield m.draft(given, *unread)
    if code == "never_read":
        yield m.draft(given, *before, *unread)
        yield m.draft(given, *earlier, brought[0], m.sync(), *unread[1:])
    if code == "not_sent_yet":
        down = {"fault": {"on": "klaviyo", "kind": "status", "status": 503, "path": "/api/event*"}}
        late = [
            {**one, "sync": {**one["sync"], "ends": "try_later"}} if "sync" in one else one for one in brought
        ]
        yield m.draft(given, *before, down, *late, {"faults end": {}})
    for of in ("sale", "refund")[: 2 if unit.kind == Kind.REFUNDED else 1]:
        lost = {"klaviyo loses": {"metric": unit.metric, "sale": of}}
        yield m.draft(given, *earlier, *brought, lost)
    yield m.draft(given, *brought, {"klaviyo loses": {"metric": unit.metric}})


def _changed(m: Maker, change: Step) -> Draft:
    unit = m.unit()
    return m.draft(m.given(m.buyer), *m.brought(unit), {"klaviyo changes": {"metric": unit.metric, **change}})


def _amount(m: Maker) -> Iterator[Draft]:
    value = m.unit().total_minor + m.case.finding.difference_minor
    yield _changed(m, {"set value": m.money(value)})


def _currency(m: Maker) -> Iterator[Draft]:
    yield _changed(m, {"set currency": m.held().currency})


def _moved(m: Maker) -> Iterator[Draft]:
    if m.case.subject is None:
        yield from _orphaned(m)
        return
    yield _changed(m, {"set at": m.moment(m.held().happened_at)})


def _lines(m: Maker) -> Iterator[Draft]:
    unit, held = m.unit(), m.held()
    pieces = max(1, (unit.quantity_milli or 1000) // 1000)
    if unit.total_minor % pieces:
        pieces = 1
    items = [{"article": "Goods", "price": m.money(unit.total_minor // pieces), "quantity": pieces}]
    said = held.quantity_milli // 1000 if held.quantity_milli is not None else pieces + 1
    name = lines.QUANTITY if unit.kind == Kind.PRODUCT else lines.COUNT
    brought = m.brought(unit, items=items) if unit.kind in (Kind.PLACED, Kind.PRODUCT) else m.brought(unit)
    for change in ({name: said if said != pieces else pieces + 1}, {lines.ARTICLE: "another article"}):
        changed = {"klaviyo changes": {"metric": unit.metric, "set properties": change}}
        yield m.draft(m.given(m.buyer), *brought, changed)


def _duplicate(m: Maker) -> Iterator[Draft]:
    unit, held, who = m.unit(), m.held(), m.buyer
    other = m.owner(held.profile_id or "another")
    other = other if other != who else m.owner("another")
    brought, minor = m.brought(unit), held.value_minor or 0
    gained = {"sale": "sale"} if unit.kind == Kind.PLACED else {}
    again = m.gain(unit.metric, who, held.happened_at, minor, **gained)
    twice = {"klaviyo copies": {"metric": unit.metric, "to": m.names.email(other)}}
    changed = {
        "klaviyo changes": {"metric": unit.metric, "for": m.names.email(other), "set value": m.money(minor)}
    }
    if m.case.finding.cause.code != "two_profiles" and gained:
        yield m.draft(m.given(who), *brought, again)
    yield m.draft(m.given(who), *brought, twice, changed)


def _double_key(m: Maker) -> Iterator[Draft]:
    unit, held = m.unit(), m.held()
    brought = m.brought(unit)
    for name in ("sale", "refund"):
        gained = m.gain(
            unit.metric, m.buyer, held.happened_at, held.value_minor or 0, sale=name, key="another id"
        )
        yield m.draft(m.given(m.buyer), *brought, gained)


def _orphaned(m: Maker) -> Iterator[Draft]:
    unit, held, who = m.case.subject, m.held(), m.buyer
    at_s, minor, code = held.happened_at, held.value_minor or 0, m.case.finding.cause.code

    def gained(key: str, **more: object) -> Step:
        return m.gain(held.metric, who, at_s, minor, key=key, **more)

    if code == "refund_voided":
        back = {"refund": {"of": "sale", "as": "refund", "at": m.moment(at_s)}}
        sold, void = m.sell("sale", at_s - 3600, minor, who), {"void": {"of": "refund"}}
        yield m.draft(m.given(who), sold, back, m.sync(), void, m.sync())
    if unit is not None and unit.reason:
        for left_out, after in _left_out(unit.reason):
            sold = m.sell("sale", unit.happened_at, unit.total_minor or minor, who, **left_out)
            if left_out.get("to") == "":
                del sold["sell"]["to"]
            yield m.draft(m.given(who), sold, *after, gained(f"{HEAD}:{{sale:sale}}", sale="sale"))
        refused = m.given(who)
        refused["customers"][0] |= {"marketing": "refused"}
        mute = m.given(who)
        mute["customers"][0].pop("email")
        for given in (refused, mute):
            sold = m.sell("sale", unit.happened_at, unit.total_minor or minor, who)
            yield m.draft(given, sold, gained(f"{HEAD}:{{sale:sale}}", sale="sale"))
    if code == "never_placed":
        sold = m.sell("sale", at_s, minor, who)
        yield m.draft(
            m.given(who), sold, {"void": {"of": "sale"}}, gained(f"{HEAD}:{{sale:sale}}", sale="sale")
        )
    if code == "no_such_part":
        sold = m.sell("sale", at_s, minor, who)
        yield m.draft(m.given(who), sold, m.sync(), gained(f"{HEAD}:{{sale:sale}}:line:404", sale="sale"))
    for number in ("4711", "00000000-0000-4000-8000-000000004711"):
        yield m.draft(m.given(who), gained(f"{HEAD}:{number}", properties={"OrderId": number}))
        # Where a till that shows no sale at all would itself be a finding.
        sold = m.sell("sale", at_s - 60, 100, who)
        yield m.draft(
            m.given(who), sold, m.sync(), gained(f"{HEAD}:{number}", properties={"OrderId": number})
        )


def _left_out(reason: str) -> Iterator[tuple[Step, list[Step]]]:
    """What makes a sale one that is left out for this reason, and what happens to it afterwards."""
    void = [{"void": {"of": "sale"}}]
    ways: Mapping[str, list[tuple[Step, list[Step]]]] = {
        "practice": [({"practice": True}, [])],
        "booking": [({"kind": "booking"}, [])],
        "parked": [({"kind": "parked"}, [])],
        "not_completed": [({"kind": "unfinished"}, []), ({"kind": "parked"}, []), ({"kind": "layby"}, [])],
        "unpaid": [({"kind": "webshop"}, [])],
        "reserved": [({"kind": "webshop"}, [])],
        "gift_card": [({"kind": "gift card"}, [])],
        "ecommerce": [({"from web": "Shopify"}, []), ({"kind": "webshop"}, [])],
        "voided": [({}, void)],
        "zero_value": [({"items": [{"article": "Goods", "price": 0}]}, [])],
        "no_customer": [({"to": ""}, [])],
        "no_identifier": [({"to": ""}, [])],
        "no_email": [({"to": ""}, [])],
    }
    yield from ways.get(reason, [])


def _wrong_profile(m: Maker) -> Iterator[Draft]:
    unit, who = m.unit(), m.buyer
    other = m.owner(m.held().profile_id or "another")
    other = other if other != who else m.owner("another")
    moved = {"klaviyo changes": {"metric": unit.metric, "sale": "sale", "set profile": m.names.email(other)}}
    yield m.draft(m.given(who), *m.brought(unit), {"wait": "1m"}, moved)
    before = [m.sell("of another", unit.happened_at - 3600, 100, other), m.sync()]
    yield m.draft(m.given(who, other), *before, *m.brought(unit), moved)


def _same_second(m: Maker) -> Iterator[Draft]:
    unit, who = m.unit(), m.buyer
    others = [one for one in m.case.units if _beside(one, unit)]
    minor = others[0].total_minor if others else unit.total_minor
    at_s = unit.happened_at
    second = {} if m.case.account.source == "lightspeed_x" else {"register": 2}
    given = m.given(who)
    given["shop"]["registers"] = 2
    yield m.draft(
        given, m.sell("kept", at_s, minor, who),
        m.sell("sale", at_s, unit.total_minor, who, **second), m.sync(),
        {"klaviyo loses": {"metric": unit.metric}},
        m.gain(unit.metric, who, at_s, minor, sale="kept", key=str(at_s)),
    )  # fmt: skip


def _beside(one: object, unit: object) -> bool:
    same = ("happened_at", "customer_id", "metric")
    return all(getattr(one, name) == getattr(unit, name) for name in same) and one != unit


def _late(m: Maker) -> Iterator[Draft]:
    unit = m.unit()
    try:
        sent_s = int(datetime.fromisoformat(m.case.finding.observed["sent"]).timestamp())
    except (KeyError, ValueError):
        sent_s = unit.changed_at + _DAY_S + 3600
    sold = m.sell("sale", unit.changed_at, unit.total_minor, m.buyer)
    yield m.draft(m.given(m.buyer), m.sync(unit.changed_at - 3600), sold, m.sync(sent_s))


def _consent(m: Maker) -> Iterator[Draft]:
    who = m.buyer
    name = m.names.name(who)
    at_s = int(m.case.as_of.timestamp()) - _DAY_S
    out = "out" in m.case.finding.expected.get("marketing", "out")
    for settings in ({}, {"preset": "klavx"}, {"preset": "sitoo"}):
        given = m.given(who, **({"settings": settings} if settings else {}))
        given["klaviyo"]["profiles"] = [
            {"name": name, "consent": "subscribed" if out else "never_subscribed"}
        ]
        sold = m.sell("sale", at_s, 100, who)
        if not out:
            given["customers"][0]["marketing"] = "refused"
        changed = {"change customer": {"of": name, "marketing": "refused" if out else "agreed"}}
        yield m.draft(given, sold, m.sync(), changed)


def _outside(m: Maker) -> Iterator[Draft]:
    """Events of another integration: what Klaviyo held of the sale is there, and no sync of ours runs."""
    one, who = m.case.finding, m.buyer
    unit, subject = m.unit(), m.case.subject
    steps: list[Step] = [m.sell("before", unit.happened_at - 60, 100, who)]
    web = {"integration": "Shopify"}
    steps.append(m.gain(one.metric, who, unit.happened_at - 60, 100, sale="before", key="web-0", **web))
    if subject is not None:
        steps += [step for step in m.brought(subject) if "sync" not in step]
    name = "refund" if unit.kind == Kind.REFUNDED else "sale"
    told = {"sale": name} if subject is not None else {"properties": {"OrderId": "4711"}}
    for number, event in enumerate(o for o in m.case.events if o.metric == one.metric):
        owner = m.owner(event.profile_id) if number else who
        gained = m.gain(
            one.metric, owner, event.happened_at, event.value_minor, key=f"web-{number + 1}", **told, **web
        )
        gained["klaviyo gains"]["currency"] = event.currency or m.currency
        steps.append(gained)
    off = {kind.value: "" for kind in Kind if kind.value != unit.kind and kind is not Kind.PLACED}
    draft = m.draft(m.given(who, settings={"metrics": off}), *steps)
    draft["when"][-1]["look"] |= {"integration": "Shopify", "key": _OUTSIDE_KEY}
    yield draft


_PLANS: Mapping[FindingKind, Callable[[Maker], Iterator[Draft]]] = {
    FindingKind.SILENCE: plans_wide.silence,
    FindingKind.MISSING: _missing,
    FindingKind.CONTROL_TOTAL: plans_wide.control_total,
    FindingKind.DUPLICATE: _duplicate,
    FindingKind.ORPHANED: _orphaned,
    FindingKind.AMOUNT_MISMATCH: _amount,
    FindingKind.WRONG_CURRENCY: _currency,
    FindingKind.DAY_SHIFT: _moved,
    FindingKind.LOST_REFUND: _missing,
    FindingKind.WRONG_PROFILE: _wrong_profile,
    FindingKind.LINE_MISMATCH: _lines,
    FindingKind.SAME_SECOND_COLLAPSE: _same_second,
    FindingKind.DOUBLE_KEY: _double_key,
    FindingKind.TWIN_METRIC: plans_wide.twins,
    FindingKind.CONSENT_MISMATCH: _consent,
    FindingKind.FUTURE_DATED: _moved,
    FindingKind.LATE: _late,
}
