"""The report as data: what report.json holds, name by name. The HTML, the CSV and the alerts read only this.

A stable interface. Amounts are integer minor units and end in `_minor`; instants are aware UTC; a day is the
shop's local date and always travels with its zone. Nothing personal is in here: sales and events are named by
their ids. Every sequence is sorted, so that the same inputs give the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

FORMAT = 1  # goes up when a name changes its meaning


class VerdictCode(StrEnum):
    """What the reader has to know first. The exit code of the command follows from it: 0, 1, 2."""

    AGREES = "agrees"
    DRIFT = "drift"
    COULD_NOT_JUDGE = "could_not_judge"


EXIT_CODES: Mapping[VerdictCode, int] = {
    VerdictCode.AGREES: 0,
    VerdictCode.DRIFT: 1,
    VerdictCode.COULD_NOT_JUDGE: 2,
}


class FindingKind(StrEnum):
    """Every kind of difference that has a name, gravest first."""

    REMAINDER = "remainder"
    SILENCE = "silence"
    MISSING = "missing"
    CONTROL_TOTAL = "control_total"
    DUPLICATE = "duplicate"
    ORPHANED = "orphaned"
    AMOUNT_MISMATCH = "amount_mismatch"
    WRONG_CURRENCY = "wrong_currency"
    DAY_SHIFT = "day_shift"
    LOST_REFUND = "lost_refund"
    WRONG_PROFILE = "wrong_profile"
    LINE_MISMATCH = "line_mismatch"
    SAME_SECOND_COLLAPSE = "same_second_collapse"
    DOUBLE_KEY = "double_key"
    TWIN_METRIC = "twin_metric"
    CONSENT_MISMATCH = "consent_mismatch"
    FUTURE_DATED = "future_dated"
    LATE = "late"


class Severity(StrEnum):
    """How much a finding matters: the books do not close, something is wrong, worth knowing."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class ReportWindow:
    """The local dates compared, both ends belonging to it, in every shop's own zone."""

    first_day: date
    last_day: date
    start_at: datetime  # the earliest instant of these dates in any of the zones
    end_at: datetime  # the first instant after them in all of the zones
    zones: tuple[str, ...]  # the shops' zones; one entry means that a day is the same everywhere


@dataclass(frozen=True, slots=True)
class ReportAccount:
    """Who was compared with whom."""

    name: str  # the account's name in the settings; the `account` of every row
    source: str  # such as `lightspeed_r`
    pos_account_id: str
    pos_name: str
    klaviyo_id: str
    klaviyo_zone: str
    klaviyo_currency: str
    sale_key: str  # which property of an event names its sale, such as `$event_id`


@dataclass(frozen=True, slots=True)
class AccountingRow:
    """Both sides' terms of one account, shop, business day, metric and currency, in counts and money.

    POS side:     pos = delivered + excluded + settling + missing + pos_remainder
    events' side: events = delivered + mismatch (money only) + orphaned + duplicate + events_settling
                  + arrived - gone + events_remainder

    `delivered_minor` is what the POS says the delivered ones are worth; `mismatch_minor` is what the events
    of the same row say beyond it. `gone` are delivered here whose event lies in another row (another day or
    currency), `arrived` the other end of that. A roll-up leaves the field empty that it adds up over
    (`shop` and `zone` "", `business_day` None).
    """

    account: str
    shop: str
    shop_name: str
    business_day: date | None
    zone: str
    metric: str
    currency: str
    pos_count: int = 0
    pos_minor: int = 0
    delivered_count: int = 0
    delivered_minor: int = 0
    excluded_count: int = 0
    excluded_minor: int = 0
    settling_count: int = 0
    settling_minor: int = 0
    missing_count: int = 0
    missing_minor: int = 0
    events_count: int = 0
    events_minor: int = 0
    mismatch_count: int = 0  # how many of the delivered carry another amount; no term of the counts
    mismatch_minor: int = 0
    orphaned_count: int = 0
    orphaned_minor: int = 0
    duplicate_count: int = 0
    duplicate_minor: int = 0
    arrived_count: int = 0
    arrived_minor: int = 0
    gone_count: int = 0
    gone_minor: int = 0
    pos_remainder_count: int = 0
    pos_remainder_minor: int = 0
    events_remainder_count: int = 0
    events_remainder_minor: int = 0
    remainder_count: int = 0  # both sides' remainders without their signs, so that they cannot cancel out
    remainder_minor: int = 0
    events_settling_count: int = 0  # events without a sale, too fresh to be called orphaned
    events_settling_minor: int = 0


class DayStatus(StrEnum):
    """What the calendar shows of a day."""

    AGREES = "agrees"
    DRIFT = "drift"
    SETTLING = "settling"  # agrees as far as it can be told; some sales are too fresh to judge
    EMPTY = "empty"  # nothing on either side


