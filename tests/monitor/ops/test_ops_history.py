"""The history on both databases: the life of a finding, the calendar, and queries that an index serves."""

from dataclasses import replace
from datetime import date

import pytest
from ops_report import FIRST, LAST, blocked, finding, report
from sqlalchemy import Connection, event, text

from monitor import history, history_read
from monitor.history_findings import Changes, oldest_open_day
from monitor.report_data import FindingKind, KindTotal, Report
from sync.store.database import Store

DAY_S = 86_400


def remember(store: Store, told: Report, night: int, account: str = "main") -> Changes:
    """Night number `night` found what `told` says."""
    with store.writing() as connection:
        begun = history.begin(
            connection, account, "nightly", FIRST, LAST,
            now_s=night * DAY_S, night_on=date(2026, 4, night),
        )  # fmt: skip
        return history.finish(connection, begun.run, told, f"folder/{night}", night * DAY_S + 60)


def life(store: Store, key: str) -> tuple[int, int, int, int]:
    """First seen, last seen and recovered, in nights, and how often it came back."""
    with store.reading() as connection:
        one = history_read.finding(connection, "main", key)
    assert one is not None
    return one.first_seen_s // DAY_S, one.last_seen_s // DAY_S, one.recovered_s // DAY_S, one.reopened_count


def test_a_finding_lives_from_first_seen_to_recovered_and_may_come_back(kept: Store) -> None:
    assert remember(kept, report(finding()), 9).new == ("missing-1",)
    assert remember(kept, report(finding()), 10) == Changes((), ())
    assert life(kept, "missing-1") == (9, 10, 0, 0)
    assert remember(kept, report(), 11) == Changes((), ("missing-1",))
    assert life(kept, "missing-1") == (9, 10, 11, 0)
    assert remember(kept, report(finding()), 12) == Changes(("missing-1",), ())
    assert life(kept, "missing-1") == (9, 12, 0, 1)


def test_a_finding_of_a_day_nobody_looked_at_stays_open(kept: Store) -> None:
    remember(kept, report(finding()), 9)
    later = report(first=date(2026, 4, 7), last=date(2026, 4, 9))
    assert remember(kept, later, 10).recovered == ()
    with kept.reading() as connection:
        assert oldest_open_day(connection, "main", date(2026, 3, 1)) == FIRST
        assert oldest_open_day(connection, "main", date(2026, 4, 7)) is None


@pytest.mark.parametrize(
    "later",
    [
        blocked(report()),
        report(settling=FIRST),
        replace(
            report(finding("2")),
            findings_by_kind={"missing": KindTotal(2_001, 450, {"USD": 450})},
        ),
    ],
    ids=["something could not be read", "the day is still settling", "the list was cut"],
)
def test_what_a_run_cannot_know_does_not_recover(kept: Store, later: Report) -> None:
    remember(kept, report(finding()), 9)
    assert remember(kept, later, 10).recovered == ()
    assert life(kept, "missing-1")[2] == 0


def test_a_cut_list_of_one_kind_says_nothing_of_the_others(kept: Store) -> None:
    shift = finding("3", kind=FindingKind.DAY_SHIFT)
    remember(kept, report(finding(), shift), 9)
    cut = replace(report(finding()), findings_by_kind={"missing": KindTotal(9_000, 1, {"USD": 1})})
    assert remember(kept, cut, 10).recovered == ("day_shift-3",)


def test_a_finding_of_no_day_recovers_when_every_day_was_judged(kept: Store) -> None:
    remember(kept, report(finding(day=None)), 9)
    assert remember(kept, report(settling=LAST), 10).recovered == ()
    assert remember(kept, report(), 11).recovered == ("missing-1",)


def test_the_overview_says_where_an_account_stands(kept: Store) -> None:
    remember(kept, report(finding(), finding("2", kind=FindingKind.DUPLICATE, minor=-300)), 9)
    remember(kept, report(), 9, "other")
    with kept.reading() as connection:
        main, other = history_read.accounts(connection)
        assert history_read.accounts(connection, after="main") == [other]
        assert history_read.accounts(connection, verdict="drift") == [main]
        assert history_read.totals(connection).accounts_by_verdict == {"agrees": 1, "drift": 1}
    assert (main.account, main.verdict, main.open_count, main.worst) == ("main", "drift", 2, "error")
    assert main.open_by_kind == {"duplicate": 1, "missing": 1}
    assert main.open_minor == {"USD": 750}
    assert (other.account, other.verdict, other.open_count, other.synced_s) == ("other", "agrees", 0, 0)


