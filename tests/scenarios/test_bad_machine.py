"""Settings, secrets and databases that cannot be used: the commands say what to do, and nothing is lost."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from fakes.kit.clock import SystemClock
from fakes.kit.serve import Served
from fakes.klaviyo import app as klaviyo
from fakes.lightspeed_r import app as lightspeed_r
from fakes.lightspeed_r.records import LineIn
from sync.cli import register
from sync.store.secrets import new_key

KEYGEN = "make one with `tillproof accounts keygen`"
ANOTHER_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
COPY_ANEW = "holds a blank or a character that none has; copy it anew"
ADDRESS = 'must be an address such as "https://'


@dataclass(slots=True)
class Shell:
    """A folder with settings between two served fakes, and the commands run in it."""

    folder: Path
    till: lightspeed_r.LightspeedRFake
    klaviyo: klaviyo.KlaviyoFake
    settings: str
    environment: dict[str, str]
    said: list[str]

    def run(self, *words: str, **environment: str) -> Result:
        """One command, as a process of its own would run it."""
        (self.folder / "tillproof.toml").write_text(self.settings, "utf-8")
        root = typer.Typer()
        register(root)
        told = {**self.environment, "TILLPROOF_SETTINGS": str(self.folder / "tillproof.toml"), **environment}
        result = CliRunner().invoke(root, list(words), env=told)
        self.said.append(result.output)
        return result

    def once(self, **environment: str) -> Result:
        return self.run("sync", "once", **environment)

    def sell(self) -> str:
        """A mug for Ann, a minute ago."""
        at = self.till.clock.now() - timedelta(minutes=1)
        return self.till.state.sell("1", at, [LineIn("1", 1, "10.00")], customer_id="1")

    def placed(self) -> list[str]:
        """The sales whose Placed Order lies in Klaviyo."""
        found = self.klaviyo.state.find_events("Placed Order")
        return sorted(event.unique_id.split(":")[2] for event in found)

    def connect(self) -> None:
        """Sign in as a person would."""
        url = self.run("accounts", "connect", "main", "--no-browser").stderr.split()[10]
        redirect = httpx.get(url).headers["Location"]
        assert self.run("accounts", "connect", "main", "--code", redirect).exit_code == 0
        self.said.clear()  # the address to sign in at carries the client's id, as it must


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    clock = SystemClock()
    till, end = lightspeed_r.build(clock), klaviyo.build(clock)
    till.state.add_shop("Harbour Street", "America/New_York")
    till.state.add_item("Mug", price="10.00")
    long_ago = clock.now() - timedelta(days=9)
    till.state.add_customer("Ann", "Lee-Okafor", email="ann.lee@northwind.dev", at=long_ago)
    environment = {
        "TILLPROOF_KEY": new_key(),
        "TILLPROOF_MAIN_LIGHTSPEED_R_CLIENT_SECRET": till.credentials["client_secret"],
        "TILLPROOF_MAIN_KLAVIYO_API_KEY": end.credentials["api_key"],
    }
    with Served({"till": till.wsgi, "klaviyo": end.wsgi}) as served:
        settings = f"""
