"""The small world of one finding: a shop, the people in it, and the steps that bring its sale to Klaviyo."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from monitor.report_data import FindingKind
from scenarios.from_finding.case import Case, Event, Unit
from scenarios.from_finding.pseudonyms import Pseudonyms
from scenarios.from_finding.replay import Draft, amount
from sync.domain.clock import zone
from sync.domain.planning import Kind
from sync.domain.presets import PRESETS

_SUITS = {"lightspeed_r": "klaviyo-native", "lightspeed_x": "klavx", "sitoo": "sitoo"}
_HOUR_S = 3600
Step = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes parts of a story of one case, with invented people."""

    case: Case
    names: Pseudonyms

    # -- who and where

    @property
    def zone(self) -> str:
        """The zone of the shop, or the widest the report knows."""
        return self.case.finding.zone or self.case.account.klaviyo_zone

    @property
    def currency(self) -> str:
        """The currency of the shop."""
        return self.case.finding.currency or self.case.account.klaviyo_currency

    def customer(self, number: str) -> str:
        """Whom the POS knows under a number."""
        return f"{self.case.account.source}\x1f{self.case.account.pos_account_id}\x1f{number}"

    def owner(self, profile: str) -> str:
        """Whose profile it is: a customer where the evidence shows which, else somebody of Klaviyo's."""
        number = self.case.owners.get(profile)
        return self.customer(number) if number else f"{self.case.account.klaviyo_id}\x1f{profile}"

    @property
    def buyer(self) -> str:
        """Who bought; the owner of the event where there is no sale."""
        unit, event = self.case.subject, self.case.event
        number = unit.customer_id if unit else self.case.finding.customer_id
        if number:
            return self.customer(number)
        return self.owner(event.profile_id) if event else self.customer("somebody")

    def person(self, who: str) -> Step:
        """A customer of the story."""
        said = {} if self.case.account.source == "sitoo" else {"marketing": "agreed"}
        return {"name": self.names.name(who), "email": self.names.email(who), **said}

    def given(self, *people: str, **more: Any) -> dict[str, Any]:
        """The world at the start."""
        account, shop = self.case.account, self.case.finding.shop or "the only one"
        settings = self._settings()
        return {
            "till": account.source,
            "shop": {"name": self.names.shop(shop), "zone": self.zone, "currency": self.currency},
            "customers": [self.person(who) for who in people],
            "klaviyo": {"zone": account.klaviyo_zone, "currency": account.klaviyo_currency},
            **({"settings": settings} if settings else {}),
            **more,
        }

    def _settings(self) -> dict[str, Any]:
        """The preset and names that call events as the account's own do."""
        told, own = self.case.metrics, _SUITS[self.case.account.source]
        for name in (own, *PRESETS):
            metrics = {kind.value: metric for kind, metric in PRESETS[name].metrics.items()}
            if all(metrics.get(kind) == metric for kind, metric in told.items()):
                return {} if name == own else {"preset": name}
        known = {kind.value: metric for kind, metric in PRESETS[own].metrics.items()}
        return {"metrics": {kind: name for kind, name in told.items() if known.get(kind) != name}}

    # -- when and how much

    def moment(self, at_s: int) -> str:
        """An instant on the shop's clock."""
        place = zone(self.zone)
        local = datetime.fromtimestamp(at_s, UTC).astimezone(place)
        text = f"{local:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
        twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        return f"{text} {'second' if local.fold else 'first'}" if twice else text

    def money(self, minor: int) -> Any:
        """An amount in the shop's currency."""
        return amount(minor, self.currency)

    # -- what happens

    def sell(self, name: str, at_s: int, minor: int, who: str = "", **more: Any) -> Step:
        """A receipt of one line, which is all that an amount needs."""
        to = {"to": self.names.name(who)} if who else {}
        items = more.pop("items", None) or [{"article": "Goods", "price": self.money(minor)}]
        return {"sell": {"sale": name, "at": self.moment(at_s), **to, "items": items, **more}}

    def gain(self, metric: str, who: str, at_s: int, minor: int | None, **more: Any) -> Step:
        """An event that nobody sent."""
        value = {} if minor is None else {"value": self.money(minor)}
        told = {"metric": metric, "for": self.names.email(who), **value, "currency": self.currency}
        return {"klaviyo gains": {**told, "at": self.moment(at_s), **more}}

    def sync(self, at_s: int | None = None) -> Step:
        """The sync runs."""
        return {"sync": {"mode": "once", **({} if at_s is None else {"at": self.moment(at_s)})}}

    def look(self) -> Step:
        """The monitor looks when the original run did, over the same days."""
        last = {"first": self.case.first_day.isoformat(), "last": self.case.last_day.isoformat()}
        return {"look": {"at": self.moment(int(self.case.as_of.timestamp())), **last}}

    def draft(self, given: dict[str, Any], *steps: Step) -> Draft:
        """A story that is only to be told yet."""
        kind = self.case.finding.kind
        return {
            "story": f"Of a kept run: {_TITLES[kind]}",
            "topic": "found",
            "plants": [kind.value],
            "given": given,
            "when": [*steps, self.look()],
        }

    def brought(self, unit: Unit, name: str = "sale", **more: Any) -> list[Step]:
        """The steps after which Klaviyo holds the event of this row."""
        at_s, minor, who = unit.happened_at, unit.total_minor, self.buyer
        if unit.kind == Kind.REFUNDED:
            bought = self.bought(unit)
            first_s = bought.happened_at if bought else at_s - _HOUR_S
            back_name = "refund" if name == "sale" else f"refund of {name}"
            back = {"refund": {"of": name, "as": back_name, "at": self.moment(at_s)}}
            return [self.sell(name, first_s, minor, who), back, self.sync()]
        if unit.kind == Kind.SHIPPED:
            parcel = {"kind": "pickup"} if self.case.account.source == "lightspeed_x" else {"ship": True}
            sent = {"ship": {"of": name, "at": self.moment(at_s)}}
            return [self.sell(name, at_s - _HOUR_S, minor, who, **parcel), sent, self.sync()]
        if unit.kind == Kind.CANCELED:
            return [self.sell(name, at_s, minor, who), self.sync(), {"void": {"of": name}}, self.sync()]
        return [self.sell(name, at_s, minor, who, **more), self.sync()]

    def bought(self, unit: Unit) -> Unit | None:
        """What a refund takes back, as far as the evidence holds it."""
        return next(
            (
                o
                for o in self.case.units
                if o.kind == Kind.PLACED and o.sale_id == unit.order_id != unit.sale_id
            ),
            None,
        )

    def unit(self) -> Unit:
        """The row of the finding's sale; one made of what the finding says where the evidence has none."""
        if self.case.subject is not None:
            return self.case.subject
        one, event = self.case.finding, self.case.event
        kind = next((kind for kind, name in self.case.metrics.items() if name == one.metric), "placed")
        at_s = event.happened_at if event else int(self.case.as_of.timestamp()) - 24 * _HOUR_S
        minor = abs(one.difference_minor)
        return Unit(
            kind, one.metric, one.sale_id, one.sale_id, one.event_key, at_s, at_s, minor, one.currency, "",
            one.customer_id, one.shop, "", None,
        )  # fmt: skip

    def held(self) -> Event:
        """Klaviyo's event of the finding, in the same way."""
        unit, one = self.unit(), self.case.finding
        return self.case.event or Event(
            one.metric, one.event_id, one.event_key, unit.order_id, unit.happened_at, one.currency,
            unit.total_minor, "", "", "", None,
        )  # fmt: skip


_TITLES = {
    FindingKind.SILENCE: "a side is silent",
    FindingKind.MISSING: "an event is not in Klaviyo",
    FindingKind.CONTROL_TOTAL: "a register counted otherwise than the POS shows",
    FindingKind.DUPLICATE: "an event is in Klaviyo twice",
    FindingKind.ORPHANED: "an event stands in Klaviyo without a reason",
    FindingKind.AMOUNT_MISMATCH: "an event has another amount",
    FindingKind.WRONG_CURRENCY: "an event has another currency",
    FindingKind.DAY_SHIFT: "an event lies on another day",
    FindingKind.LOST_REFUND: "a refund is not in Klaviyo",
    FindingKind.WRONG_PROFILE: "an event hangs on somebody else's profile",
    FindingKind.LINE_MISMATCH: "an event names other goods",
    FindingKind.SAME_SECOND_COLLAPSE: "one sale of a second swallowed another",
    FindingKind.DOUBLE_KEY: "one sale lies under two ids",
    FindingKind.TWIN_METRIC: "two integrations report the same sales",
    FindingKind.CONSENT_MISMATCH: "both sides tell another wish for marketing",
    FindingKind.FUTURE_DATED: "an event lies in the future",
    FindingKind.LATE: "a sale came late",
}
