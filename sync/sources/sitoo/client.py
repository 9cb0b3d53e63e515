"""Reading Sitoo's lists: Basic auth, the envelope, paging by number and by id, errors named for the caller.

Source of the facts: Sitoo's REST API pages. Lists are `{"totalcount", "items"}`; `num` is 10 unless asked
otherwise, and its maximum is not published, so a refusal of it is answered with a smaller one.
"""

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

import httpx
import msgspec

from sync.domain.clock import Clock
from sync.http.client import ApiClient
from sync.http.errors import ApiTrouble, NotPermitted, NotThere, Reconnect, Refused, TooMuch, Unintelligible
from sync.http.limits import SlidingWindows
from sync.http.retry import RetryPolicy
from sync.sources.sitoo import wire
from sync.sources.sitoo.settings import Settings

T = TypeVar("T")
UPSTREAM = "Sitoo"
IDS_MAX = 100  # values in one filter, so that the address stays short
_PAGES_MAX = 200_000
_ROWS_LEAST = 10  # what Sitoo sends when not asked for more

ORDER_FIELDS = ",".join(wire.Order.__struct_fields__)
_ORDERS = wire.rows_decoder("sale", wire.Order, "orderid")
_ORDER = wire.row_decoder(wire.Order)
Decode = Callable[[bytes], wire.Rows[T]]


