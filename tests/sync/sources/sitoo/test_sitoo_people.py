"""Orders carry no customer: who bought is told by a usable address, a customer number or a phone number."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sitoo_till import NOON, SitooTill, sales_of

from sync.domain.facts import Customer, Marketing, Sale
from sync.domain.profile import EMAIL, EXTERNAL_ID, PHONE, anchor

ALL = (EMAIL, PHONE, EXTERNAL_ID)


def read(till: SitooTill, **settings: Any) -> tuple[Sale, list[str]]:
    """The only sale, and the notes told with it."""
    till.clock.advance(60)
    pages = list(till.source(**settings).read("sales", None))
    [sale] = sales_of(pages)
    return sale, [note.reason for page in pages for note in page.notes]


def who(sale: Sale) -> str | None:
    return anchor(sale.customer, ALL) if sale.customer is not None else None


def test_an_address_names_the_user_however_it_is_written(till: SitooTill) -> None:
    ann = till.state.add_user("Ann", "Lee", email="ann.lee@northwind.dev", at=NOON)
    till.sell(email=" Ann.Lee@Northwind.DEV", first="A.", last="L.")

    sale, notes = read(till)

    assert (who(sale), sale.customer_id, notes) == ("ann.lee@northwind.dev", ann, [])
    assert sale.customer is not None
    assert (sale.customer.first_name, sale.customer.last_name) == ("Ann", "Lee")  # as known today


def test_an_address_nobody_registered_is_a_person_all_the_same(till: SitooTill) -> None:
    till.sell(email="guest@northwind.dev", first="Guy", last="Est")

    sale, _ = read(till)

    assert who(sale) == "guest@northwind.dev"
    assert sale.customer is not None
    assert sale.customer.first_name == "Guy"
    assert sale.customer_id is not None
    assert sale.customer_id.startswith("guest-")
    assert "northwind" not in sale.customer_id


def test_a_phone_number_names_the_user_who_alone_has_it(till: SitooTill) -> None:
    till.state.add_user("Ann", "Lee", email="ann.lee@northwind.dev", mobile="070-174 06 05", at=NOON)
    till.sell(phone="+46 70 174 06 05")

    assert who(read(till)[0]) == "ann.lee@northwind.dev"


def test_a_phone_number_of_nobody_is_the_profile_itself_in_international_form(till: SitooTill) -> None:
    till.sell(phone="0701740605")

    assert who(read(till)[0]) == "+46701740605"  # the shop is in Sweden


def test_a_phone_number_of_two_people_names_neither_and_is_noted(till: SitooTill) -> None:
    for name in ("ann", "bob"):
        till.state.add_user(name, "Lee", email=f"{name}@northwind.dev", mobile="0701740605", at=NOON)
    till.sell(phone="0701740605")

    sale, notes = read(till)

    assert (who(sale), notes) == ("+46701740605", ["inconsistent_profile"])


def test_a_customer_number_names_its_user_and_else_stands_for_itself(till: SitooTill) -> None:
    till.state.add_user("Ann", "Lee", email="ann.lee@northwind.dev", customer_number="C-1", at=NOON)
    till.sell(crm_id="C-1")
    till.sell(NOON + timedelta(seconds=1), crm_id="C-2")
    till.clock.advance(60)

    sales = sales_of(till.source().read("sales", None))

    assert [who(sale) for sale in sales] == ["ann.lee@northwind.dev", "id:C-2"]


def test_an_address_outweighs_a_customer_number_of_somebody_else_and_that_is_noted(till: SitooTill) -> None:
    till.state.add_user("Ann", "Lee", email="ann@northwind.dev", customer_number="C-1", at=NOON)
    till.state.add_user("Bob", "Ray", email="bob@northwind.dev", at=NOON)
    till.sell(email="bob@northwind.dev", crm_id="C-1")

    sale, notes = read(till)

    assert (who(sale), notes) == ("bob@northwind.dev", ["inconsistent_profile"])


@pytest.mark.parametrize(
    "contact", [{"email": "no address"}, {"phone": "12"}, {"email": "ann@example.com", "phone": "x"}]
)
def test_what_klaviyo_would_not_take_names_nobody(till: SitooTill, contact: dict[str, str]) -> None:
    till.sell(**contact)

    sale, _ = read(till)

    assert sale.customer_id is not None
    assert who(sale) is None


def test_a_receipt_with_nothing_on_it_has_no_customer(till: SitooTill) -> None:
    till.sell(first="Ann", last="Lee")

    assert read(till)[0].customer_id is None


def test_an_unusable_address_falls_back_on_the_phone_number(till: SitooTill) -> None:
    till.sell(email="no address", phone="0701740605")

    assert who(read(till)[0]) == "+46701740605"


def test_two_records_of_one_address_are_one_person_and_the_newer_one_speaks(till: SitooTill) -> None:
    till.state.add_user("Anna", "Lee", email="ann@northwind.dev", mobile="0701740605", at=NOON)
    newer = till.state.add_user("Ann", "", email="ann@northwind.dev ", at=NOON + timedelta(seconds=30))
    till.clock.advance(60)

    pages = list(till.source().read("customers", None))

    [ann] = [customer for page in pages for customer in page.customers]
    assert (ann.customer_id, ann.first_name, ann.last_name, ann.phone) == (
        newer,
        "Ann",
        "Lee",
        "+46701740605",
    )


def test_customers_are_told_once_a_day_and_then_only_those_that_changed(till: SitooTill) -> None:
    long_ago = NOON - timedelta(days=2)
    till.state.add_user("Ann", "Lee", email="ann@northwind.dev", at=long_ago)
    bob = till.state.add_user("Bob", "Ray", email="bob@northwind.dev", at=long_ago)
    till.clock.advance(60)
    source = till.source()
    first = list(source.read("customers", None))
    assert len([each for page in first for each in page.customers]) == 2
    cursor = first[-1].cursor
    assert list(source.read("customers", cursor)) == []

    till.clock.advance(86_400)
    till.state.edit_user(bob, till.clock.now(), namefirst="Rob")
    again = [each for page in source.read("customers", cursor) for each in page.customers]

    assert [each.first_name for each in again] == ["Rob"]


def test_members_of_staff_are_no_customers(till: SitooTill) -> None:
    till.state.add_user("Sam", "Staff", email="sam@northwind.dev", role=30, at=NOON)
    till.clock.advance(60)

    assert [each for page in till.source().read("customers", None) for each in page.customers] == []


class CrmFake(httpx.BaseTransport):
    """A customer system beside the fake till: `members` by number, 404 for the others."""

    def __init__(self, inner: httpx.BaseTransport, members: dict[str, Any]) -> None:
        self.inner, self.members, self.asked = inner, members, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != "crm.test":
            return self.inner.handle_request(request)
        self.asked += 1
        found = self.members.get(request.url.path.rpartition("/")[2])
        return httpx.Response(404, json={}) if found is None else httpx.Response(200, json=found)


def with_crm(till: SitooTill, members: dict[str, Any], **crm: Any) -> Any:
    till.transport = CrmFake(till.transport, members)
    return till.source(crm={"base_url": "https://crm.test", **crm})


def said(pages: list[Any]) -> dict[str, Marketing]:
    people: list[Customer] = [each for page in pages for each in page.customers]
    return {each.external_id: each.marketing for each in people}


def test_members_are_asked_for_their_consent_once_a_day(till: SitooTill) -> None:
    for number in ("C-1", "C-2", "C-3", "C-4"):
        till.state.add_user(number, "Lee", email=f"{number}@northwind.dev", customer_number=number, at=NOON)
    till.clock.advance(60)
    members = {
        "C-1": {"customer_id": "C-1", "accepts_communication": ["email", "sms"]},
        "C-2": {"customer_id": "C-2", "accepts_communication": ["sms"]},
        "C-3": {"customer_id": "C-3", "accepts_communication": ["email"], "status": "blocked"},
    }
    source = with_crm(till, members, opt_out_statuses=["blocked"])

    pages = list(source.read("consent", None))

    # C-2 may only never have been asked, C-4 is no member: neither says anything.
    assert said(pages) == {"C-1": Marketing.CONSENTED, "C-3": Marketing.OPTED_OUT}
    assert list(source.read("consent", pages[-1].cursor)) == []


def test_a_channel_that_is_not_listed_can_be_a_no(till: SitooTill) -> None:
    till.state.add_user("Bo", "Lee", email="bo@northwind.dev", customer_number="C-2", at=NOON)
    till.clock.advance(60)
    source = with_crm(till, {"C-2": {"accepts_communication": []}}, absent_is_opt_out=True)

    assert said(list(source.read("consent", None))) == {"C-2": Marketing.OPTED_OUT}


def test_a_member_who_just_bought_is_asked_at_once_but_not_all_of_history(till: SitooTill) -> None:
    till.state.add_user("Bo", "Lee", email="bo@northwind.dev", customer_number="C-2", at=NOON)
    till.sell(email="bo@northwind.dev")
    till.clock.advance(60)
    source = with_crm(till, {"C-2": [{"accepts_communication": ["email"]}]})
    history = list(source.read("sales", None))
    assert said(history) == {}
    till.sell(email="bo@northwind.dev")
    till.clock.advance(60)

    assert said(list(source.read("sales", history[-1].cursor))) == {"C-2": Marketing.CONSENTED}


def test_without_a_customer_system_there_is_no_such_feed(till: SitooTill) -> None:
    assert "consent" not in till.source().feeds
