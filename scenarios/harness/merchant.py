"""A merchant between the fakes, as the sync knows him: settings and a connected account. Loads no fake."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sync import app as sync_app
from sync.http.tokens import Tokens
from sync.store.secrets import new_key

ACCOUNT = "grocer"
_TILL_URL = "https://till.fake"
_KLAVIYO_URL = "https://klaviyo.fake"
_TOKEN_LIFE_S = 1800


def connect(app: sync_app.App, credentials: Mapping[str, str], name: str = ACCOUNT) -> None:
    """Put the fake's published tokens into the vault, as if a person had just approved the connection.

    A till without tokens, whose settings hold all that is needed, has nothing to put there.
    """
    if "access_token" not in credentials:
        return
    expires_at = app.now() + timedelta(seconds=_TOKEN_LIFE_S)
    tokens = Tokens(credentials["access_token"], credentials["refresh_token"], expires_at)
    app.keep_tokens(name, tokens)


def told(
    folder: Path,
    till: Mapping[str, str],
    klaviyo: Mapping[str, str],
    *,
    source: str = "lightspeed_r",
    till_url: str = _TILL_URL,
    klaviyo_url: str = _KLAVIYO_URL,
    open_hours: str = "",
    account: Mapping[str, Any] | None = None,
) -> dict[str, object]:
    """The settings of a merchant between the two fakes, as a settings file would tell them.

    `account` adds to the account's own keys, and to its section of the POS under the POS's name.
    """
    own = section(
        source,
        till,
        klaviyo,
        till_url=till_url,
        klaviyo_url=klaviyo_url,
        open_hours=open_hours,
        account=account,
    )
    return {
        "store": {"url": f"sqlite:///{folder / 'tillproof.db'}"},
        "secrets": {"key": new_key()},
        "accounts": {ACCOUNT: own},
    }


def section(
    source: str,
    till: Mapping[str, str],
    klaviyo: Mapping[str, str],
    *,
    till_url: str,
    klaviyo_url: str,
    open_hours: str = "",
    account: Mapping[str, Any] | None = None,
) -> dict[str, object]:
    """One account's section of the settings, between these two fakes; `account` adds to it as in `told`."""
    own = {**_SECTIONS[source](till, till_url), **({"open_hours": open_hours} if open_hours else {})}
    more = dict(account or {})
    end = {"api_key": klaviyo["api_key"], "base_url": klaviyo_url, **more.get("klaviyo", {})}
    return {**more, "source": source, source: {**own, **more.get(source, {})}, "klaviyo": end}


def _lightspeed_r(till: Mapping[str, str], url: str) -> dict[str, object]:
    return {
        "client_id": till["client_id"],
        "client_secret": till["client_secret"],
        "account_id": till["account_id"],
        "api_url": url,
        "auth_url": url,
    }


def _lightspeed_x(till: Mapping[str, str], url: str) -> dict[str, object]:
    return {
        "client_id": till["client_id"],
        "client_secret": till["client_secret"],
        "redirect_uri": "https://merchant.fake/callback",
        "domain_prefix": till["domain_prefix"],
        "consent": "unless_opted_out",
        "api_url": url,
        "connect_url": url,
    }


def _sitoo(till: Mapping[str, str], url: str) -> dict[str, object]:
    return {
        "api_id": till["api_id"],
        "password": till["password"],
        "account_id": till["account_id"],
        "site_id": int(till["site_id"]),
        "api_url": url,
    }


_SECTIONS: Mapping[str, Callable[[Mapping[str, str], str], dict[str, object]]] = {
    "lightspeed_r": _lightspeed_r,
    "lightspeed_x": _lightspeed_x,
    "sitoo": _sitoo,
}
