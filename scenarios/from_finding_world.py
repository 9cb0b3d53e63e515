"""Rows of evidence as the steps of a story: what the till sold, and how Klaviyo came to differ from it."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from monitor.report_data import Finding, FindingKind, Report
from scenarios.from_finding_evidence import Part
from sync.domain.money import to_major

_PLACED, _PRODUCT, _REFUNDED, _SHIPPED, _CANCELED = "placed", "product", "refunded", "shipped", "canceled"
_KINDS = (_PLACED, _PRODUCT, _REFUNDED, _SHIPPED, _CANCELED)
_NO_ADDRESS = frozenset({"no_email", "no_identifier"})
_MILLI = 1000
Row = Mapping[str, Any]


def world_of(part: Part, report: Report, finding: Finding, *, with_cause: bool) -> dict[str, Any]:
    """The story of these rows as plain data; its last check is that the finding is found."""
    return _World(part, report, finding).story(with_cause=with_cause)


class _World:
    """One story being made of evidence."""

    def __init__(self, part: Part, report: Report, finding: Finding) -> None:
        self._part, self._report, self._finding = part, report, finding
        self._account = next(one for one in report.accounts if one.name == finding.account)
        self._sales: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in part.expected:
            self._sales[row["sale_id"]][row["kind"]].append(row)
        self._names = {sale_id: f"sale {at}" for at, sale_id in enumerate(self._sales, 1)}
        self._articles: dict[str, Decimal] = {}
        self._shops: dict[str, Row] = {}
        self._people = {row["customer_id"]: row for row in part.expected if row["customer_id"]}
        self._homes = self._profiles()
        self._unknown = 0

    def story(self, *, with_cause: bool) -> dict[str, Any]:
        before, after = self._trade()
        differences = self._differences()
        finding = self._finding
        check: dict[str, Any] = {"kind": finding.kind.value}
        if finding.metric:
            check["metric"] = finding.metric
        if finding.sale_id in self._names and finding.kind is not FindingKind.SILENCE:
            check["sale"] = self._names[finding.sale_id]
        check["amount"] = _number(finding.difference_minor, finding.currency)
        if with_cause:
            check |= {"cause": finding.cause.code, "proven": finding.cause.proven}
        return {
            "story": f"The finding {finding.key} once more, as small as it can be",
            "topic": "from_findings",
            "plants": [finding.kind.value],
            "given": self._given(),
            "when": [
                *self._first_sync(),
                *before,
                *self._syncs(),
                *after,
                *([{"sync": "once"}] if after else []),
                *differences,
                self._look(),
            ],
            "then": [{"monitor finds": [check]}],
        }

    # -- the world

    def _given(self) -> dict[str, Any]:
        metrics = {row["kind"]: row["metric"] for row in self._part.expected}
        own = {kind: metrics.get(kind, "") for kind in _KINDS}
        names = {"placed": "Placed Order", "product": "Ordered Product", "refunded": "Refunded Order",
                 "shipped": "Shipped Order", "canceled": "Canceled Order"}  # fmt: skip
        changed = {kind: name for kind, name in own.items() if name and name != names[kind]}
        native = self._account.source == "lightspeed_r"
        return {
            "till": self._account.source,
            "settings": ({} if native else {"preset": "klaviyo-native"})
            | ({"metrics": changed} if changed else {}),
            "klaviyo": {"zone": self._account.klaviyo_zone, "currency": self._account.klaviyo_currency},
            "shops": [self._opened(row) for row in self._shops.values()] or [self._any_shop()],
            "articles": [{"name": name, "price": float(price)} for name, price in self._articles.items()],
            "customers": [self._customer(one) for one in self._people],
        }  # fmt: skip

    def _opened(self, row: Row) -> dict[str, Any]:
        return {"name": self._shop(row), "zone": row["zone"], "currency": row["currency"]}

    def _any_shop(self) -> dict[str, Any]:
        zone, currency = self._finding.zone, self._finding.currency
        return {"name": "Shop 1", "zone": zone or "UTC", "currency": currency or "USD"}

    def _customer(self, customer_id: str) -> dict[str, Any]:
        reason = self._people[customer_id]["reason"]
        told: dict[str, Any] = {"name": self._person(customer_id)}
        if self._account.source == "lightspeed_x":  # where nobody who refused becomes known
            told["marketing"] = "agreed"
        if reason not in _NO_ADDRESS:
            told["email"] = "nobody@example.com" if reason == "unusable_email" else self._address(customer_id)
        return told

    def _person(self, customer_id: str) -> str:
        """A made-up name that is the same every time."""
        return f"Person {hashlib.sha256(f'{self._finding.account}:{customer_id}'.encode()).hexdigest()[:6]}"

    def _address(self, customer_id: str) -> str:
        return f"{self._person(customer_id).replace(' ', '-').lower()}@quillhaven-post.com"

    def _shop(self, row: Row) -> str:
        self._shops.setdefault(row["shop_id"], row)
        return f"Shop {list(self._shops).index(row['shop_id']) + 1}"

    def _profiles(self) -> dict[str, str]:
        """The address behind each profile: the customer whose events mostly lie there, or a stranger."""
        of_unit = {(row["metric"], row["event_key"]): row["customer_id"] for row in self._part.expected}
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for event in self._part.observed:
            customer = of_unit.get((event["metric"], event["event_key"]), "")
            if customer:
                counts[customer][event["profile_id"]] += 1
        homes: dict[str, str] = {}
        for customer, found in counts.items():
            homes.setdefault(found.most_common(1)[0][0], self._address(customer))
        return homes

    def _of_profile(self, profile_id: str) -> str:
        stranger = hashlib.sha256(profile_id.encode()).hexdigest()[:6]
        return self._homes.get(profile_id, f"stranger-{stranger}@marlowfernpost.com")

    # -- the till

    def _trade(self) -> tuple[list[Any], list[Any]]:
        """What happened before the first sync, and what was done to it later."""
        before: list[Any] = []
        after: list[Any] = []
        for sale_id, kinds in self._sales.items():
            before += [{"sell": self._sell(sale_id, row, kinds)} for row in kinds[_PLACED]]
            for row in kinds[_REFUNDED]:
                before += self._refund(sale_id, row, made=bool(kinds[_PLACED]))
            after += [
                {"ship": {"of": self._names[sale_id], "at": _at(row["happened_at"])}}
                for row in kinds[_SHIPPED]
                if row["reason"] != "not_shipped"
            ]
            voided = [*kinds[_CANCELED], *(row for row in kinds[_PLACED] if row["voided"])]
            if voided:
                at = voided[0]["happened_at"] if kinds[_CANCELED] else voided[0]["changed_at"]
                after.append({"void": {"of": self._names[sale_id], "at": _at(at)}})
        return before, after

    def _sell(self, sale_id: str, row: Row, kinds: Mapping[str, list[Row]]) -> dict[str, Any]:
        told: dict[str, Any] = {
            "sale": self._names[sale_id],
            "at": _at(row["happened_at"]),
            "shop": self._shop(row),
        }
        if row["customer_id"]:
            told["to"] = self._person(row["customer_id"])
        told["items"] = self._items(sale_id, row, kinds[_PRODUCT])
        if row["reason"] == "not_completed":
            told["kind"] = "unfinished" if self._account.source == "lightspeed_r" else "parked"
        if row["channel"] not in {"", "shop"}:
            told["from web"] = "Shopify"
        if kinds[_SHIPPED]:
            told["ship"] = True
        return told

    def _items(self, sale_id: str, row: Row, products: Sequence[Row]) -> list[dict[str, Any]]:
        """The lines of a receipt; where parts of it came back, a line for each of those parts."""
        currency, total = row["currency"], row["total_minor"]
        back = [
            one["total_minor"] for other, kinds in self._sales.items() for one in kinds[_REFUNDED]
            if one["order_id"] == sale_id and other != sale_id and one["total_minor"] != total
        ]  # fmt: skip
        if back or not products or sum(one["total_minor"] for one in products) < total:
            parts = [*back, *([total - sum(back)] if total != sum(back) else [])]
            return [self._line(part * count, count, currency) for part, count in Counter(parts).items()]
        lines = [
            self._line(one["total_minor"], (one["quantity_milli"] or _MILLI) // _MILLI, currency)
            for one in products
        ]
        less = sum(one["total_minor"] for one in products) - total
        if less:
            lines[-1]["discount"] = _number(less, currency)
        return lines

    def _line(self, minor: int, pieces: int, currency: str) -> dict[str, Any]:
        pieces = pieces if pieces and minor % pieces == 0 else 1
        price = to_major(minor // pieces, currency)
        name = f"Article of {price}"
        self._articles.setdefault(name, price)
        return {"article": name, "quantity": pieces} if pieces != 1 else {"article": name}

    def _refund(self, sale_id: str, row: Row, *, made: bool) -> list[Any]:
        """The refund; of a sale that is not among the evidence, a sale of just that much a day before."""
        name = f"{self._names[sale_id]} back" if made else self._names[sale_id]
        original = self._sales.get(row["order_id"], {}).get(_PLACED, [])
        steps: list[Any] = []
        of = self._names.get(row["order_id"], "")
        if not original:
            of = f"before {name}"
            line = self._line(row["total_minor"], 1, row["currency"])
            sold = {
                "sale": of,
                "at": _at(row["happened_at"] - 86_400),
                "shop": self._shop(row),
                "items": [line],
            }
            steps.append(
                {"sell": sold | ({"to": self._person(row["customer_id"])} if row["customer_id"] else {})}
            )
        told: dict[str, Any] = {"of": of, "as": name, "at": _at(row["happened_at"])}
        if original and original[0]["total_minor"] != row["total_minor"]:
            told["items"] = {f"Article of {to_major(row['total_minor'], row['currency'])}": 1}
        return [*steps, {"refund": told}]

    def _syncs(self) -> list[Any]:
        """One run after everything was rung up; of a late sale, one when it was sent."""
        sent_s = self._part.sent_s.get(self._finding.event_key)
        if self._finding.kind is not FindingKind.LATE or sent_s is None:
            return [{"sync": "once"}]
        return [{"sync": {"mode": "once", "at": _at(sent_s)}}]

    def _first_sync(self) -> list[Any]:
        """What is late is so only where a sync had run before."""
        if self._finding.kind is not FindingKind.LATE:
            return []
        first_s = min(row["happened_at"] for row in self._part.expected)
        return [{"sync": {"mode": "once", "at": _at(first_s - 60)}}]

    # -- Klaviyo

    def _differences(self) -> list[Any]:
        """How to make the Klaviyo of the story what it was: events lost, changed, doubled and gained."""
        by_key: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for event in self._part.observed:
            by_key[event["metric"], event["event_key"]].append(event)
        steps: list[Any] = []
        for row in self._part.expected:
            found = by_key.pop((row["metric"], row["event_key"]), [])
            if row["reason"] and not row["voided"]:
                steps += [self._gained(event, own_key=row["kind"] == _PLACED) for event in found]
                continue
            choice = {"metric": row["metric"], "sale": self._names.get(row["order_id"], "")}
            if row["kind"] == _PRODUCT:
                choice["article"] = self._line(
                    row["total_minor"], row["quantity_milli"] // _MILLI, row["currency"]
                )["article"]
            if row["kind"] == _REFUNDED:
                choice["dated"] = _at(row["happened_at"])
            if not found:
                steps.append({"klaviyo loses": choice})
                continue
            best = min(found, key=lambda one: self._apart(row, one))
            steps += self._changed(row, best, choice)
            steps += [self._again(best, event, choice) for event in found if event is not best]
        return [*steps, *(self._gained(event) for events in by_key.values() for event in events)]

    def _apart(self, row: Row, event: Row) -> tuple[bool, bool, int, str]:
        home = self._of_profile(event["profile_id"]) == self._address(row["customer_id"])
        apart = abs(event["happened_at"] - row["happened_at"])
        return event["value_minor"] != row["total_minor"], not home, apart, event["event_id"]

    def _changed(self, row: Row, event: Row, choice: Mapping[str, str]) -> list[Any]:
        told: dict[str, Any] = {}
        if event["value_minor"] != row["total_minor"]:
            told["set value"] = _number(event["value_minor"], event["currency"])
        if event["currency"] != row["currency"]:
            told["set currency"] = event["currency"]
        if event["happened_at"] != row["happened_at"]:
            told["set at"] = _at(event["happened_at"])
        if row["item_id"] and event["quantity_milli"] not in (None, row["quantity_milli"]):
            told["set properties"] = {"Quantity": event["quantity_milli"] / _MILLI}
        elif row["item_id"] and event["item_id"] not in ("", row["item_id"]):
            told["set properties"] = {"Product ID": "another"}
        if self._of_profile(event["profile_id"]) != self._address(row["customer_id"]):
            told["set profile"] = self._of_profile(event["profile_id"])
        return [{"klaviyo changes": {**choice, **told}}] if told else []

    def _again(self, best: Row, event: Row, choice: Mapping[str, str]) -> Any:
        """The same event a second time: on another profile, or on the same one."""
        if event["profile_id"] != best["profile_id"]:
            return {"klaviyo copies": {**choice, "to": self._of_profile(event["profile_id"])}}
        return self._gained(event, own_key=True)

    def _gained(self, event: Row, *, own_key: bool = False) -> Any:
        told = {
            "metric": event["metric"],
            "for": self._of_profile(event["profile_id"]),
            "value": _number(event["value_minor"], event["currency"]),
            "currency": event["currency"],
            "at": _at(event["happened_at"]),
        }
        known = self._names.get(event["order_id"], "")
        if known:
            told["sale"] = known
        if not (own_key and known):
            told["key"] = self._key(event)
        if not known and event["order_id"]:
            told["properties"] = {"OrderId": told["key"].rpartition(":")[2]}
        return {"klaviyo gains": told}

    def _key(self, event: Row) -> str:
        """A made-up id of the same sort: Klaviyo's own second, one of our sync's, or anything."""
        if event["unique_id"] == str(event["happened_at"]):
            return str(event["unique_id"])
        self._unknown += 1
        head = f"{self._account.source}:{self._account.pos_account_id}:"
        if self._account.source == "lightspeed_r" and event["event_key"].startswith(head):
            return f"lightspeed_r:797:{900_000 + self._unknown}"
        return f"unknown-{self._unknown}"

    def _look(self) -> Any:
        window = self._report.window
        return {
            "look": {
                "at": f"{self._report.as_of.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
                "first": str(window.first_day),
                "last": str(window.last_day),
                "settle": f"{self._report.settle_s}s",
            }
        }


def _at(epoch_s: int) -> str:
    return f"{datetime.fromtimestamp(epoch_s, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _number(minor: int, currency: str) -> float | int:
    """An amount as YAML writes it; read back as a decimal, digit by digit."""
    amount = to_major(minor, currency)
    return int(amount) if amount == int(amount) else float(amount)
