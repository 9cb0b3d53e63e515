"""A merchant between the fakes, as the sync knows him: settings and a connected account. Loads no fake."""

from datetime import timedelta
from pathlib import Path

from sync import app as sync_app
from sync.http.tokens import Tokens
from sync.store.secrets import new_key

ACCOUNT = "grocer"
_TILL_URL = "https://till.fake"
_KLAVIYO_URL = "https://klaviyo.fake"
_TOKEN_LIFE_S = 1800


def connect(app: sync_app.App, credentials: dict[str, str]) -> None:
    """Put the fake's published tokens into the vault, as if a person had just approved the connection."""
    expires_at = app.now() + timedelta(seconds=_TOKEN_LIFE_S)
    tokens = Tokens(credentials["access_token"], credentials["refresh_token"], expires_at)
    app.keep_tokens(ACCOUNT, tokens)


def told(
    folder: Path,
    till: dict[str, str],
    klaviyo: dict[str, str],
    *,
    till_url: str = _TILL_URL,
    klaviyo_url: str = _KLAVIYO_URL,
    open_hours: str = "",
) -> dict[str, object]:
    """The settings of a merchant between the two fakes, as a settings file would tell them."""
    lightspeed: dict[str, object] = {
        "client_id": till["client_id"],
        "client_secret": till["client_secret"],
        "account_id": till["account_id"],
        "api_url": till_url,
        "auth_url": till_url,
    }
    if open_hours:
        lightspeed["open_hours"] = open_hours
    return {
        "store": {"url": f"sqlite:///{folder / 'tillproof.db'}"},
        "secrets": {"key": new_key()},
        "accounts": {
            ACCOUNT: {
                "source": "lightspeed_r",
                "preset": "klaviyo-native",
                "lightspeed_r": lightspeed,
                "klaviyo": {"api_key": klaviyo["api_key"], "base_url": klaviyo_url},
            }
        },
    }
