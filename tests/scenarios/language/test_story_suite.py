"""Suites of stories: found, told, written down, and the proof matrix of the detectors."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from story_kit import HEAD, SOLD, story
from typer.testing import CliRunner

from fakes.kit.clock import VirtualClock
from fakes.kit.serve import Served as Serving
from fakes.klaviyo.app import build as klaviyo
from fakes.lightspeed_r.app import build as till
from scenarios.language.loader import loads
from scenarios.language.story import DETECTORS
from scenarios.matrix import gaps, prove
from scenarios.runner import beginning, breaking, junit, page, showing
from scenarios.runner.against import Served, tell_against
from scenarios.runner.black_box import not_black_box
from scenarios.runner.run import Outcome, run_file
from scenarios.runner.suite import NoStories, find, outcomes, suite
from scenarios.runner.watching import changed, stamps
from tillproof import build

GOOD = Outcome("a/good.yaml", "Good & well", "a", "", 0.1, fired=("missing",), plants=("missing",))
NEAR = Outcome("a/near.yaml", "Near", "a", "", 0.1, nearly=("missing",))
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
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
    html = page.write_suite(suite([GOOD, BAD], 0.3), tmp_path, NOON).read_text(encoding="utf-8")
    assert "1 of 2 stories holds, 1 does not" in html
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
    # The refund is read an hour later with a token that had to be renewed there, and the monitor looks here.
    later = "  - refund: {of: mug, at: 11:00}\n  - sync every: {every: 1h, until: 13:30}\n"
    third = tmp_path / "three.yaml"
    third.write_text(story(f"{SOLD}{later}", "  - no dead letters\n  - monitor agrees\n"), encoding="utf-8")
    sitoo = tmp_path / "four.yaml"
    sitoo.write_text(third.read_text(encoding="utf-8").replace("lightspeed_r", "sitoo"), encoding="utf-8")
    other = tmp_path / "other.py"
    other.write_text(_OTHERS, encoding="utf-8")
    clock = VirtualClock(datetime(2026, 1, 1, tzinfo=UTC))
    ends: dict[str, Any] = {"klaviyo": klaviyo(clock), "lightspeed_r": till(clock)}
    with Serving({name: fake.wsgi for name, fake in ends.items()}) as serving:
        fakes = {
            name: {"url": serving.urls[name], "credentials": fake.credentials} for name, fake in ends.items()
        }
        served = Served.read(json.dumps(fakes))
        ours = list(tell_against([told, own, third, sitoo], served, None, lambda _: None))
        theirs = list(tell_against([told], served, f"{sys.executable} {other}", lambda _: None))
    assert [one.trouble for one in (*ours, *theirs)] == ["", "", "", "", ""]
    assert ours[0].passed
    assert ours[1].skipped.startswith("`crash at`")
    assert ours[2].passed
    assert ours[2].left_out == ("`no dead letters`: dead letters are our sync's own",)
    assert ours[3].skipped == "no sitoo is served; there is klaviyo, lightspeed_r"
    assert theirs[0].passed


def test_tills_of_one_kind_are_told_of_as_many_served_ones() -> None:
    one = {"url": "http://127.0.0.1:1/", "credentials": {}}
    names = ("klaviyo", "sitoo", "lightspeed_r", "klaviyo_2", "sitoo_2", "lightspeed_r_2")
    served = Served.read(json.dumps(dict.fromkeys(names, one)))
    assert served.names({"north": "sitoo", "south": "sitoo"}) == {"north": "sitoo", "south": "sitoo_2"}
    assert served.names({"sitoo_2": "sitoo", "x": "sitoo", "y": "sitoo"}) == {
        "sitoo_2": "sitoo_2",
        "x": "sitoo",
    }
    assert served.names({"north": "lightspeed_x"}) == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (story(f"{SOLD}  - sync: preview\n"), "`sync: preview`"),
        (story(f"{SOLD}  - night\n"), "`night`"),
        (story(head=f"{HEAD}plants: late\n"), "`late`"),
        (story(then="  - monitor finds: [late]\n".replace("[late]", "[{kind: late}]")), "`late`"),
        (story(head=HEAD.replace("York}", "York, currency: JPY}")), "`currency`"),
        (story(head=f"{HEAD}  build: {{account_id: '7'}}\n"), "`build`"),
        (story(then="  - no dead letters\n  - requests: {of: klaviyo, count: 2}\n"), "every check"),
        (story(f"{SOLD}  - sync: {{ends: try_later}}\n"), "`ends`"),
    ],
)
def test_what_only_our_sync_knows_is_not_asked_of_another(text: str, reason: str) -> None:
    assert not_black_box(loads(text), ours=False).startswith(reason)
    assert not_black_box(loads(story()), ours=False) == ""


def test_fakes_that_do_not_answer_are_told_of_once(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(story(), encoding="utf-8")
    nobody = json.dumps({"klaviyo": {"url": "http://127.0.0.1:1", "credentials": {}}})
    told = CliRunner().invoke(build(), ["scenarios", "run", str(tmp_path), "--against", nobody])
    assert told.exit_code == 2
    assert "--against: klaviyo does not answer" in told.stderr


def test_a_bug_of_the_product_fails_its_story_alone(tmp_path: Path) -> None:
    (tmp_path / "dead.yaml").write_text(story(), encoding="utf-8")
    bug = KeyError("cursor")
    bug.add_note("dead.yaml:9:5: sync")
    try:
        raise bug
    except KeyError as caught:
        told = breaking.told(caught, "dead.yaml")
    assert told.split("\n") == [
        "dead.yaml:9:5: sync: the product broke: KeyError: 'cursor'",
        *told.split("\n")[1:],
    ]
    assert "test_a_bug_of_the_product_fails_its_story_alone" in told


def test_the_terminal_names_what_was_left_out_and_what_the_signs_mean() -> None:
    skipped = [Outcome(f"a/{at}.yaml", "Not told", "a", "", 0.0, skipped="`night`: no") for at in range(5)]
    part = Outcome("a/part.yaml", "Part", "a", "", 0.1, left_out=("`lag`: no",))
    assert list(showing.lines(suite([BAD, part, *skipped], 1.0))) == [
        "\nFAILED  Bad <b>",
        "a/bad.yaml:1:1: no\n    - one\n    + two",
        "\n- is what the story expects, + is what there is.",
        "",
        "Not told `night`: no\n    5: a/0.yaml, a/1.yaml, a/2.yaml and 2 more",
        "",
        "Told without `lag`: no\n    1: a/part.yaml",
        "\n1 of 7 stories holds, 1 does not, 5 skipped; 1.0 s",
    ]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_tells_what_was_told_so_far_and_leaves_nobody_behind(tmp_path: Path, workers: str) -> None:
    (tmp_path / "one.yaml").write_text(story(), encoding="utf-8")
    os.mkfifo(tmp_path / "two.yaml")  # a story that is never finished being read
    process = subprocess.Popen(
        [sys.executable, "-c", _MAIN, "scenarios", "run", str(tmp_path), "-n", workers],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    with (tmp_path / "two.yaml").open("w", encoding="utf-8"):  # waits until somebody reads
        os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "Stopped by Ctrl-C" in err
    assert workers == "2" or "1 of 1 story holds" in out


_MAIN = """\
import signal, tillproof
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test may run where Ctrl-C is ignored
tillproof.main()
"""


@pytest.mark.parametrize("told", ["{", "[]", '{"klaviyo": 1}'])
def test_what_names_no_served_fakes_is_refused(told: str, tmp_path: Path) -> None:
    file = tmp_path / "served.json"
    file.write_text(told, encoding="utf-8")
    with pytest.raises(ValueError, match="--against"):
        Served.read(str(file))
