"""Findings about people: events on somebody else's profile, and wishes for marketing that differ.

An address may change after a sale was sent, people may be merged, households share one: none of that is
wrong. An event is only said to hang on the wrong profile when an earlier sale of the same customer already
lies on the customer's own one, when the profile demonstrably is another customer's, or when the customer's
own profile is older than the one the event hangs on.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from monitor.compare import Comparison
from monitor.findings import stable_key
from monitor.people import NEVER, SUBSCRIBED, UNSUBSCRIBED, PeopleReader, Person
from monitor.report_data import Cause, Finding, FindingKind, ReportConsent, Severity
from monitor.words import day_words, local_time, money
from sync.domain.contact import usable_email
from sync.domain.facts import Customer, Marketing

PROFILES_MAX = 50_000  # asked for in one run
_FOUND_MAX = 5_000
_ADDRESSES_MAX = 1_000  # of customers whose events lie elsewhere, asked for by address
Since = Callable[[Sequence[str]], Mapping[str, datetime]]


@dataclass(slots=True)
class Customers:
    """What the POS said of the people of the sales read: address in the form that is sent, and their wish."""

    emails: dict[str, str] = field(default_factory=dict)  # by customer; "" without a usable one
    wishes: dict[str, Marketing] = field(default_factory=dict)
    cut: bool = False
    most: int = 200_000

    def add(self, customer: Customer) -> None:
        """Remember one, unless there are too many."""
        if customer.customer_id in self.emails:
            return
        if len(self.emails) >= self.most:
            self.cut = True
            return
        self.emails[customer.customer_id] = usable_email(customer.email) or ""
        self.wishes[customer.customer_id] = customer.marketing


class _Delivered(NamedTuple):
    """One event that arrived, with the customer of its sale."""

    sale_id: str
    event_key: str
    metric: str
    shop_id: str
    zone: str
    business_day: date
    currency: str
    total_minor: int
    happened_at: int
    customer_id: str
    event_id: str
    profile_id: str
    in_window: bool


@dataclass(frozen=True, slots=True)
class PeopleFound:
    """What the comparison of people came to."""

    findings: tuple[Finding, ...] = ()
    consent: tuple[ReportConsent, ...] = ()
    trouble: str = ""  # why not all were compared; "": they were


def compare_people(
    comparison: Comparison,
    account: str,
    customers: Customers,
    reader: PeopleReader,
    *,
    names: Mapping[str, str],
    subscribes: bool,
    since: Since | None = None,
) -> PeopleFound:
    """Read the profiles of the events that arrived and hold them against the customers. Raises ApiTrouble.

    `subscribes` says whether a yes at the till is meant to reach Klaviyo; `since` when Klaviyo first had a
    profile for an address, None where that cannot be asked.
    """
    events = [_Delivered(*row) for row in comparison.rows(_EVENTS)]
    ids = sorted({one.profile_id for one in events})
    people = dict(reader.by_ids(ids[:PROFILES_MAX]))
    wrong = list(_wrong(events, customers, people, since))[:_FOUND_MAX]
    found = [_wrong_profile(one, whose, account, names) for one, whose in wrong]
    states = _states(customers, people)
    found += _consent_findings(states, account, subscribes=subscribes)
    told = ""
    if len(ids) > PROFILES_MAX or customers.cut:
        asked = min(len(ids), PROFILES_MAX)
        told = f"only {asked:,} of {len(ids):,} profiles were compared with their customers"
    return PeopleFound(tuple(found), tuple(_counts(states, account, subscribes=subscribes)), told)


def _wrong(
    events: Sequence[_Delivered], customers: Customers, people: Mapping[str, Person], since: Since | None
) -> Iterator[tuple[_Delivered, str]]:
    """The events on a wrong profile, each with how that is known."""
    owners: dict[str, set[str]] = defaultdict(set)  # customers by address
    for customer_id, email in customers.emails.items():
        if email:
            owners[email].add(customer_id)
    at_home: dict[str, int] = {}  # since when a customer's events lie on the customer's own profile
    lived_in: dict[str, set[str]] = defaultdict(set)  # who has own events on a profile
    away: list[tuple[_Delivered, str]] = []
    for one in events:
        own, person = customers.emails.get(one.customer_id, ""), people.get(one.profile_id)
        if not own or person is None or not person.email:
            continue
        if person.email == own:
            at_home.setdefault(one.customer_id, one.happened_at)
            lived_in[one.profile_id].add(one.customer_id)
        else:
            away.append((one, person.email))
    away = [(one, email) for one, email in away if one.in_window]
    homes = sorted({customers.emails[one.customer_id] for one, _ in away})[:_ADDRESSES_MAX]
    made = since(homes) if since is not None and homes else {}
    for one, email in away:
        others = (owners.get(email, set()) - {one.customer_id}) & lived_in[one.profile_id]
        if others:
            yield one, f"The profile has the address of customer {min(others)}, whose own sales lie on it."
        elif at_home.get(one.customer_id, one.happened_at) < one.happened_at:
            yield one, "An earlier sale of the same customer lies on the profile with the customer's address."
        elif _older(made.get(customers.emails[one.customer_id]), people[one.profile_id].created_at):
            yield one, "Klaviyo had a profile with the customer's own address before it had this one."


def _older(home: datetime | None, other: datetime | None) -> bool:
    return home is not None and other is not None and home < other


def _wrong_profile(one: _Delivered, proof: str, account: str, names: Mapping[str, str]) -> Finding:
    kind = FindingKind.WRONG_PROFILE
    shared = {"day": day_words(one.business_day), "time": local_time(one.happened_at, one.zone)}
    return Finding(
        key=stable_key(kind, account, one.metric, one.event_key, one.event_id),
        kind=kind,
        severity=Severity.ERROR,
        account=account,
        shop=one.shop_id,
        shop_name=names.get(one.shop_id, ""),
        business_day=one.business_day,
        zone=one.zone,
        metric=one.metric,
        currency=one.currency,
        title=f"{one.metric} of sale {one.sale_id} hangs on somebody else's profile",
        expected={"sale": one.sale_id, **shared, "profile": f"that of customer {one.customer_id}"},
        observed={"event": one.event_id, **shared, "profile": one.profile_id}
        | {"amount": money(one.total_minor, one.currency)},
        differing=("profile",),
        difference_minor=one.total_minor,
        cause=Cause("other_profile", "the profile's address is not the customer's", True, proof),
        remedy="Do not mail anybody about this sale. Klaviyo cannot move an event; if both are one person, "
        "merge the profiles.",
        command="",
        sale_id=one.sale_id,
        event_id=one.event_id,
        event_key=one.event_key,
        customer_id=one.customer_id,
    )


@dataclass(frozen=True, slots=True)
class _State:
    customer_id: str
    wish: Marketing
    consent: str


def _states(customers: Customers, people: Mapping[str, Person]) -> list[_State]:
    """Both sides' word on each person known to both; who share an address and disagree are left out."""
    by_email: dict[str, list[str]] = defaultdict(list)
    for customer_id, email in customers.emails.items():
        if email and customers.wishes[customer_id] is not Marketing.UNKNOWN:
            by_email[email].append(customer_id)
    consents = {person.email: person.consent for person in people.values() if person.email}
    return [
        _State(min(ids), customers.wishes[ids[0]], consents[email])
        for email, ids in sorted(by_email.items(), key=lambda item: min(item[1]))
        if email in consents and len({customers.wishes[one] for one in ids}) == 1
    ]


