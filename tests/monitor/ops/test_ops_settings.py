"""The `[monitor]` section: read strictly, secrets from outside, mistakes named by their key."""

import tomllib
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from monitor.alerting.decide import Thresholds
from monitor.alerting.desk import rules_of
from monitor.settings import EXAMPLE, MonitorSettings, Night
from sync.settings import Settings, WrongSettings
from sync.settings import example as sync_example

HUSH = "json://user:hush@ops.example"


def read(section: Any, environment: dict[str, str] | None = None, where: str = "settings") -> MonitorSettings:
    return MonitorSettings.from_dict(section, environment or {}, where)


def test_the_example_is_understood() -> None:
    found = read(tomllib.loads(EXAMPLE)["monitor"], {"TILLPROOF_ROUTE_OPS": HUSH})
    assert found.night_of("main") == Night(time(6), "America/New_York", 7)
    assert found.night_of("other") == Night(time(5, 30), "America/New_York", 7)
    assert found.alerts.quiet_hours == (time(22), time(7))
    assert found.routes["ops"].url == HUSH


def test_it_lives_in_the_same_file_as_the_syncs_settings(tmp_path: Path) -> None:
    path = tmp_path / "tillproof.toml"
    path.write_text(f"{sync_example('lightspeed_r')}\n{EXAMPLE}", encoding="utf-8")
    assert Settings.load(path, {"TILLPROOF_KEY": "k"}).monitor["days"] == 7
    assert MonitorSettings.load(path, {"TILLPROOF_ROUTE_OPS": HUSH}).out == tmp_path / "reports" / "monitor"


def test_without_a_section_everything_has_its_default() -> None:
    found = read({})
    assert (found.days, found.at, found.keep_evidence, dict(found.routes)) == (7, time(5, 30), 7_776_000, {})


def test_the_address_of_a_route_comes_from_the_environment_then_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("json://from.file\n", encoding="utf-8")
    section = {"routes": {"night-shift": {"url_file": "secret"}}}
    where = str(tmp_path / "tillproof.toml")
    assert read(section, {}, where).routes["night-shift"].url == "json://from.file"
    assert read(section, {"TILLPROOF_ROUTE_NIGHT_SHIFT": HUSH}, where).routes["night-shift"].url == HUSH


def test_no_address_is_ever_shown() -> None:
    found = read({"routes": {"ops": {"url": HUSH}}, "heartbeat_url": "https://beat.example/hush"})
    assert "hush" not in repr(found)
    with pytest.raises(WrongSettings) as caught:
        read({"routes": {"ops": {"url": HUSH, "colour": "red"}}, "days": HUSH})
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"atx": 1}, "monitor.atx: unknown key; did you mean `at`"),
        ({"routes": {"ops": {}}}, "put an Apprise URL into TILLPROOF_ROUTE_OPS"),
        ({"routes": {"ops": {"url_file": "none"}}}, "url_file: none cannot be read"),
        ({"routes": {"o p": {"url": "x"}}}, "letters, digits, dashes"),
        ({"alerts": {"kinds": {"late": {"min": 1}}}}, "monitor.alerts.kinds.late.min: unknown key"),
        ({"alerts": {"quiet_hours": "22-7"}}, 'such as "22:00-07:00"'),
        ({"alerts": {"min_money": "1,000"}}, 'such as "100.00"'),
        ({"alerts": {"zone": "Mars/Olympus"}}, 'such as "Europe/Stockholm"'),
        ({"at": "25:00"}, 'such as "05:30"'),
        ({"days": 0}, "monitor.days"),
        ({"keep_evidence": "for ever"}, "monitor.keep_evidence"),
        ([], "valid dictionary"),
    ],
)
def test_a_mistake_is_named_by_its_key(section: Any, words: str) -> None:
    with pytest.raises(WrongSettings, match=words):
        read(section)


def test_a_kind_keeps_the_general_thresholds_unless_it_names_its_own() -> None:
    told = {"min_count": 5, "kinds": {"late": {"min_money": "20.00"}, "orphaned": {"mute": True}}}
    rules = rules_of(read({"alerts": told}).alerts)
    assert rules.of("missing") == Thresholds(5)
    assert rules.of("late") == Thresholds(money=Decimal("20.00"))
    assert rules.of("orphaned") == Thresholds(5, mute=True)
