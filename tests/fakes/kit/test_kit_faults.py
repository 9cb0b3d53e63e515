"""Faults: counted as said, refused when they make no sense, shown with how often they fired."""

from collections.abc import Mapping
from typing import Any

import pytest

from fakes.kit.faults import KINDS, FaultRefused, Faults, parse_rule


def fired(spec: Mapping[str, Any], requests: int, seed: int = 1) -> list[int]:
    """Which of so many equal requests the rule hits, from 1."""
    faults = Faults(seed)
    faults.add(spec)
    return [n for n in range(1, requests + 1) if faults.take_any((spec["kind"],), "POST", "/api/events")]


def test_the_next_two_are_the_next_two() -> None:
    assert fired({"kind": "status", "times": 2}, 5) == [1, 2]


def test_every_fifth_is_every_fifth() -> None:
    assert fired({"kind": "status", "every": 5}, 12) == [5, 10]


def test_limits_combine() -> None:
    assert fired({"kind": "status", "every": 2, "after": 3, "times": 2}, 12) == [5, 7]


def test_a_probability_is_drawn_from_the_seed() -> None:
    one, again, other = (fired({"kind": "html", "probability": 0.3}, 1000, seed) for seed in (1, 1, 2))
    assert one == again != other
    assert 250 < len(one) < 350


def test_method_and_path_are_patterns() -> None:
    faults = Faults()
    faults.add({"kind": "status", "match": {"method": "p*", "path": "*/profiles/*"}})
    asked = [("GET", "/api/profiles/1"), ("POST", "/api/profiles"), ("PATCH", "/api/profiles/1")]
    assert [faults.take_any(KINDS, *one) is not None for one in asked] == [False, False, True]
    assert (faults.rules()[0]["matched"], faults.fired("status")) == (1, 1)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"kind": "ratelimit"}, "unknown fault kind 'ratelimit'; did you mean 'rate_limit'?"),
        ({"kind": None}, "unknown fault kind None; known: status, delay"),
        ({"kind": "status", "timse": 2}, "unknown setting of 'status' 'timse'"),
        ({"kind": "rate_limit", "retry_afer": 2}, "did you mean 'retry_after'?"),
        ({"kind": "status", "match": {"url": "/x"}}, "unknown member of 'match' 'url'; known: method, path"),
        ({"kind": "status", "match": "/x"}, "'match' is an object"),
        ({"kind": "status", "match": {"path": 7}}, "'path' is a pattern"),
        ({"kind": "status", "times": 0}, "'times' is a whole number, 1 or more, not 0"),
        ({"kind": "status", "times": "2"}, "'times' is a whole number"),
        ({"kind": "status", "times": True}, "'times' is a whole number"),
        ({"kind": "status", "every": 0}, "'every' is a whole number"),
        ({"kind": "status", "after": -1}, "'after' is a whole number, 0 or more"),
        ({"kind": "status", "probability": 30}, "'probability' lies between 0 and 1"),
        ({"kind": "status", "probability": "often"}, "'probability' lies between 0 and 1"),
        ({"kind": "status", "status": 99}, "'status' is a whole number, 100 or more"),
        ({"kind": "status", "status": 777}, "'status' lies between 100 and 599"),
        ({"kind": "delay", "seconds": float("inf")}, "'seconds' is a number of seconds"),
        ({"kind": "delay", "seconds": "long"}, "'seconds' is a number of seconds"),
        ({"kind": "status", "headers": ["x"]}, "'headers' is an object"),
        ({"kind": "status", "headers": {"X": "a\r\nSet-Cookie: b"}}, "a header has no line breaks"),
    ],
)
def test_nonsense_is_refused_with_the_nearest_right_word(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(FaultRefused) as refused:
        parse_rule(spec)
    assert said in str(refused.value)


def test_one_wrong_rule_adds_none() -> None:
    faults = Faults()
    with pytest.raises(FaultRefused):
        faults.add({"kind": "status"}, {"kind": "meteor"})
    assert not faults


def test_a_dump_goes_on_with_counts_and_draws() -> None:
    whole, half, rest = Faults(3), Faults(3), Faults(9)
    for faults in (whole, half):
        faults.add({"kind": "html", "probability": 0.5, "times": 20})
    expected = [whole.take_any(("html",), "GET", "/") is not None for _ in range(60)]
    first = [half.take_any(("html",), "GET", "/") is not None for _ in range(25)]
    rest.load(half.dump())
    assert first + [rest.take_any(("html",), "GET", "/") is not None for _ in range(35)] == expected
