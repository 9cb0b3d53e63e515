"""Settings: what is refused, in which words, and where secrets come from."""

from datetime import time
from pathlib import Path
from typing import Any

import pytest

from sync.domain.planning import Kind
from sync.settings import Settings, WrongSettings, example


def told(**account: Any) -> dict[str, Any]:
    return {
        "accounts": {
            "main": {"source": "lightspeed_r", "lightspeed_r": {"client_id": "x"}, "klaviyo": {}, **account}
        }
    }


def loaded(environment: dict[str, str] | None = None, **account: Any) -> Settings:
    return Settings.from_dict(told(**account), environment or {})


def test_the_example_is_accepted_once_its_key_file_exists(tmp_path: Path) -> None:
    (tmp_path / "tillproof.toml").write_text(example("lightspeed_r"))
    (tmp_path / "tillproof.key").write_text("abc\n")
    settings = Settings.load(tmp_path / "tillproof.toml", {})
    account = settings.accounts["main"]
    assert account.lightspeed_r.open_hours == (time(8), time(20))
    assert account.resolved().every_s == 3600
    assert settings.keys == ("abc",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[stor]\nurl = 'x'", "stor: unknown key; did you mean `store`?"),
        ("[store]\nurll = 'x'", "store.urll: unknown key; did you mean `url`?"),
        ("[store]\nzzz = 'x'", "store.zzz: unknown key; known here: url"),
        ("[store", "is not TOML"),
        (
            "[accounts.main]\nsource = 'lightspeed_r'\n[accounts.main.klaviyo]\napi_kee = 'x'\n"
            "[accounts.main.lightspeed_r]\nclient_id = 'x'",
            "accounts.main.klaviyo.api_kee: unknown key; did you mean `api_key`?",
        ),
        (
            "[accounts.main]\nsource = 'lightspeed_r'\n[accounts.main.klaviyo]\n[accounts.main.lightspeed_r]",
            "accounts.main.lightspeed_r.client_id: is missing",
        ),
        (
            "[accounts.main]\nsource = 'square'\n[accounts.main.klaviyo]\n"
            "[accounts.main.lightspeed_r]\nclient_id = 'x'",
            "accounts.main: source: there is no POS square; there is lightspeed_r",
        ),
        (
            "[accounts.'a b']\nsource = 'lightspeed_r'\n[accounts.'a b'.klaviyo]\n"
            "[accounts.'a b'.lightspeed_r]\nclient_id = 'x'",
            "accounts.a b: a name has up to 40 letters, digits, dashes and underscores",
        ),
    ],
)
def test_a_mistake_names_the_file_the_key_and_the_remedy(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_text(text)
    with pytest.raises(WrongSettings) as wrong:
        Settings.load(path, {})
    assert str(wrong.value).startswith(f"{path}: ")
    assert words in str(wrong.value)


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ({"preset": "klavy"}, "there is no preset klavy; there is klaviyo-native"),
        ({"every": "often"}, 'must be a span such as "15m"'),
        ({"every": "0m"}, 'must be a span such as "15m"'),
        ({"every": "15m", "cron": "* * * * *"}, "say either `every` or `cron`"),
        ({"metrics": {"placed": "X", "refunded": "X"}}, "two kinds of event have the same name"),
        ({"metrics": {"plased": "X"}}, "accounts.main.metrics.plased"),
        ({"lightspeed_r": {"client_id": "x", "open_hours": "8-20"}}, 'two local times such as "08:00-20:00"'),
    ],
)
def test_contradictions_are_refused(account: dict[str, Any], words: str) -> None:
    with pytest.raises(WrongSettings) as wrong:
        loaded(**account)
    assert words in str(wrong.value)


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(WrongSettings) as wrong:
        Settings.from_dict({"stor": {}, "accounts": {"main": {"source": "lightspeed_r"}}}, {})
    assert len(str(wrong.value).splitlines()) == 3


def test_a_file_that_is_not_there_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="tillproof accounts example"):
        Settings.load(tmp_path / "none.toml", {})


def test_secrets_come_from_the_environment_before_files_before_the_settings(tmp_path: Path) -> None:
    (tmp_path / "k").write_text("from-file\n")
    klaviyo = {"api_key_file": str(tmp_path / "k")}
    assert loaded(klaviyo=klaviyo).accounts["main"].klaviyo.api_key == "from-file"
    environment = {"TILLPROOF_MAIN_KLAVIYO_API_KEY": "from-environment"}
    assert loaded(environment, klaviyo=klaviyo).accounts["main"].klaviyo.api_key == "from-environment"
    environment = {"TILLPROOF_MAIN_LIGHTSPEED_R_CLIENT_SECRET": "s"}
    assert loaded(environment).accounts["main"].lightspeed_r.client_secret == "s"


def test_secrets_are_not_shown_when_settings_are_printed() -> None:
    environment = {"TILLPROOF_KEY": "hush-1", "TILLPROOF_MAIN_KLAVIYO_API_KEY": "hush-2"}
    settings = loaded(environment, lightspeed_r={"client_id": "x", "client_secret": "hush-3"})
    assert "hush" not in repr(settings)
    assert settings.keys == ("hush-1",)


def test_an_account_overrides_its_preset() -> None:
    account = loaded(
        every="15m",
        exclude_zero_value=False,
        ecommerce_sources=["Shopify"],
        test_registers=["9"],
        metrics={"placed": "Till Order", "shipped": ""},
    ).accounts["main"]
    preset = account.resolved()
    assert preset.every_s == 900
    assert preset.metrics[Kind.PLACED] == "Till Order"
    assert Kind.SHIPPED not in preset.kinds
    assert preset.metrics[Kind.REFUNDED] == "Refunded Order"
    assert preset.policy.exclude_zero_value is False
    assert preset.policy.ecommerce_sources == {"shopify"}
    assert preset.policy.test_registers == {"9"}


@pytest.mark.parametrize(
    ("source", "secret"),
    [
        ("lightspeed_r", "LIGHTSPEED_R_CLIENT_SECRET"),
        ("lightspeed_x", "LIGHTSPEED_X_CLIENT_SECRET"),
        ("sitoo", "SITOO_PASSWORD"),
    ],
)
def test_the_example_of_every_pos_can_be_read_as_it_is(source: str, secret: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_text(example(source), encoding="utf-8")
    environment = {
        f"TILLPROOF_MAIN_{secret}": "s",
        "TILLPROOF_MAIN_KLAVIYO_API_KEY": "p",
        "TILLPROOF_KEY": "k",
    }
    account = Settings.load(path, environment).accounts["main"]
    assert account.source == source
    assert "s" in {getattr(account.pos, field) for field in account.pos.SECRETS}
