"""`then`: what must hold. A check that says `only` allows nothing else."""

import difflib
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, RootModel, WithJsonSchema

from monitor.report_data import FindingKind
from scenarios.language.base import Amount, Anything, Currency, Day, Moment, Name, Names, Span, Words

FINDINGS = tuple(kind.value for kind in FindingKind)
ALERTS = Literal["could_not_judge", "monitor_silent", "source_silent", "lag"]


def _finding(told: object) -> object:
    if told not in FINDINGS:
        near = difflib.get_close_matches(str(told), FINDINGS, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"there is {', '.join(FINDINGS)}"
        raise ValueError(f"there is no finding `{told}`; {hint}")
    return told


Found = Annotated[str, BeforeValidator(_finding), WithJsonSchema({"enum": list(FINDINGS)})]


class Event(Words):
    """One event in Klaviyo. What is not said may be anything."""

    metric: Name
    for_: Name | None = None  # a customer of the story, or an address
    sale: Name | None = None  # OrderId
    value: Amount | None = None
    currency: Currency | None = None
    at: Moment | None = None  # to the second, in the first shop's zone unless it says one
    history: bool | None = None  # sent as backfill, so that no flow fires
    properties: Anything = Field(default_factory=dict)  # each exactly so; null: not there
    only_properties: Anything | None = None  # these, and no others at the top
    products: dict[Name, Amount] = Field(default_factory=dict)  # with an Ordered Product for each: quantity
    count: int = Field(default=1, ge=0)


class Events(RootModel[list[Event]]):
    """A list of events."""


class Counts(RootModel[dict[str, int]]):
    """Numbers by name."""


class Profile(Words):
    """One profile in Klaviyo."""

    of: Name  # a customer, or an address
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    organization: str | None = None
    title: str | None = None
    location: Anything = Field(default_factory=dict)
    properties: Anything = Field(default_factory=dict)
    consent: Literal["subscribed", "unsubscribed", "never_subscribed"] | None = None
    lists: Names | None = None


class People(RootModel[Names]):
    """Customers, or addresses."""


class Requests(Words):
    """How often something was asked of a fake."""

    of: Name  # klaviyo, or a till
    method: str = "*"
    path: str = "*"
    status: int | None = None
    count: int | None = None
    at_least: int | None = None
    at_most: int | None = None


class Letter(Words):
    """One dead letter. What is not said may be anything."""

    subject: Name
    reason: str | None = None  # how it begins
    sale: Name | None = None


class Letters(RootModel[list[Letter]]):
    """Dead letters."""


class LeftOut(RootModel[dict[str, str]]):
    """Why the ledger left sales out: the first reason, by sale."""


class Finding(Words):
    """One finding. What is not said may be anything."""

    SHORT = "kind"
    kind: Found
    metric: Name | None = None
    sale: Name | None = None
    amount: Amount | None = None  # the money it stands for
    day: Day | None = None
    cause: str | None = None  # its code
    proven: bool | None = None
    count: int = Field(default=1, ge=1)


class Findings(RootModel[list[Finding]]):
    """Findings."""


class Books(Words):
    """The accounting of one metric over the window, or one day, shop and currency of it."""

    metric: Name
    day: Day | None = None
    shop: Name | None = None
    currency: Currency | None = None
    sales: int | None = None
    sales_money: Amount | None = None
    delivered: int | None = None
    delivered_money: Amount | None = None
    excluded: int | None = None
    excluded_money: Amount | None = None
    settling: int | None = None
    missing: int | None = None
    missing_money: Amount | None = None
    events: int | None = None
    events_money: Amount | None = None
    orphaned: int | None = None
    duplicates: int | None = None
    arrived: int | None = None
    gone: int | None = None


class Alert(Words):
    """One alert. What is not said may be anything."""

    SHORT = "kind"
    kind: Name
    transition: Literal["new", "worse", "recovered"] | None = None
    severity: Literal["critical", "error", "warning"] | None = None
    state: Literal["waiting", "sent", "kept", "failed", "given_up"] | None = None


class Alerts(RootModel[list[Alert]]):
    """Alerts."""


class Nothing(Words):
    """A check that needs no more words."""


class Lag(Words):
    """What the last `lag look` saw of an account. What is not said may be anything."""

    till: Name = ""  # none: the only one
    slow: int | None = None  # sales that took, or have taken so far, longer than `alert_above`
    waiting: int | None = None  # of those, not sent yet
    sales: int | None = None
    within: Span | None = None  # the time below which the chosen percentage of sales stays


class Code(Words):
    """An exit code."""

    SHORT = "is_"
    is_: int


class Zone(Words):
    """What the zone diagnosis came to."""

    SHORT = "status"
    status: Literal["not_needed", "proven", "not_a_zone", "cannot_tell"]
    sales_zone: str | None = None
    events_zone: str | None = None


class When(Words):
    """A time the clock shows."""

    SHORT = "at"
    at: Moment


WORDS: dict[str, type[BaseModel]] = {
    "klaviyo has only": Events,
    "klaviyo has": Events,
    "klaviyo lacks": Events,
    "klaviyo counts only": Counts,
    "klaviyo profile is": Profile,
    "klaviyo knows only": People,
    "klaviyo does not know": People,
    "requests": Requests,
    "dead letters are only": Letters,
    "no dead letters": Nothing,
    "ledger leaves out": LeftOut,
    "sync counted": Counts,
    "sync exit code": Code,
    "monitor agrees": Nothing,
    "monitor cannot judge": Nothing,
    "monitor finds only": Findings,
    "monitor finds": Findings,
    "monitor left out only": Counts,
    "monitor exit code": Code,
    "accounting": Books,
    "zone diagnosis": Zone,
    "alerts are only": Alerts,
    "no alerts": Nothing,
    "webhooks counted": Counts,
    "lag": Lag,
}
