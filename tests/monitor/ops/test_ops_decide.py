"""Decisions: new, worse, recovered, quiet; thresholds in counts, percent and money."""

from decimal import Decimal

import pytest

from monitor.alerting.decide import Decision, Group, Rules, Thresholds, Told, Transition, decide

SALES = 1_000
ANY = Rules()


def group(count: int = 3, money: int = 2_000, severity: str = "error", kind: str = "missing") -> Group:
    return Group(f"find:kind/{kind}", kind, severity, count, {"USD": money})


def told(count: int = 3, money: int = 2_000, *, alerted: bool = True, severity: str = "error") -> Told:
    return Told("find:kind/missing", "missing", severity, True, 1, alerted, count, {"USD": money})


def one(groups: list[Group], before: list[Told], rules: Rules = ANY) -> Decision:
    (decision,) = decide(groups, {each.key: each for each in before}, rules, SALES)
    return decision


def test_what_was_never_told_is_new_once_and_then_quiet() -> None:
    first = one([group()], [])
    assert (first.transition, first.episode) == (Transition.NEW, 1)
    assert one([group()], [told()]).transition is Transition.QUIET


def test_what_is_gone_recovers_with_what_people_were_told() -> None:
    decision = one([], [told(7, 5_000)])
    assert (decision.transition, decision.group.count) == (Transition.RECOVERED, 7)


def test_what_was_never_told_goes_without_a_word() -> None:
    assert one([], [told(alerted=False)]).transition is Transition.QUIET


def test_what_comes_back_is_a_new_episode() -> None:
    before = Told("find:kind/missing", "missing", "error", False, 4)
    assert (one([group()], [before]).transition, one([group()], [before]).episode) == (Transition.NEW, 5)


@pytest.mark.parametrize(
    ("count", "money", "transition"),
    [
        (4, 2_000, Transition.QUIET),  # a third more
        (5, 2_000, Transition.WORSE),  # two thirds more
        (3, 2_999, Transition.QUIET),
        (3, 3_000, Transition.WORSE),  # half more money
        (2, 1_000, Transition.QUIET),  # better is no news until it is over
    ],
)
def test_it_is_worse_from_half_as_much_again(count: int, money: int, transition: Transition) -> None:
    assert one([group(count, money)], [told()]).transition is transition


def test_becoming_graver_is_worse() -> None:
    assert one([group(severity="critical")], [told()]).transition is Transition.WORSE


@pytest.mark.parametrize(
    ("thresholds", "transition"),
    [
        (Thresholds(count=3), Transition.NEW),
        (Thresholds(count=4), Transition.QUIET),
        (Thresholds(percent=0.3), Transition.NEW),
        (Thresholds(percent=0.31), Transition.QUIET),
        (Thresholds(money=Decimal("20.00")), Transition.NEW),
        (Thresholds(money=Decimal("20.01")), Transition.QUIET),
        (Thresholds(count=99, percent=99.0, money=Decimal(20)), Transition.NEW),
        (Thresholds(mute=True), Transition.QUIET),
    ],
)
def test_any_threshold_that_is_reached_is_enough(thresholds: Thresholds, transition: Transition) -> None:
    assert one([group()], [], Rules(thresholds)).transition is transition


def test_a_threshold_crossed_later_is_new_then() -> None:
    before = told(alerted=False)
    assert one([group(3)], [before], Rules(Thresholds(count=4))).transition is Transition.QUIET
    assert one([group(4)], [before], Rules(Thresholds(count=4))).transition is Transition.NEW


def test_what_is_critical_is_told_below_every_threshold() -> None:
    decision = one([group(1, 0, "critical", "remainder")], [], Rules(Thresholds(count=99)))
    assert decision.transition is Transition.NEW


def test_money_counts_in_the_minor_units_of_its_currency() -> None:
    yen = Group("k", "missing", "error", 1, {"JPY": 100})
    assert one([yen], [], Rules(Thresholds(money=Decimal(100)))).transition is Transition.NEW
    assert one([yen], [], Rules(Thresholds(money=Decimal(101)))).transition is Transition.QUIET


def test_a_kind_has_thresholds_of_its_own() -> None:
    rules = Rules(Thresholds(count=1), {"late": Thresholds(count=50)})
    decisions = decide([group(), group(kind="late")], {}, rules, SALES)
    assert {each.group.kind: each.transition for each in decisions} == {
        "missing": Transition.NEW,
        "late": Transition.QUIET,
    }


def test_a_kind_muted_afterwards_is_not_said_to_have_recovered() -> None:
    rules = Rules(by_kind={"missing": Thresholds(mute=True)})
    assert one([], [told()], rules).transition is Transition.QUIET


def test_the_gravest_is_told_first() -> None:
    decisions = decide([group(), group(severity="critical", kind="silence")], {}, Rules(), SALES)
    assert [each.group.kind for each in decisions] == ["silence", "missing"]
