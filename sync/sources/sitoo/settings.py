"""The section of a Sitoo account in the settings.

Sitoo publishes no tables for several of its numbers, and more may come. Every one that decides what a receipt
is stands here with the value known best, so that a merchant whose account differs changes a setting.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from sync.domain.clock import known_zone
from sync.sources.fields import Address, PosSettings, Span, Strict


def _zone(name: str) -> str:
    if name and not known_zone(name):
        raise ValueError(f'there is no time zone {name}; write one such as "Europe/Stockholm"')
    return name


Zone = Annotated[str, AfterValidator(_zone)]
Numbers = frozenset[int]


class Meaning(Strict):
    """What the numbers and keys on an order stand for; the defaults are the documented ones."""

    sale_types: Numbers = frozenset({10})
    booking_types: Numbers = frozenset({100})
    parked_types: Numbers = frozenset({110})
    open_states: Numbers = frozenset({0})
    closed_states: Numbers = frozenset({10})
    cancelled_states: Numbers = frozenset({20})
    abandoned_states: Numbers = frozenset({-1})
    paid_states: Numbers = frozenset({20})
    reserved_states: Numbers = frozenset({15})
    unpaid_states: Numbers = frozenset({0, 10, 30, 40})
    product_items: Numbers = frozenset({10})
    practice_keys: tuple[str, ...] = ("pos-practice", "practice")  # of an order's additionaldata
    gift_card_keys: tuple[str, ...] = ("giftcard-cardnumber",)  # of a line's additionaldata
    gift_card_groups: Numbers = frozenset({30})  # a product's `productgrouptype`
    crm_keys: tuple[str, ...] = ("crm-customerid", "customcrm-contactid", "voyado-contactid")
    arrival_log_types: Numbers = frozenset({0})  # of the log entry made when an order is created
    zone_key: str = "pos-timezone"


class Crm(Strict):
    """A customer system that serves Sitoo's CRM SPI v2; asked for consent only."""

    base_url: Address
    username: str = ""
    customer_path: str = "/customers/{customer_id}"
    channel: Literal["email", "sms", "mail"] = "email"
    absent_is_opt_out: bool = False  # whether a list that lacks the channel says no, or only not yet
    opt_out_consents: frozenset[str] = frozenset()  # ids among `consents` that say no
    opt_out_statuses: frozenset[str] = frozenset()  # values of `status` that say no
    requests_max: int = Field(default=5, ge=1)  # a second


class Settings(PosSettings):
    """A Sitoo account. Everything is read with one API ID; no person has to sign in."""

    SECRETS: ClassVar[tuple[str, ...]] = ("password", "crm_password", "events_password")
    PRESET: ClassVar[str] = "sitoo"
    EXAMPLE: ClassVar[str] = """\
api_id = "90001-316"                      # password: TILLPROOF_MAIN_SITOO_PASSWORD
zone = "Europe/Stockholm"                 # of the shops; `zones` names others by shop
"""

    api_id: str  # such as 90001-316; shown when an API password is made
    password: str = Field(default="", repr=False)
    password_file: Path | None = None
    account_id: str = ""  # empty: what stands before the dash of the API ID
    site_id: int = 1  # the eshopid
    api_url: Address = "https://api.mysitoo.com"  # the host shown beside the API password
    zone: Zone = ""  # the shops' zone; Sitoo's shops have none of their own
    zones: Mapping[str, Zone] = Field(default_factory=dict)  # by a shop's external id or number
    country: str = ""  # ISO 3166 alpha-2, for shops that name none: phone numbers are read by it
    currency: str = ""  # of the account; empty: what its registers say
    page_rows: int = Field(default=100, ge=1, le=5000)
    requests_max: int = Field(default=5, ge=1)  # in `requests_per`; Sitoo limits, but publishes no number
    requests_per: Span = 1
    recent_hours: int = Field(default=36, ge=1)  # orders this young are read again every hour
    lookback_days: int = Field(default=14, ge=1)  # and these once a day
    crm: Crm | None = None
    crm_password: str = Field(default="", repr=False)
    crm_password_file: Path | None = None
    events_username: str = ""  # as written into the events subscription in the back office
    events_password: str = Field(default="", repr=False)
    events_password_file: Path | None = None
    meaning: Meaning = Meaning()
