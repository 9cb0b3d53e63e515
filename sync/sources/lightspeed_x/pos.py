"""How an X-Series account is opened and connected."""

from collections.abc import Mapping

from sync.http.client import ApiClient
from sync.http.oauth import OAuthApp
from sync.http.tokens import Tokens
from sync.sources.fields import WrongSettings
from sync.sources.lightspeed_x import auth
from sync.sources.lightspeed_x import client as lightspeed_x
from sync.sources.lightspeed_x.client import LightspeedXClient
from sync.sources.lightspeed_x.consent import Consent
from sync.sources.lightspeed_x.settings import Settings
from sync.sources.lightspeed_x.source import LightspeedXSource
from sync.sources.lightspeed_x.subscriptions import Webhooks
from sync.sources.protocol import Attempt, Link, Till

NAME = "lightspeed_x"


def open(link: Link, settings: Settings) -> Till:
    """The account as a source. Raises WrongSettings without a token, or the secret of a client."""
    client = _client(link, settings)
    source = LightspeedXSource(
        client,
        clock=link.clock,
        consent=Consent.read(settings.consent),
        practice=settings.practice,
        products=link.products,
    )
    return Till(source, client.close)


def sign_in(link: Link, settings: Settings, attempt: Attempt) -> "SignIn | None":
    """A sign-in begun or gone on with; None with a personal token. Raises WrongSettings without a secret."""
    if settings.personal_token:
        return None
    app = _app(link, settings)
    if not settings.redirect_uri:
        raise WrongSettings(
            f"accounts.{link.account}.{NAME}.redirect_uri: is missing; give the address that is registered "
            "with Lightspeed for this client"
        )
    return SignIn(_signing(link, settings), app, settings, link, attempt)


def webhooks(link: Link, settings: Settings, url: str) -> Webhooks:
    """The store's webhooks that are ours, to be sent to `url`. Raises WrongSettings without a secret."""
    return Webhooks(_client(link, settings), url)


class SignIn:
    """One person granting us access."""

    def __init__(
        self, api: ApiClient, app: OAuthApp, settings: Settings, link: Link, attempt: Attempt
    ) -> None:
        """The same `attempt` goes on with what it began, in another process if need be."""
        self._api = api
        self._app = app
        self._prefix = settings.domain_prefix
        self._link = link
        self.url = auth.authorize_url(settings.connect_url, app, attempt.state)

    def tokens(self, code: str, answer: Mapping[str, str]) -> Tokens:
        """The tokens for a code. Raises WrongSettings for another store's code, ApiTrouble for a bad one."""
        chosen = answer.get("domain_prefix", self._prefix)
        if chosen != self._prefix:
            raise WrongSettings(
                f"access was granted to another store than {self._prefix}; correct domain_prefix in the "
                "settings, or choose that store in the browser"
            )
        return auth.exchange_code(self._api, self._app, code, self._link.clock)

    def close(self) -> None:
        """Close the connection."""
        self._api.close()


def _client(link: Link, settings: Settings) -> LightspeedXClient:
    if settings.personal_token:
        remedy = f"create a new personal token in the store and put it into accounts.{link.account}.{NAME}"
        return lightspeed_x.connect(
            settings.base_url, auth=auth.PersonalToken(settings.personal_token), signing=None, remedy=remedy,
            clock=link.clock, share=link.share, transport=link.transport, tls=link.tls, retry=link.retry,
        )  # fmt: skip
    app, signing = _app(link, settings), _signing(link, settings)
    return lightspeed_x.connect(
        settings.base_url, auth=auth.oauth(signing, app, link.vault(), link.clock), signing=signing,
        remedy=app.remedy, clock=link.clock, share=link.share, transport=link.transport, tls=link.tls,
        retry=link.retry,
    )  # fmt: skip


def _signing(link: Link, settings: Settings) -> ApiClient:
    return lightspeed_x.token_client(
        settings.base_url, clock=link.clock, transport=link.transport, tls=link.tls, retry=link.retry
    )


def _app(link: Link, settings: Settings) -> OAuthApp:
    if not settings.client_id:
        raise WrongSettings(
            f"accounts.{link.account}.{NAME}: give client_id and its secret, or a personal token: "
            + link.lacks(NAME, "personal_token", "personal token").partition(": ")[2]
        )
    if not settings.client_secret:
        raise WrongSettings(link.lacks(NAME, "client_secret", "client secret"))
    return OAuthApp(settings.client_id, settings.client_secret, link.account, settings.redirect_uri)