@dataclass(frozen=True, slots=True)
class ReportDay:
    """One local date of one account over all shops and metrics. `zone` is "" where shops differ in it."""

    account: str
    business_day: date
    zone: str
    status: DayStatus
    sales_count: int  # POS receipts of the day (Placed and Refunded units; not their lines)
    pos_count: int
    delivered_count: int
    excluded_count: int
    settling_count: int
    missing_count: int
    events_count: int
    finding_count: int
    difference_minor: Mapping[str, int]  # by currency: what the findings of the day add up to


@dataclass(frozen=True, slots=True)
class ReportShop:
    """One shop over the whole window; `rows` are its roll-ups, one per metric and currency."""

    account: str
    shop: str
    shop_name: str  # "" for events that name no shop we know
    zone: str
    zone_known: bool  # false where the POS gives no zone and the account's had to stand in
    finding_count: int
    finding_minor: Mapping[str, int]  # by currency
    rows: tuple[AccountingRow, ...]


@dataclass(frozen=True, slots=True)
class ReportExclusion:
    """One reason for leaving things out on purpose, with what it left out. Counted under the first reason."""

    account: str
    metric: str
    reason: str  # code of sync.domain.eligibility.Exclusion
    words: str  # the reason in plain words
    currency: str
    excluded_count: int
    excluded_minor: int


@dataclass(frozen=True, slots=True)
class ReportSegment:
    """The POS side of the window cut one way: `by` is shop, register, channel or zone, `value` its id."""

    account: str
    by: str
    value: str  # "" where the POS does not say
    label: str  # the shop's name; "" for the others
    metric: str
    currency: str
    finding_count: int
    pos_count: int
    pos_minor: int
    delivered_count: int
    delivered_minor: int
    excluded_count: int
    excluded_minor: int
    settling_count: int
    settling_minor: int
    missing_count: int
    missing_minor: int


@dataclass(frozen=True, slots=True)
class ReportSkipped:
    """What one reason kept out of Klaviyo in one shop, in receipts: what anonymous sales cost."""

    account: str
    shop: str
    shop_name: str
    reason: str
    words: str
    currency: str
    sales_count: int
    sales_minor: int
    of_sales_count: int  # all receipts of the shop in the window


@dataclass(frozen=True, slots=True)
class ReportLag:
    """How long sales took from one place to the next, in seconds, over the sales where both are known."""

    account: str
    leg: str  # till_to_arrival, arrival_to_sent, till_to_sent, sent_to_visible or till_to_visible
    sample_count: int
    p50_s: int
    p90_s: int
    p99_s: int
    max_s: int
    shop: str = ""  # "" over all shops
    shop_name: str = ""


class ControlStatus(StrEnum):
    """What came of one interval of one register."""

    AGREES = "agrees"  # every difference is explained
    DIFFERS = "differs"
    SETTLING = "settling"  # closed so lately that receipts may still be on their way
    OPEN = "open"  # no Z-report covers these receipts yet
    NOT_JUDGED = "not_judged"  # it does not say, or reaches beyond what was read


@dataclass(frozen=True, slots=True)
class ControlSide:
    """What one witness says of an interval. Refunds are above zero; `net_minor` is sales less refunds."""

    sales_count: int
    sales_minor: int
    refunds_count: int
    refunds_minor: int
    net_minor: int


@dataclass(frozen=True, slots=True)
class ControlTerm:
    """One reason why two witnesses differ, and what it comes to. Counts of sales and refunds, net money."""

    code: str
    words: str
    count: int
    net_minor: int


@dataclass(frozen=True, slots=True)
class ReportControl:
    """One interval of one register by its three witnesses: the till's own total, the POS and Klaviyo.

    till.net + sum(till_to_pos) + till_rest = pos.net, and pos.net = klaviyo.net + sum(pos_to_klaviyo) +
    klaviyo_rest. What is missing in Klaviyo is a term like any other: it has findings of its own.
    """

    account: str
    shop: str
    shop_name: str
    zone: str
    register: str
    register_name: str  # what people call it; the register's id where the POS has no name
    report_id: str  # of the till's total; "" where there is none yet
    business_day: date
    opened_at: datetime  # from when receipts are counted; for an open interval its first receipt
    closed_at: datetime | None
    currency: str
    status: ControlStatus
    words: str  # what the status means here
    till: ControlSide | None  # None while the interval is open
    pos: ControlSide
    klaviyo: ControlSide
    till_to_pos: tuple[ControlTerm, ...]
    till_rest_count: int
    till_rest_minor: int
    pos_to_klaviyo: tuple[ControlTerm, ...]
    klaviyo_rest_minor: int
    practice_count: int  # rung up for practice, which the till counts apart
    practice_minor: int


@dataclass(frozen=True, slots=True)
class ReportConsent:
    """How many people the POS and Klaviyo hold which wish for marketing e-mail of; a finding or not."""

    account: str
    in_pos: str  # code of sync.domain.facts.Marketing
    in_klaviyo: str  # subscribed, unsubscribed or never_subscribed
    people_count: int
    words: str
    finding: bool


