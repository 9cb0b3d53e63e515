"""Filters of the R-Series fake: every operator, encoded or raw, on own and related fields."""

from datetime import timedelta

import pytest
from fake_till import NOON, Till


@pytest.fixture
def five(till: Till) -> Till:
    """Sales 1 to 5, at 11:50, 11:51, … 11:54, worth 10, 20, … 50."""
    for number in range(1, 6):
        till.state.sell(till.shop, till.at(number - 11), [till.line(number)])
    return till


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("saleID=3", [3]),
        ("saleID=%3D%2C3", [3]),
        ("saleID=>,3", [4, 5]),
        ("saleID=%3E%3D%2C3", [3, 4, 5]),
        ("saleID=<,3", [1, 2]),
        ("saleID=<=,3", [1, 2, 3]),
        ("saleID=><,2,4", [2, 3, 4]),
        ("saleID=!=,3", [1, 2, 4, 5]),
        ("saleID=IN,[4,2]", [2, 4]),
        ("saleID=IN,2,9,4", [2, 4]),
        ("total=>,20", [3, 4, 5]),
        ("total=30.00", [3]),
        ("calcTotal=><,20,30", [2, 3]),
        ("timeStamp=><,2026-03-02T11:51:00Z,2026-03-02T11:53:00Z", [2, 3, 4]),
        ("timeStamp=%3E%2C2026-03-02T11:53:00%2B00:00", [5]),
        ("timeStamp=>=,2026-03-02T06:53:00-0500", [4, 5]),
        ("timeStamp=>=,2026-03-02T12:53:00+01:00", [4, 5]),
        ("completeTime=<,2026-03-02T11:51:00+00:00", [1]),
        ("completed=true&archived=false", [1, 2, 3, 4, 5]),
        ("voided=true", []),
        ("shopID=2", []),
        ("ticketNumber=220000000002", [2]),
    ],
)
def test_sale_operators(five: Till, query: str, found: list[int]) -> None:
    assert five.ids("Sale", raw=query) == found


def test_like_ignores_case_and_knows_the_wildcard(till: Till) -> None:
    for name in ("Anna", "Hannah", "Bob"):
        till.state.add_customer(name, "Low", at=till.at(-60))
    assert till.ids("Customer", raw="firstName=~,%25ANNA%25") == [1, 2]
    assert till.ids("Customer", raw="firstName=~,anna") == [1]
    assert till.ids("Customer", raw="firstName=!~,%25anna%25") == [3]


def test_or_joins_operands_at_literal_pipes(five: Till) -> None:
    assert five.ids("Sale", raw="or=saleID%3D1|saleID%3D5") == [1, 5]
    assert five.ids("Sale", raw="or=saleID%3D1|total%3D%3E%2C40&completed=true") == [1, 5]


def test_an_encoded_pipe_in_or_is_part_of_the_value(till: Till) -> None:
    for name in ("a|b", "a"):
        till.state.add_customer(name, "Low", at=till.at(-60))
    assert till.ids("Customer", raw="or=firstName%3Da%7Cb") == [1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Contact.email=ada@hillmail.org", [1]),
        ("Contact.email=!~,", [1, 2]),
        ("Contact.mobile=555 0101", [2]),
        ("Contact.phoneWork=555 0102", [2]),
        ("Contact.phoneHome=555 0101", []),
    ],
)
def test_contact_fields_are_searched_by_their_special_names(till: Till, query: str, found: list[int]) -> None:
    at = till.at(-60)
    till.state.add_customer("Ada", "Low", email="Ada@hillmail.org", at=at)
    till.state.add_customer(
        "Bea", "Low", email="bea@hillmail.org", phones=[("555 0101", "Mobile"), ("555 0102", "Work")], at=at
    )
    till.state.add_customer("Cleo", "Low", at=at)
    raw = 'load_relations=["Contact"]&' + query.replace(" ", "%20")
    assert till.ids("Customer", raw=raw) == found


def test_related_fields_need_their_relation_loaded(five: Till) -> None:
    other = five.state.add_item("Bread Knife", price="30")
    five.state.sell(five.shop, NOON - timedelta(minutes=1), [five.line()._replace(item_id=other)])
    query = f"SaleLines.itemID={other}"
    assert five.get("Sale.json", raw=query).status_code == 400
    assert five.ids("Sale", raw=f'load_relations=["SaleLines"]&{query}') == [6]
    too_deep = 'load_relations=["SaleLines.Item"]&SaleLines.Item.itemID=1'
    assert five.get("Sale.json", raw=too_deep).status_code == 400


def test_lines_are_found_by_their_sale_and_by_their_parent(five: Till) -> None:
    refund = five.state.refund("2", five.at(-1))
    assert five.ids("SaleLine", raw="saleID=IN,[1,3]") == [1, 3]
    assert [row["saleID"] for row in five.rows("SaleLine", raw="parentSaleLineID=2")] == [refund]
    assert five.ids("SaleLine", raw="saleLineID=IN,[5,4]&itemID=1") == [4, 5]


def test_an_item_code_matches_the_id(till: Till) -> None:
    till.state.add_item("Bread Knife", price="30")
    assert till.ids("Item", raw="itemCode=2") == [2]


def test_more_than_100_values_in_a_list_are_refused(till: Till) -> None:
    values = ",".join(map(str, range(101)))
    assert till.get("Sale.json", raw=f"saleID=IN,[{values}]").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "timeStamp=>=,yesterday",
        "saleID=><,1",
        "saleID=IN,[1",
        "nonsense=1",
        "offset=100",
        "orderby=timeStamp",
        "archived=1",
        "or=saleID",
        "load_relations=SaleLines",
        'load_relations=["SaleLines.Item.Category"]',
    ],
)
def test_a_question_that_makes_no_sense_is_refused(five: Till, query: str) -> None:
    answer = five.get("Sale.json", raw=query)
    assert answer.status_code == 400
    assert answer.json()["httpCode"] == "400"


def test_unknown_relations_and_filters_can_be_ignored_by_switch(five: Till) -> None:
    five.fake.switches.unknown_filter = "ignore"
    five.fake.switches.unknown_relation = "ignore"
    assert five.ids("Sale", raw='nonsense=1&load_relations=["Shop"]') == [1, 2, 3, 4, 5]


def test_what_a_repeated_parameter_means_is_a_switch(five: Till) -> None:
    twice = "saleID=>,1&saleID=<,3"
    assert five.ids("Sale", raw=twice) == [1, 2]
    five.fake.switches.repeated_parameter = "all"
    assert five.ids("Sale", raw=twice) == [2]
    five.fake.switches.repeated_parameter = "error"
    assert five.get("Sale.json", raw=twice).status_code == 400


def test_filtering_by_updatetime_works_in_either_spelling_until_switched_off(five: Till) -> None:
    five.state.edit_note("2", five.at(-1))
    since = "=>=,2026-03-02T11:58:00Z"
    assert five.ids("Sale", raw=f"updatetime{since}") == [2]
    assert five.ids("Sale", raw=f"updateTime{since}&sort=updatetime") == [2]
    five.fake.switches.update_time_filter = False
    assert five.get("Sale.json", raw=f"updatetime{since}").status_code == 400
