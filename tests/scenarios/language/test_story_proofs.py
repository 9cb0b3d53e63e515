"""What the library must prove, read from the stories; that they keep their word is their own test."""

from contextlib import closing
from pathlib import Path

import pytest
from story_kit import story

from monitor.accounting import open_rows
from monitor.compare import Comparison, Terms
from monitor.findings import remainder_finding
from monitor.offsets import offsets
from monitor.report_data import Finding, FindingKind, Report, Severity
from scenarios.language.loader import load, loads
from scenarios.language.story import DETECTORS
from scenarios.matrix import BEYOND_STORIES
from scenarios.runner.run import tell
from scenarios.runner.stage import staged
from scenarios.runner.suite import LIBRARY, find, shown
from sync.domain.clock import Window

_MUG = "  - klaviyo has only: [{metric: Placed Order, sale: mug, products: {Mug: 1}}]\n  - monitor agrees\n"


def test_every_detector_is_fired_by_a_story_and_nearly_fired_by_another() -> None:
    stories = [load(path, shown(path)).head for path in find([])]
    planted = {kind for head in stories for kind in head.plants}
    nearly = {kind for head in stories for kind in head.nearly_plants}
    assert set(DETECTORS) - planted == set(BEYOND_STORIES)
    assert set(DETECTORS) - nearly == set()


@pytest.mark.parametrize(
    ("mislaid", "count", "minor"),
    [
        ("SELECT 1", 0, 0),
        # 12.00 of the till's and 12.00 of Klaviyo's that nothing accounts for
        ("UPDATE judged_units SET status = 'mislaid' WHERE kind = 'placed'", 2, 2400),
        ("UPDATE judged_units SET total_minor = total_minor - 1 WHERE kind = 'placed'", 0, 1),
    ],
)
def test_a_remainder_is_found_when_the_judgement_mislays_a_sale(mislaid: str, count: int, minor: int) -> None:
    told = loads(story(then=_MUG))
    with staged(told) as stage:
        tell(stage, told)
        report = stage.seen.report
        assert report is not None
        found = _judged(stage.chain.folder / "look" / "evidence" / "lightspeed_r", report, mislaid)
    assert [(one.kind, one.metric) for one in found] == (
        [(FindingKind.REMAINDER, "Placed Order")] if count or minor else []
    )
    assert [(one.severity, one.difference_minor) for one in found] == (
        [(Severity.CRITICAL, minor)] if count or minor else []
    )


def _judged(evidence: Path, report: Report, mislaid: str) -> list[Finding]:
    """The remainders of evidence whose judgement was tampered with before the books were closed."""
    zone, window = "America/New_York", report.window
    start_s, end_s = int(window.start_at.timestamp()), int(window.end_at.timestamp())
    terms = Terms(
        int(report.as_of.timestamp()),
        report.settle_s,
        start_s,
        end_s,
        window.first_day,
        window.last_day,
        zone,
        zone,
    )
    spans = offsets({zone, "UTC"}, Window(window.start_at, window.end_at))
    with closing(Comparison(evidence)) as comparison:
        comparison.load(
            [evidence / "expected.parquet"], [evidence / "observed.parquet"], terms, spans, [("1", zone)]
        )
        comparison.run("1_pairs")
        comparison.run("2_judged")
        comparison.rows(mislaid)
        comparison.run("3_accounting")
        comparison.run("3_pivot")
        return [remainder_finding(row) for row in open_rows(comparison, "lightspeed_r", {"1": "Harbour"})]


def test_a_story_lies_in_the_folder_of_its_topic() -> None:
    for path in find([]):
        assert load(path, shown(path)).head.topic == path.relative_to(LIBRARY).parts[0], path


def test_no_two_stories_have_one_title() -> None:
    titles = [load(path, shown(path)).title for path in find([])]
    assert len(set(titles)) == len(titles)
