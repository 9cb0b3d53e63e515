"""Leaving out whatever can go, and inventing people who stay the same."""

from typing import Any

from scenarios.from_finding.pseudonyms import of_secret
from scenarios.from_finding.shrink import shrunk

_DRAFT: dict[str, Any] = {
    "story": "A story for a test",
    "given": {"till": "lightspeed_r", "klaviyo": {"zone": "UTC", "currency": "USD"}},
    "when": [
        {"sell": {"sale": "one", "at": "10:15", "items": [{"article": "Mug", "price": 1}]}},
        {"sell": {"sale": "two", "at": "10:16", "note": "n", "items": [{"article": "Mug", "price": 1}]}},
        {"refund": {"of": "one", "as": "back"}},
        {"sync": {"mode": "once"}},
        {"klaviyo loses": {"metric": "Placed Order", "sale": "two", "count": 1}},
    ],
}


def _needs(draft: dict[str, Any]) -> bool:
    text = str(draft)
    return "'sale': 'two', 'at'" in text and "klaviyo loses" in text and "'currency': 'USD'" in text


def test_what_is_not_needed_goes_and_what_is_needed_stays() -> None:
    small = shrunk(_DRAFT, _needs)
    assert small["given"] == {"till": "lightspeed_r", "klaviyo": {"currency": "USD"}}
    assert [next(iter(step)) for step in small["when"]] == ["sell", "klaviyo loses"]
    assert "note" not in str(small)
    assert "count" not in str(small)


def test_a_sale_goes_with_everything_that_speaks_of_it() -> None:
    seen: list[dict[str, Any]] = []

    def still(draft: dict[str, Any]) -> bool:
        seen.append(draft)
        return "sync" in str(draft["when"])

    shrunk(_DRAFT, still)
    for draft in seen:
        sold = [step["sell"]["sale"] for step in draft["when"] if "sell" in step]
        refunds = [step["refund"]["of"] for step in draft["when"] if "of" in step.get("refund", {})]
        assert set(refunds) <= set(sold)


def test_no_more_worlds_are_told_than_allowed() -> None:
    told: list[dict[str, Any]] = []

    def never(draft: dict[str, Any]) -> bool:
        told.append(draft)
        return False

    shrunk(_DRAFT, never, tries_max=3)
    assert len(told) == 3


def test_a_person_keeps_their_invented_name_and_others_have_others() -> None:
    first, again, elsewhere = of_secret("one key"), of_secret("one key"), of_secret("another key")
    assert first.name("4711") == again.name("4711")
    assert first.email("4711") == again.email("4711")
    assert first.email("4711").endswith("@quillhaven-post.com")
    assert len({first.email(str(number)) for number in range(500)}) == 500
    assert first.email("4711") != elsewhere.email("4711")
