"""Connecting an account: clients of both ends, the sign-in at the till's vendor, and the check of both."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from sync.domain.clock import Clock, known_zone
from sync.domain.facts import AccountFacts
from sync.http.retry import RetryPolicy
from sync.http.tokens import TokenVault
from sync.klaviyo import client as klaviyo
from sync.klaviyo.client import KlaviyoClient
from sync.klaviyo.read import KlaviyoAccount, KlaviyoReader
from sync.settings import AccountSettings, WrongSettings
from sync.sources import registry
from sync.sources.notices import Subscriptions
from sync.sources.protocol import Attempt, Link, ProductShelf, SignIn, Till

Transports = Mapping[str, httpx.BaseTransport]  # by upstream, to mount fakes in process
_SHOPS_NAMED = 5


@dataclass(frozen=True, slots=True)
class Network:
    """How requests leave: the pacing clock, the shared TLS context, fakes mounted instead, and patience."""

    clock: Clock
    tls: ssl.SSLContext | None
    transports: Transports
    retry: RetryPolicy = field(default_factory=RetryPolicy)

    def till(
        self,
        name: str,
        account: AccountSettings,
        vault: Callable[[], TokenVault],
        *,
        share: float = 1.0,
        live: bool = False,
        products: ProductShelf | None = None,
    ) -> Till:
        """The account's till, opened to use at most `share` of its rate limit. Raises WrongSettings."""
        link = replace(self._link(name, account, vault), share=share, live=live, products=products)
        return registry.pos(account.source).open(link, account.pos)

    def klaviyo(self, name: str, account: AccountSettings) -> KlaviyoClient:
        """A client of the account's Klaviyo end. Raises WrongSettings without a key."""
        variable = f"TILLPROOF_{name.upper().replace('-', '_')}_KLAVIYO_API_KEY"
        if not account.klaviyo.api_key:
            raise WrongSettings(
                f"accounts.{name}.klaviyo: there is no private key; put it into {variable}, "
                "or into a file named by api_key_file"
            )
        return klaviyo.connect(
            account.klaviyo.api_key,
            clock=self.clock,
            base_url=account.klaviyo.base_url,
            key_setting=f"accounts.{name}.klaviyo (or {variable})",
            transport=self.transports.get("klaviyo"),
            tls=self.tls,
            retry=self.retry,
        )

    def sign_in(
        self, name: str, account: AccountSettings, vault: Callable[[], TokenVault], attempt: Attempt
    ) -> SignIn:
        """Connecting the account's till, begun or gone on with. Raises WrongSettings where none is needed."""
        link = self._link(name, account, vault)
        signing = registry.pos(account.source).sign_in(link, account.pos, attempt)
        if signing is None:
            raise WrongSettings(
                f"{name} needs no sign-in: its settings hold all that is needed; "
                f"`tillproof accounts check {name}` tries it"
            )
        return signing

    def signs_in(self, name: str, account: AccountSettings, vault: Callable[[], TokenVault]) -> bool:
        """Whether a person has to sign in at the account's till before it can be read."""
        link = self._link(name, account, vault)
        try:
            signing = registry.pos(account.source).sign_in(link, account.pos, Attempt.begun())
        except WrongSettings:  # something that only a sign-in needs is missing
            return True
        if signing is not None:
            signing.close()
        return signing is not None

    def subscribing(
        self, name: str, account: AccountSettings, vault: Callable[[], TokenVault], url: str
    ) -> Subscriptions | str:
        """How the account's till is told where to post its webhooks. Raises WrongSettings if it has none."""
        hooks = registry.hooks(account.source)
        if hooks is None:
            raise WrongSettings(f"{name}: {account.source} has no webhooks; `tillproof sync run` polls it")
        return hooks.subscribing(self._link(name, account, vault), account.pos, url)

    def _link(self, name: str, account: AccountSettings, vault: Callable[[], TokenVault]) -> Link:
        return Link(name, vault, self.clock, self.transports.get(account.source), self.tls, self.retry)


