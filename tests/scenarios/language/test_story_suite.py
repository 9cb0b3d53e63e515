"""Suites of stories: found, told, written down, and the proof matrix of the detectors."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from story_kit import SOLD, story
from typer.testing import CliRunner

from fakes.kit.clock import VirtualClock
from fakes.kit.serve import Served as Serving
from fakes.klaviyo.app import build as klaviyo
from fakes.lightspeed_r.app import build as till
from scenarios.language.story import DETECTORS
from scenarios.matrix import gaps, prove
from scenarios.runner import beginning, junit, page
from scenarios.runner.against import Served, tell_against
from scenarios.runner.run import Outcome, run_file
from scenarios.runner.suite import NoStories, find, outcomes, suite
from scenarios.runner.watching import changed, stamps
from tillproof import build

GOOD = Outcome("a/good.yaml", "Good & well", "a", "", 0.1, fired=("missing",), plants=("missing",))
NEAR = Outcome("a/near.yaml", "Near", "a", "", 0.1, nearly=("missing",))
BAD = Outcome("a/bad.yaml", "Bad <b>", "a", "a/bad.yaml:1:1: no\n    - one\n    + two", 0.2)


def test_a_suite_ends_with_the_gravest_exit_code() -> None:
    wrong = Outcome("a/w.yaml", "Wrong", "a", "a/w.yaml:1:1: what?", 0.0, wrong=True)
    assert [suite(told, 0.0).exit_code for told in ([GOOD], [GOOD, BAD], [GOOD, BAD, wrong])] == [0, 1, 2]


def test_junit_has_a_case_for_every_story(tmp_path: Path) -> None:
    junit.write(suite([GOOD, BAD], 0.3), tmp_path / "deep" / "j.xml")
    told = Xml.parse(tmp_path / "deep" / "j.xml").getroot()
    assert (told.get("tests"), told.get("failures"), told.get("errors")) == ("2", "1", "0")
    assert [case.get("name") for case in told] == ["Bad <b>", "Good & well"]


def test_the_page_shows_both_sides_and_makes_no_markup_of_titles(tmp_path: Path) -> None:
    html = page.write_suite(suite([GOOD, BAD], 0.3), tmp_path).read_text(encoding="utf-8")
    assert "1 of 2 stories hold, 1 do not" in html
    assert "Bad &lt;b&gt;" in html
    assert '<th scope="row">Expected</th><td>one</td>' in html
    assert "http" not in html.replace("http-equiv", "")


def test_a_detector_is_proven_by_one_that_fires_it_and_one_that_nearly_does() -> None:
    proofs = {one.detector: one for one in prove([GOOD, NEAR])}
    assert proofs["missing"].holds
    assert gaps(proofs.values()).keys() == set(DETECTORS) - {"missing"}
    assert gaps(prove([GOOD]))["missing"] == "no story nearly makes it fire"
    silent = Outcome("a/s.yaml", "Silent", "a", "detectors", 0.1, plants=("missing",))
    assert gaps(prove([GOOD, silent, NEAR]))["missing"] == "it did not fire where it must"


def test_the_matrix_page_names_every_detector(tmp_path: Path) -> None:
    html = page.write_matrix(prove([GOOD, NEAR]), tmp_path / "m.html").read_text(encoding="utf-8")
    assert all(f'id="{detector}"' in html for detector in DETECTORS)
    assert f"1 of {len(DETECTORS)} detectors" in html


@pytest.mark.parametrize("kind", ["lightspeed_r", "lightspeed_x", "sitoo"])
def test_a_new_story_holds_as_it_stands(tmp_path: Path, kind: str) -> None:
    path = beginning.begin("a_new_story", topic="drafts", till=kind, folder=tmp_path)
    outcome = run_file(path)
    assert outcome.passed, outcome.trouble
    with pytest.raises(ValueError, match="there already"):
        beginning.begin("a_new_story", topic="drafts", till=kind, folder=tmp_path)


def test_stories_are_found_below_a_folder_and_nothing_else_is(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "language").mkdir()
    for name in ("a/one.yaml", "language/two.yaml", "a/three.txt"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    assert find([tmp_path]) == [tmp_path / "a" / "one.yaml"]
    with pytest.raises(NoStories):
        find([tmp_path / "language" / "nowhere"])


def test_two_at_a_time_tell_the_same(tmp_path: Path) -> None:
    for name, then in (("good", "  - monitor agrees\n"), ("bad", "  - klaviyo has only: []\n")):
        (tmp_path / f"{name}.yaml").write_text(story(then=then), encoding="utf-8")
    told = suite(outcomes(find([tmp_path]), 2), 0.0)
    assert [(Path(one.file).stem, one.passed) for one in told.outcomes] == [("bad", False), ("good", True)]


def test_a_saved_story_is_told_again(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text("a", encoding="utf-8")
    before = stamps([path, tmp_path / "gone.yaml"])
    assert changed(before, stamps([path])) == []
    path.write_text("ab", encoding="utf-8")
    assert changed(before, stamps([path])) == [path]


def test_the_command_ends_as_the_stories_do(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(story(then="  - klaviyo has only: []\n"), encoding="utf-8")
    told = CliRunner().invoke(build(), ["scenarios", "run", str(tmp_path), "-n", "1", "--json"])
    assert told.exit_code == 1
    assert json.loads(told.stdout)["stories"][0]["passed"] is False
    (tmp_path / "wrong.yaml").write_text("story: 1\n", encoding="utf-8")
    assert CliRunner().invoke(build(), ["scenarios", "run", str(tmp_path), "-n", "1"]).exit_code == 2


_OTHERS = """\
import json, os, urllib.request
sales = json.load(urllib.request.urlopen(os.environ["STORY_LIGHTSPEED_R_URL"] + "/_fake/state"))
event = {"data": {"type": "event", "attributes": {
    "metric": {"data": {"type": "metric", "attributes": {"name": "Placed Order"}}},
    "profile": {"data": {"type": "profile", "attributes": {"email": "ann@quillhaven-post.com"}}},
    "value": 12.0, "value_currency": "USD", "time": "2026-05-04T14:15:00Z", "unique_id": "other-1",
    "properties": {"OrderId": "1"}}}}
