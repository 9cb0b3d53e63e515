"""Whose profile an event hangs on, and who wants mail: found where certain, silent where it may be right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from monitor_till import ANN, DAY, NOON, Shelf, StoppedClock, Till, kinds, sale

from monitor.app import Monitor
from monitor.people import NEVER, SUBSCRIBED, UNSUBSCRIBED, Person
from monitor.reading import Watched
from monitor.report_data import FindingKind, Report, Severity
from sync.domain.facts import Customer, Marketing
from sync.domain.presets import KLAVIYO_NATIVE, Preset
from sync.http.errors import NotPermitted

HEAD = "lightspeed_r:797:"
BOB = Customer("c2", email="bob@shop.co")
HOUR = timedelta(hours=1)


@dataclass
class People:
    """Klaviyo's profiles as a test wrote them."""

    held: dict[str, Person] = field(default_factory=dict)
    trouble: Exception | None = None

    def by_ids(self, profile_ids: Sequence[str]) -> Mapping[str, Person]:
        if self.trouble is not None:
            raise self.trouble
        return {one: self.held[one] for one in profile_ids if one in self.held}


def reconcile(till: Till, shelf: Shelf, people: People, out: Path, preset: Preset = KLAVIYO_NATIVE) -> Report:
    watched = Watched("main", "lightspeed_r", till, shelf, preset, people=people)
    monitor = Monitor([watched], StoppedClock(NOON + timedelta(days=3)), lambda _, path: path.write_text(""))
    return monitor.reconcile(DAY, DAY, out)


def traded(*rows: tuple[str, Customer, str]) -> tuple[Till, Shelf]:
    """Sales an hour apart from NOON on, each with its customer and the profile its events hang on."""
    till, shelf = Till(), Shelf()
    for at, (number, customer, profile) in enumerate(rows):
        one = replace(sale(number, NOON + at * HOUR, lines=(), customer=customer), total_minor=1000)
        till.sales.append(one)
        shelf.put("Placed Order", HEAD + number, NOON + at * HOUR, 1000, profile=profile)
    return till, shelf


HOME = People(
    {"p1": Person("ann@shop.co", NEVER), "p2": Person("bob@shop.co", NEVER), "p9": Person("x@y.co", NEVER)}
)


def test_events_on_their_own_profiles_are_right(tmp_path: Path) -> None:
    assert kinds(reconcile(*traded(("10", ANN, "p1"), ("11", BOB, "p2")), HOME, tmp_path)) == {}


def test_an_event_on_a_stranger_after_one_at_home_hangs_on_the_wrong_profile(tmp_path: Path) -> None:
    report = reconcile(*traded(("10", ANN, "p1"), ("11", ANN, "p9")), HOME, tmp_path)

    (found,) = report.findings
    assert (found.kind, found.sale_id, found.customer_id) == (FindingKind.WRONG_PROFILE, "11", "c1")
    assert (found.observed["profile"], found.differing) == ("p9", ("profile",))
    assert found.cause.proven
    assert "@" not in (tmp_path / "report.json").read_text()


def test_an_event_on_another_customers_profile_is_wrong_at_once(tmp_path: Path) -> None:
    report = reconcile(*traded(("10", BOB, "p2"), ("11", ANN, "p2")), HOME, tmp_path)

    assert kinds(report) == {"wrong_profile": 1}
    assert report.findings[0].cause.proof.startswith("The profile has the address of customer c2")
    assert [day.finding_count for day in report.days] == [1]


def test_sales_from_before_an_address_changed_are_right(tmp_path: Path) -> None:
    report = reconcile(*traded(("10", ANN, "p9"), ("11", ANN, "p9"), ("12", ANN, "p1")), HOME, tmp_path)

    assert kinds(report) == {}


def test_a_household_that_shares_an_address_is_right(tmp_path: Path) -> None:
    wife = replace(BOB, email="ANN@shop.co")

    assert kinds(reconcile(*traded(("10", ANN, "p1"), ("11", wife, "p1")), HOME, tmp_path)) == {}


