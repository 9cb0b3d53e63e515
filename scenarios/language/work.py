"""`when`, at the machines: time, the sync, the monitor, faults, and Klaviyo changed behind our back."""

from typing import Literal

from pydantic import Field

from scenarios.language.base import Amount, Anything, Currency, Day, Moment, Name, Names, Span, Words
from scenarios.language.trade import Happening

Ends = Literal["done", "done_with_dead_letters", "try_later", "reconnect", "refused", "unusable", "any"]
Crash = Literal[
    "page read", "page judged", "page written", "page committed", "batch claimed", "batch committed",
    "batch sent", "batch marked", "batch done", "profiles sent", "profiles marked", "run ended",
]  # fmt: skip
FaultKind = Literal[
    "status", "delay", "reset_before", "reset_after", "truncated", "html", "rate_limit", "expired_token",
    "duplicate", "reorder", "drop", "drop_after_202", "late_visibility", "late_lower_version",
    "forged",  # a webhook: on its way its signature, or its password, became a wrong one
]  # fmt: skip


class Wait(Words):
    """Let time pass."""

    SHORT = "span"
    span: Span


class Until(Words):
    """Let time pass until then."""

    SHORT = "at"
    at: Moment


class MachineClock(Words):
    """The clock of the sync's own machine goes wrong, by so much, or `right` again; the world's does not."""

    SHORT = "is_"
    is_: Literal["right"] | None = None
    slow: Span | None = None
    fast: Span | None = None


class Sync(Happening):
    """Run the sync once; it must end as `ends` says, `any` is anyhow. Without `at` it runs a minute later."""

    SHORT = "mode"
    mode: Literal["once", "backfill", "preview"] = "once"
    till: Name = ""  # none: every account
    first: Day | None = None  # backfill and preview: only these days
    last: Day | None = None
    ends: Ends = "done"
    crash_at: Crash | None = None  # die there, the first time it is reached (with `ends: any`, if it is)
    crash_after: int = Field(default=0, ge=0)  # … so many times later


class SyncEvery(Words):
    """Run the sync again and again."""

    every: Span
    until: Moment
    till: Name = ""
    ends: Ends = "done"


class Retry(Happening):
    """Try the dead letters again."""

    SHORT = "till"
    till: Name = ""
    ends: Ends = "done"


class Resend(Happening):
    """Send sales once more."""

    SHORT = "sales"
    sales: Names
    ends: Ends = "done"


class Look(Happening):
    """Let the monitor compare both ends, at six the next morning unless `at` says when."""

    till: Name = ""
    first: Day | None = None  # none: from the day of the first thing that happened
    last: Day | None = None  # none: up to yesterday
    settle: Span | None = None
    tolerance: Amount = Field(default=0, validate_default=True)  # of amounts
    integration: str = "API"  # whose events: API, or another integration watched from outside
    key: str = ""  # the property that names the sale; none: our own sync's, or what `run --key` says


class Night(Happening):
    """The nightly run: compare, remember, tell. At six the next morning unless `at` says when."""

    SHORT = "ends"

    ends: Literal["agrees", "drift", "could_not_judge"] | None = None


class Repair(Happening):
    """Mend what the last night found, and look again."""

    SHORT = "ends"

    ends: Literal["nothing", "closed", "still_open", "failed"] = "closed"


class Watchdog(Happening):
    """Look whether the monitor and the sync still run."""


class Fault(Words):
    """Let something go wrong from now on, as the fakes' control plane words it; webhooks have method PUSH."""

    on: Name  # klaviyo, or a till
    kind: FaultKind
    method: str = "*"
    path: str = "*"
    times: int | None = None
    every: int | None = None
    after: int | None = None
    probability: Amount | None = None
    status: int | None = None
    seconds: Amount | None = None
    retry_after: int | None = None
    count: int | None = None
    by: int | None = None
    body: str | None = None
    content_type: str | None = None


class FaultsEnd(Words):
    """Everything works again."""

    SHORT = "on"
    on: Name = ""  # none: everywhere


class Switches(Words):
    """Change what a vendor leaves unknown."""

    on: Name
    set: Anything


class Limits(Words):
    """Rate limits on or off."""

    on: Name
    enabled: bool


class EventChoice(Words):
    """Which events in Klaviyo: all that fit."""

    metric: Name | None = None
    sale: Name | None = None
    for_: Name | None = None
    article: Name | None = None  # of an Ordered Product
    dated: Moment | None = None  # the event's own time, where several fit
    count: int | None = None  # how many must fit; none: at least one


class Copies(EventChoice):
    """Klaviyo has it twice."""

    to: str  # the address of the other profile


class Changes(EventChoice):
    """Klaviyo has it differently."""

    set_value: Amount | None = None
    set_currency: Currency | None = None
    set_at: Moment | None = None
    later: Span | None = None
    earlier: Span | None = None
    set_properties: Anything = Field(default_factory=dict)  # merged; null takes away
    set_profile: str | None = None  # the address of the profile it now belongs to


class Gains(Words):
    """An event that nobody sent."""

    metric: Name
    for_: Name
    value: Amount | None = None
    currency: Currency = "USD"
    at: Moment | None = None
    sale: Name | None = None  # OrderId of this sale, and its key
    key: str | None = None  # the unique_id; none: the sale's, else a new one
    properties: Anything = Field(default_factory=dict)
    integration: Literal["API", "Klaviyo", "Shopify"] = "API"


class ProfileChange(Words):
    """Somebody does something in Klaviyo."""

    for_: Name
    consent: Literal["subscribed", "unsubscribed"] | None = None
    set_email: str | None = None
    merge_into: Name | None = None
    delete: bool = False


WORDS: dict[str, type[Words]] = {
    "wait": Wait,
    "wait until": Until,
    "clock jumps": Until,
    "machine clock": MachineClock,
    "sync": Sync,
    "sync every": SyncEvery,
    "retry dead letters": Retry,
    "resend": Resend,
    "look": Look,
    "night": Night,
    "repair": Repair,
    "watchdog": Watchdog,
    "fault": Fault,
    "faults end": FaultsEnd,
    "switches": Switches,
    "limits": Limits,
    "klaviyo loses": EventChoice,
    "klaviyo copies": Copies,
    "klaviyo changes": Changes,
    "klaviyo gains": Gains,
    "klaviyo profile": ProfileChange,
}
