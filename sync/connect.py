"""Connecting an account: clients of both ends, the sign-in at the till's vendor, and the check of both."""

import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from sync.domain.clock import Clock, known_zone
from sync.domain.facts import AccountFacts
from sync.http.client import ApiClient
from sync.http.retry import RetryPolicy
from sync.klaviyo import client as klaviyo
from sync.klaviyo.client import KlaviyoClient
from sync.klaviyo.read import KlaviyoAccount, KlaviyoReader
from sync.settings import AccountSettings, WrongSettings
from sync.sources.lightspeed_r import auth
from sync.sources.lightspeed_r import client as lightspeed_r
from sync.sources.lightspeed_r.auth import OAuthApp, Tokens, TokenVault
from sync.sources.lightspeed_r.client import LightspeedRClient

Transports = Mapping[str, httpx.BaseTransport]  # by upstream, to mount fakes in process


@dataclass(frozen=True, slots=True)
class Network:
    """How requests leave: the pacing clock, the shared TLS context, fakes mounted instead, and patience."""

    clock: Clock
    tls: ssl.SSLContext | None
    transports: Transports
    retry: RetryPolicy = field(default_factory=RetryPolicy)

    def till(self, name: str, account: AccountSettings, vault: TokenVault, share: float) -> LightspeedRClient:
        """A client of the account's till, using at most `share` of its rate limit."""
        settings = account.lightspeed_r
        return lightspeed_r.connect(
            app_of(name, account),
            vault,
            api_url=settings.api_url,
            auth_url=settings.auth_url,
            account_id=settings.account_id,
            clock=self.clock,
            share=share,
            transport=self.transports.get("lightspeed_r"),
            tls=self.tls,
            retry=self.retry,
        )

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

    def sign_in(self, name: str, account: AccountSettings, attempt: "Attempt") -> "SignIn":
        """Connecting the account's till, begun or gone on with."""
        settings = account.lightspeed_r
        api = lightspeed_r.auth_client(
            settings.auth_url,
            clock=self.clock,
            transport=self.transports.get("lightspeed_r"),
            tls=self.tls,
            retry=self.retry,
        )
        return SignIn(api, app_of(name, account), settings.auth_url, self.clock, attempt)


def app_of(name: str, account: AccountSettings) -> OAuthApp:
    """Our registration with the till's vendor. Raises WrongSettings without its secret."""
    till = account.lightspeed_r
    if not till.client_secret:
        variable = f"TILLPROOF_{name.upper().replace('-', '_')}_LIGHTSPEED_R_CLIENT_SECRET"
        raise WrongSettings(
            f"accounts.{name}.lightspeed_r: there is no client secret; put it into {variable}, "
            "or into a file named by client_secret_file"
        )
    return OAuthApp(till.client_id, till.client_secret, name)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The secrets of one attempt to sign in: what must come back, and what proves that we began it."""

    state: str
    verifier: str = field(repr=False)
    challenge: str

    @classmethod
    def begun(cls) -> "Attempt":
        """A new one."""
        return cls(secrets.token_urlsafe(16), *auth.pkce())


class SignIn:
    """A person grants us access: they open `url`, and what comes back is exchanged for tokens."""

    def __init__(self, api: ApiClient, app: OAuthApp, auth_url: str, clock: Clock, attempt: Attempt) -> None:
        """The same `attempt` goes on with what it began, in another process if need be."""
        self._api = api
        self._app = app
        self._clock = clock
        self._attempt = attempt
        self.url = auth.authorize_url(auth_url, app.client_id, attempt.state, attempt.challenge)

    def tokens(self, pasted: str) -> Tokens:
        """The tokens for a code, or for the whole address the browser was sent back to.

        Raises WrongSettings for an address that belongs to another attempt, ApiTrouble for a code the
        vendor does not take: it lives 60 seconds and works once.
        """
        return auth.exchange_code(
            self._api, self._app, self._code(pasted.strip()), self._attempt.verifier, self._clock
        )

    def close(self) -> None:
        """Close the connection."""
        self._api.close()

    def _code(self, pasted: str) -> str:
        if "://" not in pasted and "code=" not in pasted:
            return pasted
        query = parse_qs(urlsplit(pasted).query)
        if query.get("error"):
            raise WrongSettings(f"access was not granted ({query['error'][0]}); try again")
        if query.get("state", [""])[0] != self._attempt.state:
            raise WrongSettings("this address belongs to another attempt to connect; begin again")
        if not query.get("code"):
            raise WrongSettings("this address holds no code; paste the whole address the browser ended on")
        return query["code"][0]


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
    problems, remarks = [], []
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
    problems += [
        f"shop {shop.shop_id} has the time zone {shop.zone or '(none)'}, which nobody knows: choose its zone "
        "in Lightspeed under Settings > Shop setup; until then its days cannot be compared"
        for shop in till.shops.values()
        if not known_zone(shop.zone or "?")
    ]
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