def _differs(wish: Marketing, consent: str, *, subscribes: bool) -> bool:
    if wish is Marketing.OPTED_OUT:
        return consent == SUBSCRIBED
    return subscribes and consent == NEVER


def _consent_findings(states: Sequence[_State], account: str, *, subscribes: bool) -> list[Finding]:
    differing = [one for one in states if _differs(one.wish, one.consent, subscribes=subscribes)]
    return [_consent_mismatch(one, account) for one in differing[:_FOUND_MAX]]


def _consent_mismatch(one: _State, account: str) -> Finding:
    out = one.wish is Marketing.OPTED_OUT
    kind = FindingKind.CONSENT_MISMATCH
    return Finding(
        key=stable_key(kind, account, one.customer_id),
        kind=kind,
        severity=Severity.ERROR if out else Severity.WARNING,
        account=account,
        shop="",
        shop_name="",
        business_day=None,
        zone="",
        metric="",
        currency="",
        title=f"Customer {one.customer_id} "
        + (
            "opted out at the till, Klaviyo still mails them"
            if out
            else "agreed at the till, Klaviyo does not know"
        ),
        expected={"customer": one.customer_id, "marketing": one.wish.value.replace("_", " ")},
        observed={"marketing": one.consent.replace("_", " ")},
        differing=("marketing",),
        difference_minor=0,
        cause=Cause("consent", "the two sides disagree", True, "Both were read in this run."),
        remedy="Take them off in Klaviyo now; an opt-out at the till always counts."
        if out
        else "Look whether the sync carries consent here; it subscribes nobody who said no in Klaviyo.",
        command="",
        customer_id=one.customer_id,
    )


_WORDS: Mapping[tuple[Marketing, str], str] = {
    (Marketing.OPTED_OUT, SUBSCRIBED): "opted out at the till, still subscribed in Klaviyo",
    (Marketing.OPTED_OUT, UNSUBSCRIBED): "said no on both sides",
    (Marketing.OPTED_OUT, NEVER): "opted out at the till, never asked in Klaviyo",
    (Marketing.CONSENTED, SUBSCRIBED): "said yes on both sides",
    (Marketing.CONSENTED, UNSUBSCRIBED): "agreed at the till, but unsubscribed in Klaviyo, which counts",
    (Marketing.CONSENTED, NEVER): "agreed at the till, never asked in Klaviyo",
}


def _counts(states: Sequence[_State], account: str, *, subscribes: bool) -> Iterator[ReportConsent]:
    counts = Counter((one.wish, one.consent) for one in states)
    for (wish, consent), words in _WORDS.items():
        if counts[wish, consent]:
            differs = _differs(wish, consent, subscribes=subscribes)
            yield ReportConsent(account, wish.value, consent, counts[wish, consent], words, differs)


_EVENTS = """
SELECT u.sale_id, u.event_key, u.metric, u.shop_id, j.zone, j.business_day, u.currency, u.total_minor,
       u.happened_at, u.customer_id, e.event_id, e.profile_id,
       j.business_day >= q.first_day AND j.business_day <= q.last_day
FROM judged_units j
JOIN units u ON u.unit_no = j.unit_no
JOIN events e ON e.event_no = j.event_no
CROSS JOIN params q
WHERE j.status = 'delivered' AND j.kind <> 'product' AND u.customer_id <> '' AND e.profile_id <> ''
  -- Of two copies one lies on the right profile; that the other exists is told as a duplicate.
  AND NOT EXISTS (
      SELECT 1 FROM hard_events h
      WHERE h.metric = u.metric AND h.event_key = u.event_key AND h.event_no <> e.event_no
  )
ORDER BY u.happened_at, u.sale_id, e.event_id
"""