def code_of(pasted: str, attempt: Attempt) -> tuple[str, Mapping[str, str]]:
    """The code in what a person pasted, a code or the whole address they were sent to, and what came with it.

    Raises WrongSettings for an address that belongs to another attempt or holds no code.
    """
    pasted = pasted.strip()
    if not pasted:
        raise WrongSettings("nothing was pasted; begin again with the whole address the browser ended on")
    if "://" not in pasted and "code=" not in pasted:
        return pasted, {}
    query = parse_qs(urlsplit(pasted).query)
    if query.get("error"):
        raise WrongSettings(f"access was not granted ({query['error'][0]}); try again")
    if query.get("state", [""])[0] != attempt.state:
        raise WrongSettings("this address belongs to another attempt to connect; begin again")
    if not query.get("code"):
        raise WrongSettings("this address holds no code; paste the whole address the browser ended on")
    return query["code"][0], {key: values[0] for key, values in query.items()}


@dataclass(frozen=True, slots=True)
class Check:
    """What is known of both ends of an account, and what speaks against using them together."""

    account: str
    till: AccountFacts
    klaviyo: KlaviyoAccount
    problems: tuple[str, ...]  # must be mended
    remarks: tuple[str, ...]  # worth knowing

    def as_json(self) -> dict[str, Any]:
        """The check as plain data."""
        shops = {shop.shop_id: {"name": shop.name, "zone": shop.zone} for shop in self.till.shops.values()}
        return {
            "account": self.account,
            "till": {"account_id": self.till.account_id, "currency": self.till.currency, "shops": shops},
            "klaviyo": {
                "public_id": self.klaviyo.public_id,
                "zone": self.klaviyo.zone,
                "currency": self.klaviyo.currency,
            },
            "problems": list(self.problems),
            "remarks": list(self.remarks),
        }


def compared(name: str, account: AccountSettings, till: AccountFacts, reader: KlaviyoReader) -> Check:
    """Look at both ends and say what does not fit."""
    end = reader.account()
    problems: list[str] = []
    remarks: list[str] = []
    if till.currency != end.currency:
        remarks.append(
            f"the till counts in {till.currency}, Klaviyo shows {end.currency}: Klaviyo converts; compare in "
            f"{till.currency}"
        )
    zones = sorted({shop.zone for shop in till.shops.values() if known_zone(shop.zone or "?")} - {end.zone})
    if zones:
        remarks.append(
            f"Klaviyo draws its days in {end.zone}, shops live in {', '.join(zones)}: "
            "a sale near midnight shows on another day there"
        )
    problems += _zoneless(name, account, till)
    if not till.shops:
        problems.append("the till names no shop; check the rights of the employee who connected it")
    if account.klaviyo.list_id and account.klaviyo.list_id not in {found.id for found in reader.lists()}:
        problems.append(f"accounts.{name}.klaviyo.list_id: there is no list {account.klaviyo.list_id}")
    wanted = set(account.resolved().metrics.values())
    remarks += [
        f"Klaviyo has another metric named {metric.name} from {metric.integration}: "
        "flows and reports must name the right one"
        for metric in reader.metrics()
        if metric.name in wanted and metric.integration not in ("", "API")
    ]
    return Check(name, till, end, tuple(problems), tuple(remarks))


def _zoneless(name: str, account: AccountSettings, till: AccountFacts) -> Iterator[str]:
    """Shops whose days cannot be compared for want of a zone, one problem for each name of a zone."""
    shops_by_zone: dict[str, list[str]] = {}
    for shop in till.shops.values():
        if not known_zone(shop.zone or "?"):
            shops_by_zone.setdefault(shop.zone, []).append(shop.shop_id)
    where = (
        f"set zone (or zones, by shop) under [accounts.{name}.{account.source}]"
        if hasattr(account.pos, "zone")
        else "choose its zone in the shop's own settings at the till"
    )
    for zone, shops in sorted(shops_by_zone.items()):
        named = ", ".join(shops[:_SHOPS_NAMED]) + (", …" if len(shops) > _SHOPS_NAMED else "")
        who = f"shop {named} has" if len(shops) == 1 else f"{len(shops)} shops ({named}) have"
        what = f"the time zone {zone}, which nobody knows" if zone else "no time zone"
        yield f"{who} {what}: {where}; until then their days cannot be compared"