@dataclass(frozen=True, slots=True)
class Cause:
    """Why, if it can be proven. `proof` is empty exactly when `proven` is false."""

    code: str
    words: str
    proven: bool
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One named difference, with both sides of it.

    `expected` and `observed` hold facts ready for display, under the same names where they can be compared;
    an empty mapping means there is nothing on that side. `differing` names the entries that disagree.
    """

    key: str  # the same finding has the same key on every run
    kind: FindingKind
    severity: Severity
    account: str
    shop: str
    shop_name: str
    business_day: date | None  # None where a finding belongs to no single day
    zone: str
    metric: str
    currency: str
    title: str  # one line in plain words
    expected: Mapping[str, str]
    observed: Mapping[str, str]
    differing: tuple[str, ...]
    difference_minor: int  # money the finding stands for: without sign for missing, signed for a mismatch
    cause: Cause
    remedy: str
    command: str  # what mends it, or ""
    sale_id: str = ""
    event_id: str = ""  # Klaviyo's id of the event
    event_key: str = ""  # the id that sale and event share
    register: str = ""  # the POS's number of the till it was rung up at
    channel: str = ""  # `shop`, or the web platform it came from; empty where there is no sale
    customer_id: str = ""  # the POS's number of the person; never a name or an address


@dataclass(frozen=True, slots=True)
class KindTotal:
    """How often a kind was found and what it adds up to, over all of them, shown or not.

    With several currencies `total_minor` is the plain sum; `by_currency` keeps them apart.
    """

    count: int
    total_minor: int
    by_currency: Mapping[str, int]


class ZoneStatus(StrEnum):
    """What the zone diagnosis came to."""

    NOT_NEEDED = "not_needed"  # no event lies on another day than its sale
    PROVEN = "proven"
    NOT_A_ZONE = "not_a_zone"  # no candidate brings the days together
    CANNOT_TELL = "cannot_tell"  # several candidates do, or the days are too alike


@dataclass(frozen=True, slots=True)
class ZoneCandidate:
    """One hypothesis: sales counted by `sales_zone`, events by `events_zone`; `shop` is each shop's own."""

    sales_zone: str
    events_zone: str
    words: str
    residual_count: int  # daily differences left, added up without sign
    explained_count: int  # pairs whose wall clocks then agree to the second


@dataclass(frozen=True, slots=True)
class ZoneDiagnosis:
    """Whether a wrong zone explains that days disagree, by re-counting both sides under every candidate."""

    account: str
    status: ZoneStatus
    sentence: str
    pair_count: int  # sale and event pairs looked at
    shifted_count: int  # of those, on different days
    day_count: int
    best: ZoneCandidate | None
    candidates: tuple[ZoneCandidate, ...]  # best first


@dataclass(frozen=True, slots=True)
class Limit:
    """Something that was not looked at, cut short or could not be read, and what to do about it."""

    code: str
    words: str
    remedy: str
    blocks: bool = False  # true when the verdict cannot be `agrees` because of it


@dataclass(frozen=True, slots=True)
class SideTotals:
    """What was read of each side for one account, before any comparison, for the reader's trust."""

    account: str
    sales_count: int  # receipts of the window in the POS, whatever their kind
    sales_delivered_count: int  # receipts whose Placed or Refunded Order is in Klaviyo
    sales_excluded_count: int
    sales_settling_count: int
    sales_missing_count: int
    sales_missing_minor: Mapping[str, int]  # by currency
    pos_units_read: int  # with the margin of days round the window
    events_read: int
    records_unread: int  # POS records that could not be read


@dataclass(frozen=True, slots=True)
class Report:
    """One reconciliation. Serialised as it stands, in this order, into report.json."""

    format: int
    verdict: VerdictCode
    exit_code: int
    sentence: str  # the verdict in one sentence
    next_step: str  # what to do now
    as_of: datetime
    settle_s: int
    window: ReportWindow
    accounts: tuple[ReportAccount, ...]
    sides: tuple[SideTotals, ...]
    totals: tuple[AccountingRow, ...]  # one per account, metric and currency: the waterfall
    days: tuple[ReportDay, ...]
    shops: tuple[ReportShop, ...]
    exclusions: tuple[ReportExclusion, ...]
    zones: tuple[ZoneDiagnosis, ...]
    limits: tuple[Limit, ...]
    findings_by_kind: Mapping[str, KindTotal]
    findings: tuple[Finding, ...]  # gravest first; cut at a limit that `limits` then names
    accounting: tuple[AccountingRow, ...]
    segments: tuple[ReportSegment, ...] = ()
    skipped: tuple[ReportSkipped, ...] = ()
    lags: tuple[ReportLag, ...] = ()
    consent: tuple[ReportConsent, ...] = ()
    controls: tuple[ReportControl, ...] = ()  # gravest first; cut at a limit that `limits` then names
