"""What happens in the shop of a life, as steps of a scenario: told from the till's truth, by receipt."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scenarios.simulation.receipts import Line, Receipt
from scenarios.simulation.tills import PEOPLE, Hand

_WEB = {"lightspeed_r": "webshop", "lightspeed_x": "SHOPIFY"}
_UNFINISHED = {"lightspeed_r": "unfinished", "lightspeed_x": "parked"}
_CONSENT = re.compile(r"\s*(?:no-email|do-not-email) of (?P<who>\S+) is (?P<no>[01])")
_NOTE = re.compile(r"\s*note on (?P<sale>\S+)")


@dataclass(slots=True)
class Sold:
    """One line that was sold: what the scenario calls it, what one of it cost, and how many are left."""

    article: str
    worth: int  # of one, in minor units, before what was taken off
    total: int
    left: int


class Shop:
    """The till of one life, looked at again and again."""

    def __init__(self, till: str, hand: Hand) -> None:
        """`hand` is the life's."""
        self._till, self._hand = till, hand
        self.names: dict[str, str] = {}  # of receipts by id
        self.articles: dict[str, float] = {}  # by name, with the price of one
        self._seen: dict[str, Receipt] = {}
        self._lines: dict[str, list[Sold]] = {}  # of a receipt
        self._people = dict(hand.people())
        numbers = [] if till == "sitoo" else list(self._people)
        self.callings = {one: PEOPLE[at][0] for at, one in enumerate(numbers)}

    def news(self) -> list[dict[str, Any]]:
        """The steps that make the till what it has become since the last look."""
        told: list[dict[str, Any]] = []
        for receipt in self._hand.receipts():
            before = self._seen.get(receipt.sale_id)
            if before is None:
                told.append(self._new(receipt))
            elif before != receipt:
                told += self._changed(before, receipt)
            self._seen[receipt.sale_id] = receipt
        for person, address in self._hand.people().items():
            if person in self.callings and self._people[person] != address:
                told.append({"change customer": {"of": self.callings[person], "email": address}})
            self._people[person] = address
        return told

    def noted(self, line: str) -> list[dict[str, Any]]:
        """What no receipt shows, from the line of the trace that tells of it: a note, a wish."""
        if (note := _NOTE.fullmatch(line)) and note["sale"] in self.names:
            return [{"edit sale": {"of": self.names[note["sale"]], "note": "Checked"}}]
        wish = _CONSENT.fullmatch(line)
        if wish is None or wish["who"] not in self.callings:
            return []
        marketing = "refused" if wish["no"] == "1" else "agreed"
        return [{"change customer": {"of": self.callings[wish["who"]], "marketing": marketing}}]

    def _new(self, receipt: Receipt) -> dict[str, Any]:
        name = self.names[receipt.sale_id] = f"sale {len(self.names) + 1}"
        at = {"at": f"{datetime.fromtimestamp(receipt.at_s, UTC):%Y-%m-%d %H:%M:%S} UTC"}
        lines = self._lines[receipt.sale_id] = self._named(receipt.bought)
        items = _items(receipt.bought, lines)
        if receipt.returned and receipt.returned[0].of_sale in self.names:
            of, back = self.names[receipt.returned[0].of_sale], self._back(receipt.returned)
            if items:
                return {"exchange": {"of": of, "as": name, "returned": back, "bought": items, **at}}
            return {"refund": {"of": of, "as": name, "items": back, **at}}
        told: dict[str, Any] = {"sale": name, **at, "items": items, **self._buyer(receipt)}
        if receipt.state == "open":
            told |= {"kind": _UNFINISHED[self._till]} if self._till in _UNFINISHED else {"practice": True}
        if receipt.posted:
            told["ship"] = True
        if receipt.web:
            told["from web"] = _WEB[self._till]
        return {"sell": told}

    def _buyer(self, receipt: Receipt) -> dict[str, str]:
        if not receipt.person:
            return {}
        known = receipt.person in self.callings
        return {"to": self.callings[receipt.person]} if known else {"email": receipt.person}

    def _changed(self, before: Receipt, receipt: Receipt) -> list[dict[str, Any]]:
        name, told = self.names[receipt.sale_id], list[dict[str, Any]]()
        if receipt.state == "void" != before.state:
            told.append({"void": name})
        elif receipt.state == "done" and before.state == "open":
            told.append({"finish": name})
        if receipt.person != before.person and receipt.person:
            told.append({"edit sale": {"of": name, "customer": self.callings[receipt.person]}})
        if len(receipt.shipped) > len(before.shipped):
            told.append({"ship": name})
        return told

    def _named(self, lines: Sequence[Line]) -> list[Sold]:
        """A name for each line; no two lines of a receipt have the same, so that either can come back."""
        found: list[Sold] = []
        for line in lines:
            worth = line.worth_minor // line.pieces
            alike = [one for one in found if one.worth == worth]
            article = f"Article of {worth / 100:.2f}" + (f", {len(alike) + 1}" if alike else "")
            self.articles.setdefault(article, worth / 100)
            found.append(Sold(article, worth, line.total_minor // line.pieces, line.pieces))
        return found

    def _back(self, lines: Sequence[Line]) -> Mapping[str, int]:
        """Which articles came back: those of the sale that cost the same."""
        found: Counter[str] = Counter()
        for line in lines:
            worth, total = line.worth_minor // line.pieces, line.total_minor // line.pieces
            sold = [one for one in self._lines[line.of_sale] if one.left >= line.pieces]
            near = min(sold, key=lambda one: (one.worth != worth, abs(one.total - total)))
            near.left -= line.pieces
            found[near.article] += line.pieces
        return dict(found)


def _items(lines: Sequence[Line], named: Sequence[Sold]) -> Any:
    """What was bought: pieces by article, or a list where something was taken off or put on."""
    off = [line.worth_minor - line.total_minor for line in lines]
    if not any(off):
        return {one.article: line.pieces for one, line in zip(named, lines, strict=True)}
    return [
        {
            "article": one.article,
            "quantity": line.pieces,
            **({"discount": minor / 100} if minor > 0 else {"tax": -minor / 100} if minor < 0 else {}),
        }
        for one, line, minor in zip(named, lines, off, strict=True)
    ]
