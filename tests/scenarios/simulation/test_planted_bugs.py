"""The defects planted on purpose still apply, and some of them are caught here on every run."""

import pytest

from scenarios.bugs.__main__ import main
from scenarios.bugs.catalogue import BUGS, LIVES, Bug
from scenarios.bugs.hunt import SUITES, DoesNotApply, edited, hunt, named


def test_there_are_enough_of_them_and_each_has_its_own_name() -> None:
    assert len(BUGS) >= 12
    assert len({bug.name for bug in BUGS}) == len(BUGS)
    assert {suite for bug in BUGS for suite in bug.suites} <= SUITES.keys()


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_each_edit_still_applies_and_changes_the_code(bug: Bug) -> None:
    assert bug.old != bug.new
    assert bug.new in edited(bug)


def test_an_edit_whose_text_is_gone_is_an_error() -> None:
    gone = Bug("gone", "nothing", "sync/domain/money.py", "there was never such a line", "", (LIVES,))
    with pytest.raises(DoesNotApply, match=r"stands 0 times in sync/domain/money\.py"):
        edited(gone)


@pytest.mark.parametrize("name", ["no-unique-id", "void-ignored"])
def test_a_planted_defect_is_caught_quickly(name: str) -> None:
    [caught] = hunt(named([name]), workers=1)
    assert caught.suite == LIVES
    assert caught.words


def test_a_copy_without_a_defect_is_not_accused() -> None:
    harmless = Bug(
        "harmless", "a comment changes", "sync/domain/money.py", "No float comes near it.",
        "No float comes near.", ("few",),
    )  # fmt: skip
    suites = {"few": (*SUITES[LIVES][:4], "--seeds", "5", "-n", "1", "-x")}
    [found] = hunt([harmless], workers=1, suites=suites)
    assert (found.suite, found.words) == ("", "")


def test_the_defects_can_be_listed_with_what_they_break(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    told = capsys.readouterr().out
    assert all(bug.name in told and bug.says in told for bug in BUGS)


def test_a_name_spelled_wrongly_is_told_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["nounique-id"])
    assert ended.value.code == 2
    assert "did you mean no-unique-id?" in capsys.readouterr().err
