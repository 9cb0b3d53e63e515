"""The section of a Lightspeed X-Series account in the settings."""

import re
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from sync.sources.fields import Address, PosSettings
from sync.sources.lightspeed_x.consent import WORDS, Consent
from sync.sources.lightspeed_x.parse import IN_STORE, Practice

_PREFIX = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")


def _prefix(text: object) -> object:
    if not isinstance(text, str) or not _PREFIX.match(text):
        raise ValueError(
            'must be the first part of the store\'s address, such as "demo" of demo.retail.lightspeed.app'
        )
    return text


def _consent(text: object) -> object:
    if not isinstance(text, str):
        raise ValueError(WORDS)
    Consent.read(text)
    return text


Prefix = Annotated[str, BeforeValidator(_prefix)]
ConsentText = Annotated[str, BeforeValidator(_consent)]


class Settings(PosSettings):
    """A Lightspeed X-Series account: connected by a sign-in, or by a personal token."""

    SECRETS: ClassVar[tuple[str, ...]] = ("client_secret", "personal_token", "previous_client_secret")
    PRESET: ClassVar[str] = "klavx"
    EXAMPLE: ClassVar[str] = """\
domain_prefix = "demo"                    # of demo.retail.lightspeed.app
consent = "nobody"                        # who agreed: unless_opted_out, sms_opt_in, loyalty, group:NAME
client_id = "…"                           # secret: TILLPROOF_MAIN_LIGHTSPEED_X_CLIENT_SECRET
redirect_uri = "https://…"                # as registered; or a personal token instead of these two:
                                          # TILLPROOF_MAIN_LIGHTSPEED_X_PERSONAL_TOKEN
"""

    domain_prefix: Prefix
    consent: ConsentText  # what counts as a yes to marketing; there is no default on purpose
    client_id: str = ""
    client_secret: str = Field(default="", repr=False)
    client_secret_file: Path | None = None
    previous_client_secret: str = Field(default="", repr=False)  # webhooks signed with it are taken too
    previous_client_secret_file: Path | None = None
    redirect_uri: str = ""  # as registered with Lightspeed
    personal_token: str = Field(default="", repr=False)  # instead of the three above
    personal_token_file: Path | None = None
    api_url: Address | None = None  # None: the store's own host
    connect_url: Address = "https://secure.retail.lightspeed.app"
    in_store_sources: frozenset[str] = frozenset(IN_STORE)  # any other source is a web shop
    count_pending: frozenset[str] = frozenset({"onaccount"})  # attributes whose sales count before closing
    test_outlets: frozenset[str] = frozenset()
    test_users: frozenset[str] = frozenset()
    test_notes: frozenset[str] = frozenset()  # words in the note of a sale, in any case

    @property
    def base_url(self) -> str:
        """Where the store's API answers."""
        return self.api_url or f"https://{self.domain_prefix}.retail.lightspeed.app"

    @property
    def practice(self) -> Practice:
        """What the merchant's own practice makes of sales."""
        return Practice(
            in_store=_lower(self.in_store_sources),
            pending=_lower(self.count_pending),
            test_outlets=self.test_outlets,
            test_users=self.test_users,
            test_notes=_lower(self.test_notes),
        )


def _lower(texts: frozenset[str]) -> frozenset[str]:
    return frozenset(text.strip().lower() for text in texts if text.strip())