def test_a_run_that_could_not_judge_hides_no_earlier_verdict(kept: Store) -> None:
    remember(kept, report(finding()), 9)
    wide = blocked(report(first=FIRST, last=date(2026, 4, 9)))
    remember(kept, wide, 10)
    with kept.reading() as connection:
        days = history_read.calendar(connection, "main", FIRST, date(2026, 4, 30))
    assert [(day.business_on.day, day.status) for day in days] == [
        (6, "drift"),
        (7, "agrees"),
        (8, "agrees"),
        (9, "could_not_judge"),
    ]


def test_trends_and_lists_come_in_pages(kept: Store) -> None:
    for night in range(9, 14):
        remember(kept, report(*(finding(str(at)) for at in range(night - 8))), night)
    with kept.reading() as connection:
        points = history_read.run_trend(connection, "main")
        newest = history_read.runs(connection, "main", limit=2)
        older = history_read.runs(connection, "main", before=newest[-1].id, limit=2)
        found = history_read.findings(connection, account="main", kind="missing", day=FIRST, limit=3)
        rest = history_read.findings(connection, account="main", before=found[-1].id)
    assert [point.by_kind["missing"] for point in points] == [1, 2, 3, 4, 5]
    assert [point.new_count for point in points] == [1, 1, 1, 1, 1]
    assert [run.night_on and run.night_on.day for run in (*newest, *older)] == [13, 12, 11, 10]
    assert [one.sale_id for one in (*found, *rest)] == ["4", "3", "2", "1", "0"]
    assert found[0].detail["expected"] == {"sale": "4"}


def test_a_report_with_the_same_finding_twice_is_remembered_once(kept: Store) -> None:
    remember(kept, report(finding(), finding()), 9)
    with kept.reading() as connection:
        assert len(history_read.findings(connection)) == 1


def ask_everything(connection: Connection) -> None:
    """What the dashboard asks."""
    history_read.accounts(connection)
    history_read.account(connection, "main")
    history_read.calendar(connection, "main", FIRST, LAST)
    history_read.day(connection, "main", FIRST)
    history_read.runs(connection)
    history_read.runs(connection, "main", before=99)
    history_read.run(connection, 1)
    history_read.findings(connection)
    history_read.findings(connection, account="main", state="recovered", before=99)
    history_read.findings(connection, account="main", state="all", day=FIRST)
    history_read.finding(connection, "main", "missing-1")
    history_read.incidents(connection)
    history_read.incidents(connection, "main")
    history_read.alerts(connection)
    history_read.alerts(connection, "main")
    history_read.repairs(connection, "main")
    history_read.repairs(connection, run=1)


def test_every_question_of_the_dashboard_is_served_by_an_index(kept: Store) -> None:
    if kept.engine.dialect.name != "sqlite":
        pytest.skip("the plan of an empty PostgreSQL table is always a scan")
    asked: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(kept.engine, "before_cursor_execute", note)
    with kept.reading() as connection:
        ask_everything(connection)
    event.remove(kept.engine, "before_cursor_execute", note)
    plans = []
    with kept.reading() as connection:
        connection.execute(text("SELECT 1"))
        for statement, parameters in asked:
            if statement.startswith("SELECT"):
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                plans.append([str(row[3]) for row in rows])
    assert len(plans) == 17
    slow = [plan for plan in plans if any("TEMP B-TREE" in step or _scans(step) for step in plan)]
    assert slow == []


def _scans(step: str) -> bool:
    """Whether a step reads a table from end to end; walking it in the order asked for stops at the limit."""
    return step.startswith("SCAN") and "USING" not in step and step.split()[1] not in {
        "monitor_runs", "monitor_alerts", "monitor_findings", "monitor_incidents", "monitor_repairs",
    }  # fmt: skip
