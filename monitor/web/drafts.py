"""Accounts being connected in a browser: what was told so far, held in memory until it is complete.

Secrets of a draft are never written anywhere. A draft that nobody goes on with is forgotten.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sync.settings import Settings, WrongSettings

KEPT_S = 2 * 3600
KEPT_MAX = 50


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to be told about a POS. Addresses are never among them: we ask nobody we are told of."""

    key: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()


_CONSENT = (
    ("nobody", "Nobody: no customer of the till has agreed"),
    ("unless_opted_out", "Everybody who has not opted out"),
    ("sms_opt_in", "Who agreed to text messages"),
    ("loyalty", "Members of the loyalty programme"),
)
INPUTS: Mapping[str, Sequence[Input]] = {
    "lightspeed_r": (
        Input("client_id", "Client ID", "Of your client at Lightspeed."),
        Input("client_secret", "Client secret", secret=True),
    ),
    "lightspeed_x": (
        Input("domain_prefix", "Store name",
              "The first part of its address: demo in demo.retail.lightspeed.app."),
        Input("consent", "What counts as a yes to marketing", choices=_CONSENT),
        Input("personal_token", "Personal token", "Made under Setup. Or give a client below.",
              secret=True, required=False),
        Input("client_id", "Client ID", "Only without a personal token.", required=False),
        Input("client_secret", "Client secret", secret=True, required=False),
    ),
    "sitoo": (
        Input("api_id", "API ID", "Such as 90001-316; shown when the API password was made."),
        Input("password", "API password", secret=True),
        Input("zone", "Time zone of the shops",
              "Such as Europe/Stockholm: Sitoo's shops have none of their own."),
        Input("currency", "Currency", "Three letters, such as SEK; only where the registers tell none.",
              required=False),
        Input("country", "Country of the shops", "Two letters, such as SE; phone numbers are read by it.",
              required=False),
    ),
}  # fmt: skip
KLAVIYO = Input(
    "api_key", "Private API key of Klaviyo", "Starts with pk_. Made under Settings, API keys.", secret=True
)
# Which settings an address of `upstreams` goes into.
_ADDRESSES: Mapping[str, Sequence[str]] = {
    "lightspeed_r": ("api_url", "auth_url"),
    "lightspeed_x": ("api_url", "connect_url"),
    "sitoo": ("api_url",),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """An account on its way."""

    name: str
    source: str
    who: str
    began_s: int
    pos: Mapping[str, str] = field(default_factory=dict, repr=False)
    api_key: str = field(default="", repr=False)
    authorise_url: str = field(default="", repr=False)
    connected: bool = False
    checked: Mapping[str, Any] | None = None  # both ends, as `accounts check` tells them
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    lists: tuple[tuple[str, str], ...] = ()
    confirmed: bool = False
    list_id: str | None = None  # None: not chosen yet
    preview: Mapping[str, Any] | None = None

    @property
    def told(self) -> bool:
        """Whether the keys are there."""
        return bool(self.api_key)

    @property
    def needs_sign_in(self) -> bool:
        """Whether a person must grant access at the POS's own page."""
        return self.source == "lightspeed_r" or (
            self.source == "lightspeed_x" and not self.pos.get("personal_token")
        )

    def section(self, upstreams: Mapping[str, str]) -> dict[str, Any]:
        """The account's section of the settings, secrets and all."""
        pos = {key: value for key, value in self.pos.items() if value}
        if self.source in upstreams:
            pos |= dict.fromkeys(_ADDRESSES[self.source], upstreams[self.source])
        klaviyo = {"api_key": self.api_key}
        if "klaviyo" in upstreams:
            klaviyo["base_url"] = upstreams["klaviyo"]
        if self.list_id:
            klaviyo["list_id"] = self.list_id
        return {"source": self.source, self.source: pos, "klaviyo": klaviyo}

    def settings(self, around: Settings, upstreams: Mapping[str, str]) -> Settings:
        """Settings that know only this account. Raises WrongSettings."""
        told = {
            "store": {"url": around.store.url},
            "secrets": {"key": ",".join(around.keys)},
            "accounts": {self.name: self.section(upstreams)},
        }
        return Settings.from_dict(told, {}, "what was told")


class Drafts:
    """The drafts of one dashboard."""

    def __init__(self) -> None:
        """None yet."""
        self._drafts: dict[str, Draft] = {}
        self._lock = threading.Lock()

    def begin(self, draft: Draft) -> None:
        """A new one. Raises WrongSettings when somebody else is connecting that name, or too many are."""
        with self._lock:
            for name in [n for n, one in self._drafts.items() if draft.began_s - one.began_s > KEPT_S]:
                del self._drafts[name]
            other = self._drafts.get(draft.name)
            if other is not None and other.who != draft.who:
                raise WrongSettings(f"somebody else is connecting {draft.name} just now; take another name")
            if len(self._drafts) >= KEPT_MAX:
                raise WrongSettings("too many accounts are being connected at once; finish some first")
            self._drafts[draft.name] = draft

    def find(self, name: str, who: str, now_s: int) -> Draft | None:
        """The draft, when it is this person's and not forgotten."""
        with self._lock:
            found = self._drafts.get(name)
        return found if found and found.who == who and now_s - found.began_s <= KEPT_S else None

    def change(self, name: str, **values: Any) -> Draft:
        """More is known of it."""
        with self._lock:
            changed = self._drafts[name] = replace(self._drafts[name], **values)
        return changed

    def waiting(self, who: str, now_s: int) -> Draft | None:
        """The draft of this person that waits for the way back from the POS."""
        with self._lock:
            mine = [one for one in self._drafts.values() if one.who == who and one.authorise_url]
        return next((one for one in reversed(mine) if now_s - one.began_s <= KEPT_S), None)

    def drop(self, name: str) -> None:
        """Forget it, secrets and all."""
        with self._lock:
            self._drafts.pop(name, None)
