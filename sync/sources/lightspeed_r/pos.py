"""How an R-Series account is opened and connected."""

from collections.abc import Mapping

from sync.http.client import ApiClient
from sync.http.oauth import OAuthApp
from sync.http.tokens import Tokens
from sync.sources.fields import WrongSettings
from sync.sources.lightspeed_r import auth
from sync.sources.lightspeed_r import client as lightspeed_r
from sync.sources.lightspeed_r.settings import Settings
from sync.sources.lightspeed_r.source import LightspeedRSource
from sync.sources.protocol import Attempt, Link, Till

NAME = "lightspeed_r"


def open(link: Link, settings: Settings) -> Till:
    """The account as a source. Raises WrongSettings without the client's secret."""
    client = lightspeed_r.connect(
        _app(link, settings),
        link.vault(),
        api_url=settings.api_url,
        auth_url=settings.auth_url,
        account_id=settings.account_id,
        clock=link.clock,
        share=link.share,
        transport=link.transport,
        tls=link.tls,
        retry=link.retry,
    )
    source = LightspeedRSource(
        client, account_id=settings.account_id, clock=link.clock, products=link.products, live=link.live
    )
    return Till(source, client.close)


def sign_in(link: Link, settings: Settings, attempt: Attempt) -> "SignIn":
    """A sign-in begun or gone on with. Raises WrongSettings without the client's secret."""
    api = lightspeed_r.auth_client(
        settings.auth_url, clock=link.clock, transport=link.transport, tls=link.tls, retry=link.retry
    )
    return SignIn(api, _app(link, settings), settings.auth_url, link, attempt)


class SignIn:
    """One person granting us access."""

    def __init__(self, api: ApiClient, app: OAuthApp, auth_url: str, link: Link, attempt: Attempt) -> None:
        """The same `attempt` goes on with what it began, in another process if need be."""
        self._api = api
        self._app = app
        self._clock = link.clock
        self._attempt = attempt
        self.url = auth.authorize_url(auth_url, app.client_id, attempt.state, attempt.challenge)

    def tokens(self, code: str, _answer: Mapping[str, str]) -> Tokens:
        """The tokens for a code, which lives 60 seconds and works once. Raises ApiTrouble."""
        return auth.exchange_code(self._api, self._app, code, self._attempt.verifier, self._clock)

    def close(self) -> None:
        """Close the connection."""
        self._api.close()


def _app(link: Link, settings: Settings) -> OAuthApp:
    if not settings.client_secret:
        raise WrongSettings(link.lacks(NAME, "client_secret", "client secret"))
    return OAuthApp(settings.client_id, settings.client_secret, link.account)