class SitooClient:
    """One account's lists. Raises the errors of `sync.http.errors`."""

    def __init__(self, api: ApiClient, settings: Settings, account_id: str, remedy: str) -> None:
        """`api` stands at `…/v2/accounts/{account_id}`; `remedy` says what a dead password asks for."""
        self._api = api
        self._site = f"sites/{settings.site_id}"
        self._eshop_id = settings.site_id
        self._rows_max = settings.page_rows
        self._remedy = remedy
        self.account_id = account_id

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def orders(self, filters: Mapping[str, str], from_id: int = 0) -> Iterator[wire.Rows[wire.Order]]:
        """Pages of orders by ascending number, from `from_id` on. What is rung up meanwhile comes last.

        The next page is asked for behind the highest number, never by offset, so that nothing that comes in
        between can move a row from one page to another.
        """
        fixed = {**filters, "eshopid": str(self._eshop_id), "sort": "orderid", "fields": ORDER_FIELDS}
        start = from_id
        for _ in range(_PAGES_MAX):
            page = self._page("orders.json", {**fixed, "orderidfrom": str(start)}, _ORDERS)
            if not page.sent_count:
                return
            if not page.ids:
                raise Unintelligible(UPSTREAM, "sends orders without a number; try again later")
            yield self._with_items(page)
            # A row may come twice on one page; counted twice it would hide that there are more.
            if len(set(page.ids)) >= page.total_count:
                return
            start = max(page.ids) + 1
        raise TooMuch(UPSTREAM, f"a list has more than {_PAGES_MAX:,} pages; read a shorter time")

    def orders_by_ids(self, ids: Iterable[str]) -> Iterator[wire.Rows[wire.Order]]:
        """The orders with these numbers; those that do not exist are not there."""
        wanted = [each for each in dict.fromkeys(ids) if each.isascii() and each.isdigit()]
        step = min(IDS_MAX, self._rows_max)
        for start in range(0, len(wanted), step):
            some = wanted[start : start + step]
            filters = {"orderid": ",".join(some), "sort": "orderid", "fields": ORDER_FIELDS}
            yield self._with_items(self._page("orders.json", filters, _ORDERS))

    def count_orders(self, filters: Mapping[str, str]) -> int:
        """How many orders there are."""
        query = {**filters, "eshopid": str(self._eshop_id), "num": "1", "fields": "orderid"}
        return self._fetch(_ORDERS, "orders.json", query).total_count

    def listed(
        self,
        path: str,
        decode: Decode[T],
        fields: Sequence[str] = (),
        filters: Mapping[str, str] | None = None,
    ) -> Iterator[wire.Rows[T]]:
        """Every page of a list of the site. Where the list grew or shrank meanwhile, pages overlap.

        Rows may come twice; the caller keeps one of each.
        """
        start, total_count = 0, -1
        asked = {**(filters or {}), **({"fields": ",".join(fields)} if fields else {})}
        for _ in range(_PAGES_MAX):
            page = self._page(f"{self._site}/{path}", {**asked, "start": str(start)}, decode)
            if page.sent_count:
                yield page
            moved = total_count not in (-1, page.total_count)
            total_count = page.total_count
            if not page.sent_count or start + page.sent_count >= total_count:
                return
            # A row deleted before this page would otherwise pull one over the edge, unread.
            start += max(1, page.sent_count // 2) if moved else page.sent_count
        raise TooMuch(UPSTREAM, f"a list has more than {_PAGES_MAX:,} pages")

    def rows(
        self,
        path: str,
        decode: Decode[T],
        fields: Sequence[str] = (),
        filters: Mapping[str, str] | None = None,
    ) -> list[T]:
        """All rows of a short list of the site; `fields` empty asks for the default ones."""
        return [row for page in self.listed(path, decode, fields, filters) for row in page.rows]

    def one(self, path: str, row_type: type[T]) -> T | None:
        """A single object of the site; None when there is no such thing."""
        try:
            return self._fetch(wire.row_decoder(row_type), f"{self._site}/{path}", {})
        except NotThere:
            return None

    def _with_items(self, page: wire.Rows[wire.Order]) -> wire.Rows[wire.Order]:
        """The page, with orders that came without their lines read one by one."""
        if all(row.orderitems is not msgspec.UNSET for row in page.rows):
            return page
        rows = [row if row.orderitems is not msgspec.UNSET else self._whole(row) for row in page.rows]
        return wire.Rows(rows, page.total_count, page.set_aside, page.sent_count, page.ids)

    def _whole(self, row: wire.Order) -> wire.Order:
        path = f"sites/{row.eshopid or self._eshop_id}/orders/{row.orderid}.json"
        return self._fetch(_ORDER, path, {})

    def _page(self, path: str, filters: Mapping[str, str], decode: Decode[T]) -> wire.Rows[T]:
        """One page; in fewer rows when Sitoo refuses so many, in its own fields when it refuses ours.

        A refusal is not documented to say what it is about, so both are tried.
        """
        try:
            return self._fetch(decode, path, {**filters, "num": str(self._rows_max)})
        except Refused:
            if self._rows_max > _ROWS_LEAST:
                with suppress(Refused):
                    found = self._fetch(decode, path, {**filters, "num": str(_ROWS_LEAST)})
                    self._rows_max = max(_ROWS_LEAST, self._rows_max // 4)
                    return found
            if "fields" not in filters or decode is _ORDERS:
                raise
            plain = {name: value for name, value in filters.items() if name != "fields"}
            return self._fetch(decode, path, {**plain, "num": str(self._rows_max)})

    def _fetch(self, decode: Callable[[bytes], T], path: str, params: Mapping[str, str]) -> T:
        found, _ = self._api.fetch(decode, "GET", path, params=params, classify=self._named)
        return found

    def _named(self, status: int, _headers: Mapping[str, str], content: bytes) -> ApiTrouble | None:
        if status == 401:
            told = f"the API ID or its password is rejected; {self._remedy}"
            return Reconnect(UPSTREAM, told, status=status)
        if status == 403:
            return NotPermitted(
                UPSTREAM,
                "does not let us in; put this machine's address on the list of allowed addresses in the back "
                "office, and check the rights of the API ID",
            )
        if status == 404:
            return NotThere(UPSTREAM, f"there is no such thing in account {self.account_id}, {self._site}; "
                            "check account_id, site_id and api_url")  # fmt: skip
        return Refused(UPSTREAM, status, detail=_told(content))


def connect(
    settings: Settings,
    *,
    name: str,
    clock: Clock,
    share: float = 1.0,
    transport: httpx.BaseTransport | None = None,
    tls: ssl.SSLContext | None = None,
    retry: RetryPolicy,
) -> SitooClient:
    """A client for one account. `name` is the account's in the settings, for messages."""
    account_id = settings.account_id or settings.api_id.rpartition("-")[0]
    requests_max = max(1, int(settings.requests_max * share))
    api = ApiClient(
        UPSTREAM,
        f"{settings.api_url.rstrip('/')}/v2/accounts/{account_id}",
        clock=clock,
        limiter=SlidingWindows(clock, {"": ((requests_max, float(settings.requests_per)),)}, slack_s=0.05),
        auth=httpx.BasicAuth(settings.api_id, settings.password),
        transport=transport,
        tls=tls,
        retry=retry,
    )
    remedy = (
        "make a new password in the back office under Settings, Sitoo REST API, and put it into "
        f"accounts.{name}.sitoo.password (or its file or variable)"
    )
    return SitooClient(api, settings, account_id, remedy)


def distinct(pages: Iterable[wire.Rows[T]], id_of: Callable[[T], object]) -> Iterator[Sequence[T]]:
    """The rows of overlapping pages, each once."""
    seen: set[object] = set()
    for page in pages:
        fresh = [row for row in page.rows if id_of(row) not in seen]
        seen.update(map(id_of, fresh))
        yield fresh


def _told(content: bytes) -> str:
    # The form of Sitoo's errors is not published: take the text under whichever name it has.
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, ValueError):
        return ""
    if not isinstance(body, dict):
        return body if isinstance(body, str) else ""
    named = (body.get(key) for key in ("errortext", "error", "message", "error_code"))
    return next((text for text in named if isinstance(text, str)), "")
