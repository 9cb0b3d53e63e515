"""Pages, cursors, sorting, counting: what every list of the R-Series fake promises."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fake_till import BASE, Till

from fakes.lightspeed_r.entities import ENTITIES
from fakes.lightspeed_r.request import read_list
from fakes.lightspeed_r.select import Selector


def _follow(till: Till, first: httpx.Response, direction: str = "next") -> list[list[str]]:
    pages, answer = [], first
    while True:
        rows = answer.json()["Sale"]
        pages.append([row["saleID"] for row in (rows if isinstance(rows, list) else [rows])])
        url = answer.json()["@attributes"][direction]
        if not url:
            return pages
        answer = till.http.get(url)


def test_one_row_is_an_object_not_a_list(till: Till) -> None:
    till.sell()
    sale = till.get("Sale.json").json()["Sale"]
    assert sale["saleID"] == "1"


def test_two_rows_are_a_list(till: Till) -> None:
    till.sell(2)
    till.sell(1)
    assert [sale["saleID"] for sale in till.get("Sale.json").json()["Sale"]] == ["1", "2"]


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ("absent", {"@attributes": {"next": "", "previous": ""}}),
        ("empty_string", {"@attributes": {"next": "", "previous": ""}, "Sale": ""}),
        ("empty_list", {"@attributes": {"next": "", "previous": ""}, "Sale": []}),
    ],
)
def test_no_rows_leave_the_key_away_unless_switched(till: Till, shape: str, body: object) -> None:
    till.fake.switches.zero_rows = shape
    assert till.get("Sale.json").json() == body


def test_the_last_page_can_hold_a_single_object(till: Till) -> None:
    for minute in (3, 2, 1):
        till.sell(minute)
    pages = _follow(till, till.get("Sale.json", limit=2))
    assert pages == [["1", "2"], ["3"]]


def test_the_default_cursor_is_the_last_id(till: Till) -> None:
    for minute in (3, 2, 1):
        till.sell(minute)
    attributes = till.get("Sale.json", limit=2).json()["@attributes"]
    asked = parse_qs(urlsplit(attributes["next"]).query)
    assert attributes["previous"] == ""
    assert attributes["next"].endswith("/Sale.json?sort=saleID&limit=2&after=WzJd")
    assert json.loads(base64.b64decode(asked["after"][0])) == [2]


def test_a_cursor_of_a_time_sort_holds_the_time_and_the_id(till: Till) -> None:
    till.sell(2)
    till.sell(1)
    link = till.get("Sale.json", limit=1, sort="-timeStamp").json()["@attributes"]["next"]
    asked = parse_qs(urlsplit(link).query)
    assert asked["sort"] == ["-timeStamp"]
    assert json.loads(base64.b64decode(asked["after"][0])) == ["2026-03-02T11:59:00+00:00", 2]


def test_links_repeat_the_question_and_name_the_host_that_was_asked(till: Till) -> None:
    till.sell(2)
    till.sell(1)
    link = till.get("Sale.json", limit=1, completed="true").json()["@attributes"]["next"]
    assert link.startswith(f"{BASE}/API/V3/Account/797/Sale.json?completed=true&sort=saleID&limit=1&after=")


def test_equal_times_are_paged_by_id_without_loss(till: Till) -> None:
    for _ in range(7):
        till.sell(5)
    assert _follow(till, till.get("Sale.json", limit=3, sort="timeStamp")) == [
        ["1", "2", "3"],
        ["4", "5", "6"],
        ["7"],
    ]
    assert _follow(till, till.get("Sale.json", limit=4, sort="-timeStamp")) == [
        ["7", "6", "5", "4"],
        ["3", "2", "1"],
    ]


def test_previous_links_lead_back(till: Till) -> None:
    for minute in range(5, 0, -1):
        till.sell(minute)
    first = till.get("Sale.json", limit=2)
    second = till.http.get(first.json()["@attributes"]["next"])
    third = till.http.get(second.json()["@attributes"]["next"])
    assert third.json()["@attributes"]["next"] == ""
    assert _follow(till, third, "previous") == [["5"], ["3", "4"], ["1", "2"]]


def test_rows_that_appear_while_paging_do_not_shift_the_pages(till: Till) -> None:
    for minute in (30, 20, 10):
        till.sell(minute)
    first = till.get("Sale.json", limit=2, sort="timeStamp")
    till.sell(40)
    assert _follow(till, first) == [["1", "2"], ["3"]]


@pytest.mark.parametrize("limit", ["101", "-1", "ten", ""])
def test_a_limit_outside_0_to_100_is_refused(till: Till, limit: str) -> None:
    assert till.get("Sale.json", limit=limit).status_code == 400


def test_limit_0_gives_no_rows(till: Till) -> None:
    till.sell()
    assert till.get("Sale.json", limit=0).json() == {"@attributes": {"next": "", "previous": ""}}


def test_an_unsortable_field_is_refused_naming_the_allowed_ones(till: Till) -> None:
    answer = till.get("Sale.json", sort="total")
    assert answer.status_code == 400
    assert "saleID, timeStamp, completeTime, updatetime" in answer.json()["message"]
    till.fake.switches.bad_sort_status = 422
    assert till.get("Sale.json", sort="total").status_code == 422


def test_count_gives_only_a_number_as_text(till: Till) -> None:
    for minute in range(4):
        till.sell(minute)
    assert till.get("Sale.json", count=1).json() == {"@attributes": {"count": "4"}}
    assert till.get("Sale.json", raw="count=1&timeStamp=<,2026-03-02T11:58:00Z").json() == {
        "@attributes": {"count": "1"}
    }


@pytest.mark.parametrize("other", [{"limit": "5"}, {"sort": "saleID"}, {"after": "WzJd"}, {"before": "WzJd"}])
def test_count_cannot_be_combined_with_paging(till: Till, other: dict[str, str]) -> None:
    assert till.get("Sale.json", count=1, **other).status_code == 400


@pytest.mark.parametrize("cursor", ["nonsense!", "e30=", "W10=", "WyJ4Il0="])
def test_a_made_up_cursor_is_refused(till: Till, cursor: str) -> None:
    assert till.get("Sale.json", after=cursor).status_code == 400


def test_archived_customers_are_hidden_unless_asked_for(till: Till) -> None:
    for name in ("Ada", "Bea"):
        till.state.add_customer(name, "Low", at=till.at(-60))
    till.state.archive_customer("1", till.at(-5))
    assert till.ids("Customer") == [2]
    assert till.ids("Customer", archived="true") == [1, 2]
    assert till.ids("Customer", archived="only") == [1]
    assert till.get("Customer/1.json").json()["Customer"]["archived"] == "true"


def test_text_sorts_page_too(till: Till) -> None:
    for name in ("Cleo", "Ada", "Bea"):
        till.state.add_customer(name, "Low", at=till.at(-60))
    first = till.get("Customer.json", limit=2, sort="firstName")
    assert [row["firstName"] for row in first.json()["Customer"]] == ["Ada", "Bea"]
    assert till.http.get(first.json()["@attributes"]["next"]).json()["Customer"]["firstName"] == "Cleo"


def test_a_single_row_comes_in_a_counted_envelope(till: Till) -> None:
    till.sell()
    body = till.get("Sale/1.json").json()
    assert body["@attributes"] == {"count": "1"}
    assert body["Sale"]["saleID"] == "1"


def test_a_missing_row_is_a_404_in_the_recorded_words(till: Till) -> None:
    answer = till.get("Employee/2.json")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert answer.json() == {
        "httpCode": "404",
        "httpMessage": "Not Found",
        "message": "Object of type 'Employee' not found with primary ID '2'.",
        "errorClass": "Exception",
    }


def test_the_error_label_can_be_switched_to_json(till: Till) -> None:
    till.fake.switches.error_content_type = "json"
    assert till.get("Sale/9.json").headers["Content-Type"] == "application/json"


def test_what_does_not_exist_or_cannot_be_done_has_the_standard_body(till: Till) -> None:
    assert till.get("Saleroom.json").json()["httpCode"] == "404"
    assert till.http.get(f"{BASE}/API/nothing").json()["httpCode"] == "404"
    assert till.http.post(f"{BASE}/API/V3/Account/797/Shop.json").json()["httpCode"] == "405"


@pytest.mark.parametrize("entity", sorted(name for name, one in ENTITIES.items() if not one.hidden))
def test_every_list_answers_and_sorts_by_all_it_names(till: Till, entity: str) -> None:
    buyer = till.state.add_customer("Ada", "Low", email="ada@hillmail.org", at=till.at(-60))
    till.sell(5, customer_id=buyer, ship_to=True)
    till.state.void(till.sell(4), till.at(-3))
    till.fake.limits.enabled = False
    till.http.headers["Authorization"] = f"Bearer {till.fake.credentials['all_access_token']}"
    for field in ENTITIES[entity].sortable:
        for sort in (field, f"-{field}"):
            assert till.get(f"{entity}.json", sort=sort, load_relations="all").status_code == 200


def test_a_window_is_cut_from_its_index_not_searched_for(till: Till) -> None:
    for minute in range(50, 0, -1):
        till.sell(minute)
    asked = read_list(
        ENTITIES["Sale"], "sort=timeStamp&timeStamp=%3E%3D%2C2026-03-02T11:57:00Z", till.fake.switches
    )
    found = Selector(till.state).select(ENTITIES["Sale"], asked)
    assert (found.start, found.stop) == (47, 50)


def test_a_window_of_another_field_than_the_sort_is_sorted_not_walked_to(till: Till) -> None:
    for minute in range(50, 0, -1):
        till.sell(minute)
    asked = read_list(ENTITIES["Sale"], "timeStamp=%3E%3D%2C2026-03-02T11:57:00Z", till.fake.switches)
    found = Selector(till.state).select(ENTITIES["Sale"], asked)
    assert len(found.order) == 3
