"""What a sale's row does not say: articles with category, brand and picture, discount names, web tills."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sync.domain.errors import SetAside
from sync.domain.facts import AccountFacts, Product
from sync.http.errors import NotThere
from sync.sources.lightspeed_r import parse, wire
from sync.sources.lightspeed_r.client import UPSTREAM, LightspeedRClient, Listing
from sync.sources.protocol import ProductShelf

_ITEMS = wire.rows_decoder("Item", wire.Item, "itemID")
_DISCOUNTS = wire.rows_decoder("Discount", wire.Discount, "discountID")
_SHOPS = wire.rows_decoder("Shop", wire.Shop, "shopID")
_ITEM_RELATIONS = ("Category", "Manufacturer", "Images")
_UNKNOWN_MAX = 50_000  # articles the vendor no longer knows, remembered so as not to ask again


class Catalog:
    """Reads what is missing and keeps it: articles on the shelf, the rest for the life of this object.

    Without a shelf no articles and no discounts are read: the monitor does not need them.
    """

    def __init__(self, client: LightspeedRClient, shelf: ProductShelf | None) -> None:
        """`shelf` keeps articles between runs; None when nobody asks for them."""
        self._client = client
        self._shelf = shelf
        self._gone: set[str] = set()
        self._unread: list[SetAside] = []
        self._discounts: dict[str, str] = {}
        self._facts: AccountFacts | None = None
        self._web_registers: frozenset[str] = frozenset()

    def account(self) -> AccountFacts:
        """The account and its shops, read now. Raises NotThere when it names no currency."""
        _ = self._client.account_id or self._client.whoami()
        found = self._client.one(f"Account/{self._client.account_id}.json", wire.Account)
        currency = "" if isinstance(found.default_currency, str) else found.default_currency.code.strip()
        if not (len(currency) == 3 and currency.isalpha() and currency.isascii()):
            raise NotThere(
                UPSTREAM, "the account names no currency; set its default currency in Lightspeed, then retry"
            )
        listing = Listing("Shop", {}, ("Contact", "Registers"), "shopID")
        rows = [row for page in self._client.pages(listing, _SHOPS) for row in page.rows]
        self._web_registers = frozenset().union(*(parse.web_registers(row) for row in rows))
        shops = {row.shop_id: parse.shop(row) for row in rows if row.shop_id}
        self._facts = AccountFacts(self._client.account_id, found.name, currency.upper(), shops)
        return self._facts

    def knowledge(self, rows: Sequence[wire.Sale]) -> parse.Knowledge:
        """All that is needed to read these sales."""
        facts = self._facts or self.account()
        if self._shelf is None:
            return self.bare()
        lines = [line for row in rows for line in parse.line_rows(row)]
        return parse.Knowledge(
            facts.account_id,
            facts.currency,
            self._web_registers,
            self._products(self._shelf, _item_ids(lines)),
            self._discount_names({line.discount_id for line in lines}),
        )

    @property
    def keeps_articles(self) -> bool:
        """Whether articles are read at all."""
        return self._shelf is not None

    def newest(self) -> str:
        """The time stamp of the article changed last; empty when there is no article."""
        page = next(self._client.pages(Listing("Item", {}, (), "-timeStamp"), _ITEMS))
        return max((row.time_stamp for row in page.rows), default="")

    def changed(self, filters: Mapping[str, str]) -> Iterator[wire.Rows[wire.Item]]:
        """Pages of the articles changed, oldest first. Those on the shelf are replaced, others not kept.

        Nothing is read without a shelf. The vendor says of relations only that stock does not move an
        article's `timeStamp`; a category renamed or a picture added may not move it either.
        """
        if self._shelf is None:
            return
        listing = Listing("Item", filters, _ITEM_RELATIONS, "timeStamp")
        for page in self._client.pages(listing, _ITEMS):
            fresh = {row.item_id: parse.product(row) for row in page.rows if row.item_id}
            known = self._shelf.get(fresh)
            changed = [each for each in fresh.values() if known.get(each.item_id, each) != each]
            if changed:
                self._shelf.put(changed)
            self._gone.difference_update(fresh)
            yield page

    def unknown(self, rows: Sequence[wire.Sale]) -> set[str]:
        """The articles of these sales that would have to be asked for; none without a shelf."""
        if self._shelf is None:
            return set()
        wanted = _item_ids(line for row in rows for line in parse.line_rows(row))
        return wanted - self._shelf.get(wanted).keys() - self._gone

    def stock(self, item_ids: Sequence[str]) -> None:
        """Put these articles on the shelf, and remember which of them do not exist."""
        if self._shelf is not None:
            self._fetched(self._shelf, item_ids)

    def unread(self) -> tuple[SetAside, ...]:
        """Articles and discounts that could not be read since this was last asked; sales go without them."""
        unread, self._unread = self._unread, []
        return tuple(replace(each, detail=f"{each.detail}; sales go without its name") for each in unread)

    def bare(self) -> parse.Knowledge:
        """What is needed to read sales without their articles."""
        facts = self._facts or self.account()
        return parse.Knowledge(facts.account_id, facts.currency, self._web_registers)

    def _products(self, shelf: ProductShelf, wanted: set[str]) -> Mapping[str, Product]:
        known = dict(shelf.get(wanted))
        missing = wanted - known.keys() - self._gone
        if missing:
            known.update(self._fetched(shelf, sorted(missing)))
        return known

    def _fetched(self, shelf: ProductShelf, item_ids: Sequence[str]) -> dict[str, Product]:
        fresh = {row.item_id: parse.product(row) for row in self._item_rows(item_ids)}
        shelf.put(list(fresh.values()))
        if len(self._gone) > _UNKNOWN_MAX:
            self._gone.clear()
        self._gone.update(set(item_ids) - fresh.keys())
        return fresh

    def _item_rows(self, item_ids: Sequence[str]) -> list[wire.Item]:
        listing = Listing("Item", {}, _ITEM_RELATIONS, "itemID")
        pages = list(self._client.by_ids(listing, "itemID", item_ids, _ITEMS))
        self._unread += [each for page in pages for each in page.set_aside]
        return [row for page in pages for row in page.rows if row.item_id]

    def _discount_names(self, discount_ids: Iterable[str]) -> Mapping[str, str]:
        unknown = {each for each in discount_ids if each and each != "0"} - self._discounts.keys()
        if unknown:
            pages = list(self._client.pages(Listing("Discount", {}, (), "discountID"), _DISCOUNTS))
            self._unread += [each for page in pages for each in page.set_aside]
            self._discounts.update((row.discount_id, row.name) for page in pages for row in page.rows)
            # A discount that was really deleted has no name; asking for it once is enough.
            self._discounts.update(dict.fromkeys(unknown - self._discounts.keys(), ""))
        return self._discounts


def _item_ids(lines: Iterable[wire.SaleLine]) -> set[str]:
    return {line.item_id for line in lines if line.item_id and line.item_id != "0"}
