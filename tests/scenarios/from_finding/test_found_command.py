"""`tillproof scenarios from-finding`, from a night of the history to a story that runs."""

import shutil
from pathlib import Path

import pytest
import typer

from scenarios.from_finding.command import from_finding
from scenarios.language.loader import loads
from scenarios.runner.run import run_file, tell
from scenarios.runner.stage import staged

_NIGHT = """\
story: A night of a merchant whose data is nobody's business
topic: tests
given:
  till: sitoo
  shop: {name: Butik Hemlig, zone: Europe/Stockholm, currency: SEK}
  klaviyo: {zone: Europe/Stockholm, currency: SEK}
  customers: [{name: Secretia Hushley, email: secretia@marlowfernpost.com, phone: "+46701234567"}]
when:
  - sell: {sale: tea, at: 2026-05-04 10:15, to: Secretia Hushley, items: [{article: Privatea, price: 80.00}]}
  - sync: once
  - klaviyo changes: {metric: Placed Order, set value: 95.00}
  - night: drift
then: []
"""


def _refused(capsys: pytest.CaptureFixture[str], run: str, key: str, settings: Path) -> str:
    with pytest.raises(typer.Exit) as ended:
        from_finding(run, key, settings=settings)
    assert ended.value.exit_code == 2
    return capsys.readouterr().err


def test_a_finding_of_a_night_becomes_a_story_that_shows_it_and_nobodys_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = loads(_NIGHT)
    settings, out = tmp_path / "tillproof.toml", tmp_path / "found" / "story.yaml"
    with staged(told) as stage:
        tell(stage, told)
        url, key = stage.chain.settings.store.url, stage.chain.settings.secrets.key
        settings.write_text(f'[store]\nurl = "{url}"\n[secrets]\nkey = "{key}"\n')
        assert stage.seen.report is not None
        number, found = stage.seen.night[-1].run, stage.seen.report.findings[0]
        from_finding(str(number), found.key, out=out, settings=settings)
        assert f"tillproof scenarios run {out}" in capsys.readouterr().out

        assert "no run 999" in _refused(capsys, "999", found.key, settings)
        assert found.key in _refused(capsys, str(number), "amount_mismatch-000000000000", settings)
        shutil.rmtree(Path(stage.seen.night[-1].folder) / "evidence")
        assert "evidence of this run is gone" in _refused(capsys, str(number), found.key, settings)
        shutil.rmtree(stage.seen.night[-1].folder)
        assert "Say the folder where it is now" in _refused(capsys, str(number), found.key, settings)
    text = out.read_text(encoding="utf-8")
    for private in ("Hemlig", "Secretia", "Hushley", "marlowfernpost", "4670", "Privatea"):
        assert private not in text
    assert "Europe/Stockholm" in text
    assert "amount: 15.00" in text
    outcome = run_file(out)
    assert outcome.passed, outcome.trouble
    assert outcome.fired == ("amount_mismatch",)


def test_what_is_no_run_or_no_report_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    none = tmp_path / "none.toml"
    assert "neither a run's number" in _refused(capsys, str(tmp_path / "nowhere"), "missing-1", none)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "report.json").write_text("{}")
    assert "no report of this version" in _refused(capsys, str(tmp_path / "run"), "missing-1", none)


def test_a_key_that_several_findings_begin_with_names_some_of_them(tmp_path: Path) -> None:
    from scenarios.from_finding.case import CannotBuild, read_case

    told = loads(
        _NIGHT.replace(
            "set value: 95.00}",
            "set value: 95.00}\n  - klaviyo changes: {metric: Ordered Product, set value: 9.00}",
        )
    )
    with staged(told) as stage:
        tell(stage, told)
        assert stage.seen.report is not None
        keys = [one.key for one in stage.seen.report.findings]
        begun = next(key for key in keys if sum(one.startswith(key.split("-")[0]) for one in keys) > 1)
        with pytest.raises(CannotBuild, match="2 findings of this run begin with") as refused:
            read_case(Path(stage.seen.night[-1].folder), begun.split("-")[0])
    assert begun in str(refused.value)


def test_another_story_is_not_written_over(tmp_path: Path) -> None:
    from scenarios.from_finding.case import CannotBuild
    from scenarios.from_finding.command import _write

    file = tmp_path / "story.yaml"
    _write("a: 1\n", file, force=False)
    _write("a: 1\n", file, force=False)
    with pytest.raises(CannotBuild, match="another story"):
        _write("a: 2\n", file, force=False)
    _write("a: 2\n", file, force=True)
    assert file.read_text() == "a: 2\n"
