"""`given`: the world at the start of a story."""

from typing import Any, Literal

from pydantic import Field

from scenarios.language.base import Amount, Anything, Currency, Moment, Name, Names, Words, Zone

Source = Literal["lightspeed_r", "lightspeed_x", "sitoo"]


class Shop(Words):
    """A shop. Its zone is the one its times are told in."""

    name: Name
    zone: Zone = "America/New_York"
    currency: Currency = "USD"
    registers: int = Field(default=1, ge=1, le=20)
    country: str = ""  # two letters
    till: Name = ""  # which till, where there are several


class Article(Words):
    """Something sold. An article that only a sale names has the price it was sold at first."""

    name: Name
    price: Amount
    category: str = ""  # with parents: Kitchen/Cups
    brand: str = ""
    sku: str = ""
    image: str = ""
    kind: Literal["standard", "gift_card", "service"] = "standard"
    till: Name = ""


class Customer(Words):
    """A person in the till."""

    name: Name  # what the story calls them: first name, or first and last
    email: str | None = None
    phone: str = ""
    marketing: Literal["agreed", "refused"] | None = None  # none: what the till writes by itself
    company: str = ""
    title: str = ""
    address: dict[str, str] = Field(default_factory=dict)
    tags: list[str] = Field(default_factory=list)
    group: str = ""
    since: Moment | None = None  # none: since before the story
    till: Name = ""
    extra: Anything = Field(default_factory=dict)  # more of the fake's own add_customer


class Till(Words):
    """One till account, where a story has several."""

    SHORT = "source"
    name: Name = ""
    source: Source
    settings: Anything = Field(default_factory=dict)
    switches: Anything = Field(default_factory=dict)
    build: Anything = Field(default_factory=dict)  # of the fake, such as tax_rate or registers


class Person(Words):
    """A profile Klaviyo has before the story."""

    name: Name = ""  # a customer of this story; or say the address
    email: str = ""
    consent: Literal["subscribed", "unsubscribed", "never_subscribed"] = "never_subscribed"
    properties: Anything = Field(default_factory=dict)


class KlaviyoGiven(Words):
    """The Klaviyo account."""

    zone: Zone = "America/New_York"
    currency: Currency = "USD"
    switches: Anything = Field(default_factory=dict)
    profiles: list[Person] = Field(default_factory=list)
    lists: Names = Field(default_factory=list)


def _told(words: str) -> Any:
    return Field(default_factory=dict, description=words)


class Given(Words):
    """The world at the start."""

    till: Source | None = Field(
        default=None, description="The one till: lightspeed_r, lightspeed_x or sitoo."
    )
    tills: list[Till] = Field(default_factory=list)
    clock: Moment | None = Field(
        default=None, description="When it begins; else midnight before the first thing that happens."
    )
    shop: Shop | None = None
    shops: list[Shop] = Field(default_factory=list)
    articles: list[Article] = Field(default_factory=list)
    customers: list[Customer] = Field(default_factory=list)
    settings: Anything = _told("The account's settings, named as in tillproof.toml.")
    switches: Anything = _told("What the till's vendor leaves unknown, named as in the fake's FIDELITY.md.")
    build: Anything = _told("What the till's fake is built with, such as `registers` or `tax_rate`.")
    klaviyo: KlaviyoGiven = KlaviyoGiven()
    monitor: Anything = _told("The monitor's settings, named as under [monitor] in tillproof.toml.")
