"""A finding of a kept run as a story: it shows the same finding, names nobody, and holds nothing needless."""

import shutil
from copy import deepcopy
from pathlib import Path

import pytest
import typer
from ruamel.yaml import YAML
from typer.testing import CliRunner

from scenarios.cli import register
from scenarios.from_finding_story import CannotShow, Shown, as_yaml, from_finding, keep
from scenarios.language.loader import loads
from scenarios.language.nodes import WrongStory
from scenarios.runner.run import run, tell
from scenarios.runner.stage import staged

_DAY = """\
story: A day with a defect, kept as a run
topic: findings
given:
  till: {till}
  settings: {{preset: klaviyo-native}}
  shop: {{name: Harbour Street, zone: Europe/Stockholm, currency: SEK}}
  klaviyo: {{zone: Europe/Stockholm, currency: SEK}}
  articles: [{{name: Mug, price: 12.00}}, {{name: Jug, price: 30.50}}]
  customers:
    - {{name: Ann Lee, email: ann@quillhaven-secret.com}}
    - {{name: Bo, email: bo@quillhaven-secret.com}}
when:
  - sell: {{sale: one, at: 2026-05-04 10:15, to: Ann Lee, items: {{Mug: 2, Jug: 1}}}}
  - sell: {{sale: two, at: 2026-05-04 11:15, to: Bo, items: {{Jug: 3}}}}
  - sell: {{sale: three, at: 2026-05-04 12:15, to: Ann Lee, items: {{Mug: 5}}}}
  - sync: {{at: 12:30}}
  - {defect}
then:
  - monitor finds: [{{kind: {kind}}}]
"""
_DEFECTS = {
    "amount_mismatch": "klaviyo changes: {metric: Placed Order, sale: two, set value: 90.00}",
    "duplicate": "klaviyo copies: {metric: Placed Order, sale: one, to: else@quillhaven-secret.com}",
    "day_shift": "klaviyo changes: {metric: Placed Order, sale: three, earlier: 1d}",
}


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """An amount that differs, at an R-Series till."""
    return _kept(tmp_path / "run", "lightspeed_r", "amount_mismatch")


def _kept(folder: Path, till: str, kind: str) -> Path:
    with staged(loads(_DAY.format(till=till, kind=kind, defect=_DEFECTS[kind]))) as stage:
        tell(stage, stage.story)
        shutil.copytree(stage.chain.folder / "look", folder)
    return folder


@pytest.mark.parametrize("till", ["lightspeed_r", "lightspeed_x", "sitoo"])
def test_the_story_of_a_duplicate_holds_at_every_kind_of_till(tmp_path: Path, till: str) -> None:
    shown = from_finding(_kept(tmp_path / "run", till, "duplicate"), "duplicate")
    outcome = run(loads(shown.text))
    assert outcome.trouble == ""
    assert outcome.fired == ("duplicate",)


def test_a_moved_order_is_moved_in_its_story_too(tmp_path: Path) -> None:
    shown = from_finding(_kept(tmp_path / "run", "lightspeed_r", "day_shift"), "day_shift")
    assert "set at: 2026-05-03 10:15:00 UTC" in shown.text
    assert run(loads(shown.text)).fired == ("day_shift",)


def test_only_the_sale_with_the_wrong_amount_is_left(run_folder: Path) -> None:
    shown = from_finding(run_folder, "1")
    when = _data(shown)["when"]
    assert [next(iter(step)) for step in when] == ["sell", "sync", "klaviyo changes", "look"]
    # Three jugs of 30.50 are 91.50, and Klaviyo said 90.00.
    assert _data(shown)["then"][0]["monitor finds"][0]["amount"] == -1.5


def test_nobody_is_named_and_the_made_up_names_stay_the_same(run_folder: Path) -> None:
    first, second = from_finding(run_folder, "amount"), from_finding(run_folder, "amount")
    assert first.text == second.text
    for secret in ("Ann", "Bo\n", "Bo,", "quillhaven-secret", "Harbour", "Mug", "Jug"):
        assert secret not in first.text


def test_without_any_one_of_its_steps_the_finding_is_not_shown(run_folder: Path) -> None:
    story = _data(from_finding(run_folder, "amount"))
    for at in range(len(story["when"]) - 1):
        smaller = deepcopy(story)
        del smaller["when"][at]
        assert not _holds(smaller), f"step {at + 1} could go"


def test_what_is_no_run_or_no_finding_is_said_in_words(run_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotShow, match="is no report of a run"):
        from_finding(tmp_path, "1")
    with pytest.raises(CannotShow, match="is no finding of this run; there is amount_mismatch-"):
        from_finding(run_folder, "missing-0000")
    with pytest.raises(CannotShow, match="is no finding of this run"):
        from_finding(run_folder, "99")
    shutil.rmtree(run_folder / "evidence")
    with pytest.raises(CannotShow, match="the run's folder holds no evidence of it"):
        from_finding(run_folder, "1")


def test_another_story_is_never_written_over(run_folder: Path, tmp_path: Path) -> None:
    path, _ = keep(run_folder, "1", tmp_path / "kept" / "story.yaml")
    before = path.read_text(encoding="utf-8")
    with pytest.raises(CannotShow, match="is there already"):
        keep(run_folder, "1", path)
    assert path.read_text(encoding="utf-8") == before


def test_the_command_says_how_to_tell_the_story(run_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "story.yaml"
    root = typer.Typer()
    register(root)
    told = CliRunner().invoke(root, ["scenarios", "from-finding", str(run_folder), "1", "--out", str(out)])
    assert told.exit_code == 0, told.output
    assert f"tillproof scenarios run {out}" in told.output.replace("\n", "")
    wrong = CliRunner().invoke(root, ["scenarios", "from-finding", str(tmp_path), "1"])
    assert wrong.exit_code == 2


def _data(shown: Shown) -> dict:  # type: ignore[type-arg]  # plain data of a file
    return YAML(typ="safe").load(shown.text)  # type: ignore[no-any-return]  # the same


def _holds(story: dict) -> bool:  # type: ignore[type-arg]  # the same
    try:
        return run(loads(as_yaml(story))).passed
    except WrongStory:
        return False