url = os.environ["STORY_KLAVIYO_URL"] + "/api/events"
request = urllib.request.Request(url, json.dumps(event).encode(), {
    "Authorization": "Klaviyo-API-Key pk_fake0000000000000000000000000000001", "revision": "2026-07-15",
    "Content-Type": "application/vnd.api+json"})
urllib.request.urlopen(request)
"""


def test_stories_are_told_of_served_fakes_by_our_sync_or_another(tmp_path: Path) -> None:
    then = (
        "  - klaviyo has: [{metric: Placed Order, for: Ann, sale: mug, value: 12.00, at: 2026-05-04 10:15}]\n"
    )
    told = tmp_path / "one.yaml"
    told.write_text(story(then=then), encoding="utf-8")
    own = tmp_path / "two.yaml"
    own.write_text(story(SOLD.replace("once", "{crash at: batch sent}"), then), encoding="utf-8")
    other = tmp_path / "other.py"
    other.write_text(_OTHERS, encoding="utf-8")
    clock = VirtualClock(datetime(2026, 1, 1, tzinfo=UTC))
    ends = {"klaviyo": klaviyo(clock), "lightspeed_r": till(clock)}
    with Serving({name: fake.wsgi for name, fake in ends.items()}) as serving:
        fakes = {
            name: {"url": serving.urls[name], "credentials": fake.credentials} for name, fake in ends.items()
        }
        served = Served.read(json.dumps(fakes))
        ours = list(tell_against([told, own], served, None, lambda _: None))
        theirs = list(tell_against([told], served, f"{sys.executable} {other}", lambda _: None))
    assert [one.trouble for one in (*ours, *theirs)] == ["", "", ""]
    assert ours[0].passed
    assert ours[1].skipped.startswith("`crash at`")
    assert theirs[0].passed


@pytest.mark.parametrize("told", ["{", "[]", '{"klaviyo": 1}'])
def test_what_names_no_served_fakes_is_refused(told: str, tmp_path: Path) -> None:
    file = tmp_path / "served.json"
    file.write_text(told, encoding="utf-8")
    with pytest.raises(ValueError, match="--against"):
        Served.read(str(file))
