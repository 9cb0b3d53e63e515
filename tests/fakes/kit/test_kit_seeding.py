"""``POST /_fake/seed``: numbers are read strictly, and refused in words that say what to send."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from fakes.kit.clock import VirtualClock
from fakes.vendors import BUILT
from fakes.world import build_world

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TILLS = [name for name in BUILT if name != "klaviyo"]


def seeded(vendor: str, body: Any) -> tuple[httpx.Response, bool]:
    """The answer, and whether the fake's truth is what it was."""
    fake = build_world(VirtualClock(NOON), only=[vendor])[vendor]
    before = fake.state.dump()
    with httpx.Client(transport=httpx.WSGITransport(app=fake.wsgi), base_url="https://fake.test") as http:
        answer = http.post("/_fake/seed", json=body)
    return answer, fake.state.dump() == before


@pytest.mark.parametrize("vendor", BUILT)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"shops": 0}, "'shops' is a whole number from 1 to 1000, not '0'"),
        ({"customers": -1}, "'customers' is a whole number from 0 to 1000000, not '-1'"),
        ({"sales": "ten"}, "'sales' is a whole number from 0 to 1000000, not 'ten'"),
        ({"days": 1.5}, "'days' is a whole number from 1 to 3660, not '1.5'"),
        ({"seed": None}, "'seed' is a whole number"),
        ({"sales": True}, "'sales' is a whole number"),
        ({"sale": 3}, "'sale' means nothing here; known are: customers, days"),
        ([1], "a JSON object is wanted"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words_and_changes_nothing(
    vendor: str, body: Any, said: str
) -> None:
    answer, unchanged = seeded(vendor, body)
    assert (answer.status_code, unchanged) == (400, True)
    assert said in answer.json()["error"]


@pytest.mark.parametrize("vendor", TILLS)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"receipts": "yes"}, "'receipts' is true or false"),
        (
            {"receipts": True, "sales": 5},
            "'sales' means nothing here; known are: days, receipts, seed, start",
        ),
        ({"receipts": True, "start": "soon"}, "'start' is a date such as '2017-03-08'"),
    ],
)
def test_receipts_take_days_and_a_start(vendor: str, body: Any, said: str) -> None:
    answer, unchanged = seeded(vendor, body)
    assert (answer.status_code, unchanged) == (400, True)
    assert said in answer.json()["error"]


@pytest.mark.parametrize("vendor", TILLS)
def test_every_till_rings_up_made_up_sales(vendor: str) -> None:
    answer, unchanged = seeded(vendor, {"seed": 3, "shops": 1, "customers": 2, "sales": 4, "days": 1})
    assert (answer.status_code, unchanged) == (200, False)
    assert {name: answer.json()[name] for name in ("shops", "customers", "sales", "days")} == {
        "shops": 1,
        "customers": 2,
        "sales": 4,
        "days": 1,
    }


def test_klaviyo_takes_the_same_numbers_and_makes_profiles() -> None:
    answer, _ = seeded("klaviyo", {"seed": 3, "shops": 1, "customers": 2, "sales": 4, "days": 1})
    assert (answer.status_code, answer.json()) == (200, {"profiles": 2})