[store]
url = "sqlite:///{tmp_path / "sync.db"}"
[accounts.main]
source = "lightspeed_r"
[accounts.main.lightspeed_r]
client_id = "{till.credentials["client_id"]}"
api_url = "{served.urls["till"]}"
auth_url = "{served.urls["till"]}"
[accounts.main.klaviyo]
base_url = "{served.urls["klaviyo"]}"
"""
        made = Shell(tmp_path, till, end, settings, environment, [])
        yield made
    every = "".join(made.said)
    secrets = [*environment.values(), till.credentials["refresh_token"], "ann.lee", "northwind", "Lee-Okafor"]
    assert [secret for secret in secrets if secret in every] == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[store]", "[stor]", "stor: unknown key; did you mean `store`?"),
        ("base_url", "base_ulr", "accounts.main.klaviyo.base_ulr: unknown key; did you mean `base_url`?"),
        ("client_id", "#client_id", "client_id: is missing; `tillproof accounts example` shows where"),
        ('"lightspeed_r"', '"square"', "accounts.main: source: there is no POS square; there is"),
        ('api_url = "http', 'api_url = "ftp', f"accounts.main.lightspeed_r.api_url: {ADDRESS}"),
        ('base_url = "http://', 'base_url = "', f"accounts.main.klaviyo.base_url: {ADDRESS}"),
        ('[store]', '[store', "is not TOML"),
        ('url = "sqlite:///', 'url = "nowhere', "not a database address, such as sqlite:///tillproof.db"),
        ('url = "sqlite', 'url = "mysql', "mysql is not supported; use sqlite or postgresql"),
        ("[accounts.main]", "[secrets]\nkey_file = 'none.key'\n[accounts.main]", "secrets.key_file: "),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_with_its_remedy(shell: Shell, old: str, new: str, words: str) -> None:
    shell.settings = shell.settings.replace(old, new, 1)
    told = {"TILLPROOF_KEY": ""} if "key_file" in new else {}
    for command in (("sync", "once"), ("sync", "status"), ("sync", "preview")):
        result = shell.run(*command, **told)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("tillproof: ")
        assert words in result.stderr


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("TILLPROOF_KEY", "", KEYGEN),
        ("TILLPROOF_KEY", "c2hvcnQ=", KEYGEN),
        ("TILLPROOF_KEY", ANOTHER_KEY, "put that key back (TILLPROOF_KEY takes several"),
        ("TILLPROOF_MAIN_KLAVIYO_API_KEY", "", "no private key; put it into TILLPROOF_MAIN_KLAVIYO_API_KEY"),
        ("TILLPROOF_MAIN_KLAVIYO_API_KEY", "pk_one two", COPY_ANEW),
        ("TILLPROOF_MAIN_KLAVIYO_API_KEY", "pk_…", COPY_ANEW),
        ("TILLPROOF_MAIN_LIGHTSPEED_R_CLIENT_SECRET", "", "no client secret; put it into TILLPROOF_MAIN_"),
    ],
)  # fmt: skip
def test_a_missing_or_wrong_secret_is_named_and_its_return_brings_everything_once(
    shell: Shell, name: str, value: str, words: str
) -> None:
    shell.connect()
    sale = shell.sell()
    result = shell.once(**{name: value})
    assert (result.exit_code, words in result.stderr) == (2, True)
    assert shell.once().exit_code == 0
    assert shell.once().exit_code == 0
    assert shell.placed() == [sale]


def test_a_line_break_pasted_behind_a_key_does_no_harm(shell: Shell) -> None:
    shell.connect()
    sale = shell.sell()
    key = shell.environment["TILLPROOF_MAIN_KLAVIYO_API_KEY"]
    assert shell.once(TILLPROOF_MAIN_KLAVIYO_API_KEY=f" {key}\r\n").exit_code == 0
    assert shell.placed() == [sale]


def test_a_file_of_secrets_that_is_no_text_is_named(shell: Shell) -> None:
    (shell.folder / "api.key").write_bytes(b"\xff\xfe\x00")
    shell.settings += 'api_key_file = "api.key"\n'
    result = shell.once(TILLPROOF_MAIN_KLAVIYO_API_KEY="")
    assert result.exit_code == 2
    assert "api.key is no text file; copy the secret into it anew" in result.stderr


def test_a_klaviyo_key_that_is_not_taken_says_where_to_make_a_new_one(shell: Shell) -> None:
    shell.connect()
    sale = shell.sell()
    result = shell.once(TILLPROOF_MAIN_KLAVIYO_API_KEY="pk_" + "0" * 34)
    assert result.exit_code == 4
    assert "Create a private key in Klaviyo under Settings > API keys and put it into" in result.stdout
    assert "pk_" not in result.output
    status = shell.run("sync", "status")
    assert (status.exit_code, "main: needs a person" in status.stdout) == (4, True)
    assert shell.once().exit_code == 0
    assert shell.run("sync", "status").exit_code == 0
    assert shell.placed() == [sale]


def test_a_client_secret_that_is_wrong_is_told_when_tokens_are_renewed(shell: Shell) -> None:
    shell.connect()
    sale = shell.sell()
    shell.till.faults.add({"kind": "expired_token", "match": {"path": "/API/*"}})
    result = shell.once(TILLPROOF_MAIN_LIGHTSPEED_R_CLIENT_SECRET="wrong")
    assert result.exit_code == 4
    assert "client's id or secret is wrong; run `tillproof accounts connect main`" in result.stdout
    shell.till.faults.clear()
    assert shell.once().exit_code == 0
    assert shell.placed() == [sale]


def test_one_account_that_cannot_be_used_keeps_no_other_from_being_served(shell: Shell) -> None:
    shell.connect()
    other = shell.settings.partition("[accounts.main]")[2].replace("main", "aaa")
    shell.settings = shell.settings.replace("[accounts.main]", f"[accounts.aaa]{other}[accounts.main]", 1)
    sale = shell.sell()
    result = shell.once(TILLPROOF_AAA_LIGHTSPEED_R_CLIENT_SECRET="x")
    assert result.exit_code == 2
    assert "aaa: once stopped (unusable)" in result.stdout
    assert "there is no private key; put it into TILLPROOF_AAA_KLAVIYO_API_KEY" in result.stdout
    assert "main: once done: 2 events sent" in result.stdout
    assert shell.placed() == [sale]


def test_a_read_only_database_says_so_and_the_next_run_brings_everything_once(shell: Shell) -> None:
    shell.connect()
    sale = shell.sell()
    good = shell.settings
    # So that it is read-only for the superuser too.
    path = shell.folder / "sync.db"
    shell.settings = good.replace(f"sqlite:///{path}", f"sqlite:///file:{path}?mode=ro&uri=true")
    result = shell.once()
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        "the database is read-only; give this user write permission on the file and its folder"
        in result.stderr
    )
    assert shell.run("sync", "status").exit_code == 0  # reading goes on
    shell.settings = good
    assert shell.once().exit_code == 0
    assert shell.placed() == [sale]


def test_a_locked_database_says_so_and_the_next_run_brings_everything_once(shell: Shell) -> None:
    shell.connect()
    sale = shell.sell()
    other = sqlite3.connect(shell.folder / "sync.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    shell.settings = shell.settings.replace("sync.db", "sync.db?timeout=0.05")
    result = shell.once()
    assert result.exit_code == 3
    assert "another process holds the database; let it finish and try again. Nothing is lost" in result.output
    other.execute("ROLLBACK")
    other.close()
    assert shell.once().exit_code == 0
    assert shell.placed() == [sale]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"this is a shopping list, and quite a long one" * 100, "no tillproof database; check [store] url"),
        (None, "cannot be opened; check that its folder exists and is writable"),
    ],
)
def test_a_database_that_is_none_is_named_as_such(shell: Shell, content: bytes | None, words: str) -> None:
    path = shell.folder / "sync.db"
    path.mkdir() if content is None else path.write_bytes(content)
    result = shell.once()
    assert (result.exit_code, words in result.stderr) == (2, True)


def test_dead_letters_say_what_to_do_next_and_name_nobody(shell: Shell) -> None:
    shell.connect()
    sale = shell.sell()
    detail = "Invalid email address ann.lee@northwind.dev or phone +12125550147"
    body = json.dumps({"errors": [{"code": "invalid", "title": "Invalid input.", "detail": detail}]})
    fault = {"kind": "status", "status": 400, "body": body, "content_type": "application/vnd.api+json"}
    shell.klaviyo.faults.add({**fault, "match": {"method": "POST", "path": "/api/events*"}})
    once = shell.once()
    assert once.exit_code == 1
    assert "look at what was set aside: tillproof sync dead-letters list" in once.stdout
    status = shell.run("sync", "status")
    assert (status.exit_code, "2  dead letters: refused_invalid" in status.stdout) == (1, True)
    listed = shell.run("sync", "dead-letters", "list").stdout
    assert f"event lightspeed_r:797:{sale}  refused_invalid" in listed
    assert "Invalid email address a***@n***.dev or phone +***" in listed
    assert "tillproof sync dead-letters retry --all" in listed
    shell.klaviyo.faults.clear()
    assert shell.run("sync", "dead-letters", "retry", "--all").exit_code == 0
    assert shell.run("sync", "dead-letters", "list").stdout == "0 dead letters\n"
    assert shell.placed() == [sale]