def test_profiles_that_are_gone_or_have_no_address_are_not_judged(tmp_path: Path) -> None:
    people = People({"p1": Person("ann@shop.co", NEVER), "p5": Person("", NEVER)})

    rows = traded(("10", ANN, "p1"), ("11", ANN, "p5"), ("12", ANN, "gone"))

    assert kinds(reconcile(*rows, people, tmp_path)) == {}


def test_profiles_that_may_not_be_read_are_said_and_stop_nothing(tmp_path: Path) -> None:
    people = People(trouble=NotPermitted("klaviyo", "the key lacks profiles:read"))

    report = reconcile(*traded(("10", ANN, "p1")), people, tmp_path)

    assert report.exit_code == 0
    assert [limit.code for limit in report.limits] == ["not_looked_at"]


@pytest.mark.parametrize(
    ("wish", "consent", "subscribes", "found"),
    [
        (Marketing.OPTED_OUT, SUBSCRIBED, False, 1),
        (Marketing.OPTED_OUT, UNSUBSCRIBED, False, 0),
        (Marketing.OPTED_OUT, NEVER, True, 0),
        (Marketing.CONSENTED, UNSUBSCRIBED, True, 0),  # Klaviyo is the master of consent
        (Marketing.CONSENTED, NEVER, False, 0),
        (Marketing.CONSENTED, NEVER, True, 1),
        (Marketing.CONSENTED, SUBSCRIBED, True, 0),
        (Marketing.UNKNOWN, SUBSCRIBED, True, 0),
    ],
)
def test_consent_differs_only_where_somebody_is_wronged(
    tmp_path: Path, wish: Marketing, consent: str, subscribes: bool, found: int
) -> None:
    person = replace(ANN, marketing=wish)
    people = People({"p1": Person("ann@shop.co", consent)})
    preset = replace(KLAVIYO_NATIVE, subscribe=subscribes)

    report = reconcile(*traded(("10", person, "p1")), people, tmp_path, preset)

    assert kinds(report) == ({"consent_mismatch": 1} if found else {})
    told = [(row.in_pos, row.in_klaviyo, row.people_count, row.finding) for row in report.consent]
    assert told == ([] if wish is Marketing.UNKNOWN else [(wish.value, consent, 1, bool(found))])


def test_an_opt_out_that_is_still_mailed_is_an_error_without_a_name(tmp_path: Path) -> None:
    person = replace(ANN, marketing=Marketing.OPTED_OUT)
    people = People({"p1": Person("ann@shop.co", SUBSCRIBED)})

    (found,) = reconcile(*traded(("10", person, "p1")), people, tmp_path).findings

    assert (found.severity, found.business_day, found.customer_id) == (Severity.ERROR, None, "c1")
    assert found.title == "Customer c1 opted out at the till, Klaviyo still mails them"


def test_two_customers_of_one_address_who_disagree_are_left_to_people(tmp_path: Path) -> None:
    one = replace(ANN, marketing=Marketing.OPTED_OUT)
    other = replace(BOB, email="ann@shop.co", marketing=Marketing.CONSENTED)
    people = People({"p1": Person("ann@shop.co", SUBSCRIBED)})

    assert kinds(reconcile(*traded(("10", one, "p1"), ("11", other, "p1")), people, tmp_path)) == {}


class KnowingShelf(Shelf):
    """A Klaviyo account that says when it first had a profile for an address."""

    def known_since(self, emails: Sequence[str]) -> Mapping[str, datetime]:
        return {"ann@shop.co": NOON - timedelta(days=9)} if "ann@shop.co" in emails else {}


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (NOON, {"wrong_profile": 1}),  # Ann's own profile was there long before
        (NOON - timedelta(days=30), {}),  # her old address, perhaps
        (None, {}),
    ],
)
def test_a_single_event_on_a_younger_profile_than_the_customers_own_is_wrong(
    tmp_path: Path, made: datetime | None, found: dict[str, int]
) -> None:
    till, shelf = traded(("10", ANN, "p9"))
    people = People({"p9": Person("x@y.co", NEVER, made)})

    assert kinds(reconcile(till, KnowingShelf(rows=shelf.rows), people, tmp_path)) == found
