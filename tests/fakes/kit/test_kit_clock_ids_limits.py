"""Promises of the kit's small parts: clock, ids, faults, limits, journal, switches."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

import pytest

from fakes.kit import switches
from fakes.kit.clock import VirtualClock
from fakes.kit.faults import FaultRefused, Faults
from fakes.kit.ids import Ids, mix, unmix
from fakes.kit.journal import Entry, Journal
from fakes.kit.limits import LeakyBucket, Quota, TwoWindow, spend_together

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_sleeping_moves_a_virtual_clock_and_waits_for_nothing() -> None:
    clock = VirtualClock(NOON)
    clock.sleep(90)
    assert clock.now() == datetime(2026, 11, 21, 12, 1, 30, tzinfo=UTC)
    assert clock.monotonic() == 90


def test_monotonic_never_goes_back_when_the_clock_is_put_back() -> None:
    clock = VirtualClock(NOON)
    clock.advance(10)
    clock.set(NOON - timedelta(days=1))
    assert clock.monotonic() == 10
    assert clock.now() == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_a_clock_speaks_utc_whatever_zone_it_was_set_in() -> None:
    clock = VirtualClock(datetime(2026, 11, 21, 7, 0, tzinfo=timezone(timedelta(hours=-5))))
    assert clock.now().isoformat() == "2026-11-21T12:00:00+00:00"


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        VirtualClock(datetime(2026, 11, 21))  # noqa: DTZ001 - the naive value is the point


def test_the_same_seed_gives_the_same_ids_and_another_seed_others() -> None:
    one, two, three = Ids(1), Ids(1), Ids(2)
    assert [one.short(), one.uuid(), one.ulid(NOON)] == [two.short(), two.uuid(), two.ulid(NOON)]
    assert three.short() != Ids(1).short()


def test_ids_have_the_vendors_shapes() -> None:
    ids = Ids(7)
    assert len(ids.short()) == 6
    assert len(ids.ulid(NOON)) == 26
    assert ids.ulid(NOON).startswith("01")
    assert ids.uuid()[14] == "4"
    assert [ids.number("sale"), ids.number("sale"), ids.number("line", 100)] == [1, 2, 100]


def test_ids_go_on_after_a_dump_where_they_stopped() -> None:
    ids = Ids(3)
    ids.short()
    copy = Ids(3)
    copy.load(ids.dump())
    assert copy.short() == ids.short()


@pytest.mark.parametrize("value", [0, 1, 2**31, 2**63 + 12345, 2**64 - 1])
def test_scrambling_can_be_undone(value: int) -> None:
    assert unmix(mix(value)) == value
    assert mix(value) != value or value == 0


@dataclass
class Asked:
    method: str
    path: str


def test_a_fault_fires_as_often_as_told_and_only_where_told() -> None:
    faults = Faults()
    faults.add({"kind": "drop_after_202", "match": {"method": "POST", "path": "/api/ev*"}, "times": 2})
    post, get = Asked("POST", "/api/events"), Asked("GET", "/api/events")
    fired = [faults.take("drop_after_202", asked) is not None for asked in (get, post, post, post)]
    assert fired == [False, True, True, False]


def test_every_third_match_is_every_third_match() -> None:
    faults = Faults()
    faults.add({"kind": "status", "every": 3})
    assert [faults.take_any(("status",), "GET", "/") is not None for _ in range(6)] == [
        False,
        False,
        True,
    ] * 2


def test_after_lets_the_first_ones_pass() -> None:
    faults = Faults()
    faults.add({"kind": "reset_after", "after": 2, "times": 1})
    assert [faults.take_any(("reset_after",), "GET", "/") is not None for _ in range(4)] == [
        False,
        False,
        True,
        False,
    ]


def test_probability_is_drawn_from_the_seed() -> None:
    def draws() -> list[bool]:
        faults = Faults(seed=5)
        faults.add({"kind": "html", "probability": 0.5})
        return [faults.take_any(("html",), "GET", "/") is not None for _ in range(40)]

    assert draws() == draws()
    assert 5 < sum(draws()) < 35


def test_an_unknown_fault_is_refused_and_adds_nothing() -> None:
    faults = Faults()
    with pytest.raises(FaultRefused, match="meteor"):
        faults.add({"kind": "status"}, {"kind": "meteor"})
    assert faults.rules() == []


def test_the_burst_window_refuses_the_next_request_of_the_same_second() -> None:
    window = TwoWindow(Quota(2, 1), Quota(5, 60))
    assert [window.spend(100.0).allowed for _ in range(3)] == [True, True, False]
    assert window.spend(101.0).allowed


def test_the_steady_window_names_the_seconds_until_it_ends() -> None:
    window = TwoWindow(Quota(10, 1), Quota(3, 60))
    for at in (100.0, 110.0, 120.0):
        assert window.spend(at).allowed
    refused = window.spend(130.5)
    assert (refused.allowed, refused.retry_after_s) == (False, 30)
    assert window.spend(160.0).allowed


def test_retrying_after_exactly_the_named_wait_is_let_through() -> None:
    window = TwoWindow(Quota(1, 1), Quota(2, 60))
    window.spend(0.25)
    wait = window.spend(0.5).retry_after_s
    assert wait == 1
    assert window.spend(0.5 + wait).allowed


def test_aligned_windows_end_on_the_clocks_minute() -> None:
    window = TwoWindow(Quota(10, 1), Quota(1, 60), alignment="aligned")
    window.spend(119.0)
    assert window.spend(119.5).retry_after_s == 1
    assert window.spend(120.0).allowed


def test_the_request_that_overfills_the_bucket_still_passes_and_the_next_waits_for_the_drip() -> None:
    bucket = LeakyBucket(size=90, drip=1.0, burst=20)
    assert bucket.spend(0.0, 92.57).blocked_by is None
    refused = bucket.spend(0.0, 1)
    assert (refused.blocked_by, refused.retry_after_s, refused.level) == ("bucket", 3, 92.57)
    assert bucket.spend(3.0, 1).blocked_by is None


def test_the_bucket_leaks_by_the_second_in_fractions() -> None:
    bucket = LeakyBucket(size=90, drip=1.5, burst=20)
    bucket.spend(0.0, 10.4)
    assert bucket.level(2.0) == pytest.approx(7.4)
    assert bucket.level(60.0) == 0.0


def test_the_burst_limiter_counts_requests_whatever_they_cost() -> None:
    bucket = LeakyBucket(size=90, drip=1.0, burst=3)
    assert [bucket.spend(5.0, 0.1).blocked_by for _ in range(4)] == [None, None, None, "burst"]
    assert bucket.spend(6.0, 0.1).blocked_by is None


def test_the_journal_forgets_old_requests_but_never_a_count() -> None:
    journal = Journal(kept_max=2)
    for number in range(5):
        entry = Entry("POST", f"/api/events/{number}", "", 202, NOON.isoformat(), 0.5, {"events": 10})
        journal.record(entry, "/api/events/<id>")
    assert [entry.path for entry in journal.entries()] == ["/api/events/3", "/api/events/4"]
    assert journal.counts["events"] == 50
    assert journal.counts["route.POST /api/events/<id>"] == 5
    assert journal.cost == 2.5


@dataclass
class Choices:
    delay_s: float = 0.0
    order: str = field(default="asc", metadata={"choices": ("asc", "desc")})
    strict: bool = True


@pytest.mark.parametrize("changes", [{"nope": 1}, {"order": "random"}, {"strict": 1}, {"delay_s": "3"}])
def test_a_wrong_switch_is_refused_and_nothing_changes(changes: dict[str, object]) -> None:
    choices = Choices()
    with pytest.raises(switches.SwitchRefused):
        switches.write(choices, {"strict": False, **changes})
    assert choices == Choices()


def test_switches_are_set_by_name_and_put_back() -> None:
    choices = Choices()
    switches.write(choices, {"order": "desc", "delay_s": 3})
    assert switches.read(choices) == {"delay_s": 3, "order": "desc", "strict": True}
    switches.reset(choices)
    assert choices == Choices()


def test_a_refusal_by_one_window_costs_nothing_in_the_others() -> None:
    full, roomy = TwoWindow(Quota(1, 1), Quota(9, 60)), TwoWindow(Quota(2, 1), Quota(9, 60))
    assert full.spend(0).allowed
    assert [grant.allowed for grant in spend_together([full, roomy], 0.5)] == [False, True]
    assert roomy.peek(0.5).remaining == (2, 9)
    assert [grant.remaining for grant in spend_together([full, roomy], 1.0)] == [(0, 7), (1, 8)]


def test_looking_starts_no_window() -> None:
    window = TwoWindow(Quota(1, 10))
    assert window.peek(5).allowed
    window.spend(9)
    assert window.peek(16).reset_s == (3,)
    assert not window.peek(18.9).allowed
    assert window.peek(19).remaining == (1,)
