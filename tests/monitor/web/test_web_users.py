"""The commands for people, and how their passwords are kept."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner
from web_world import CHEAP, PASSWORD

import tillproof
from monitor.web.jobs import Done, Jobs
from monitor.web.serve import upstreams_of
from monitor.web.users import Role, Users
from sync.settings import WrongSettings

RUN = CliRunner()


@pytest.fixture
def file(tmp_path: Path, migrated: Path) -> Path:
    path = tmp_path / "tillproof.toml"
    (tmp_path / "tillproof.db").write_bytes(migrated.read_bytes())
    path.write_text(f'[store]\nurl = "sqlite:///{tmp_path / "tillproof.db"}"\n')
    return path


def users(file: Path, *arguments: str, password: str = PASSWORD) -> Any:
    command = ["monitor", "users", *arguments, "--settings", str(file)]
    return RUN.invoke(tillproof.build(), command, input=f"{password}\n")


def test_people_are_added_listed_changed_and_removed(file: Path) -> None:
    assert users(file, "add", "ann", "--role", "operator", "--password-stdin").exit_code == 0
    assert users(file, "list").output == "ann  operator  all accounts\n"
    assert users(file, "role", "ann", "viewer").exit_code == 0
    assert users(file, "password", "ann", "--password-stdin", password="other plain words").exit_code == 0
    assert '"role": "viewer"' in users(file, "list", "--json").output
    assert users(file, "remove", "ann").exit_code == 0
    assert "Nobody yet" in users(file, "list").output
    assert users(file, "remove", "ann").exit_code == 2


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaaaaaa", "ann-ann-ann-1"])
def test_weak_passwords_are_refused_with_what_would_do(file: Path, weak: str) -> None:
    answer = users(file, "add", "ann", "--password-stdin", password=weak)
    assert answer.exit_code == 2
    assert "password" in answer.output
    assert weak not in answer.output


def test_an_account_nobody_knows_and_a_role_there_is_not_are_refused(file: Path) -> None:
    assert users(file, "add", "ann", "--account", "nowhere", "--password-stdin").exit_code == 2
    assert users(file, "add", "ann", "--role", "king", "--password-stdin").exit_code == 2


def test_a_password_is_kept_as_an_argon2_hash_only(store: Any) -> None:
    people = Users(store, CHEAP)
    people.add("ann", Role.VIEWER, PASSWORD, (), 0)
    with store.reading() as connection:
        kept = connection.execute(text("SELECT password FROM web_users")).scalar_one()
    assert kept.startswith("$argon2id$")
    assert people.verified("ann", PASSWORD)
    assert people.verified("ann", PASSWORD + "x") is None
    assert people.verified("Ann", PASSWORD) is None


def test_a_name_is_taken_once(store: Any) -> None:
    people = Users(store, CHEAP)
    people.add("ann", Role.VIEWER, PASSWORD, (), 0)
    with pytest.raises(WrongSettings, match="already"):
        people.add("ann", Role.OPERATOR, PASSWORD, (), 0)


def test_the_same_work_is_begun_once_and_a_fault_ends_it() -> None:
    jobs = Jobs(lambda: 5, at_once=True)

    def broken(_tell: Any) -> Done:
        raise KeyError("jane.doe@shop.example")

    job = jobs.begin("a", "Sync now", broken, who="ann", back="/")
    assert job.done
    assert job.state == "failed"
    assert "KeyError at " in job.done.words
    assert "jane" not in job.done.words


@pytest.mark.parametrize("wrong", ["klaviyo", "elsewhere=http://x", "klaviyo=ftp://x"])
def test_an_upstream_is_a_known_name_and_an_address(wrong: str) -> None:
    with pytest.raises(WrongSettings):
        upstreams_of([wrong])
    assert upstreams_of(["klaviyo=http://127.0.0.1:9100/"]) == {"klaviyo": "http://127.0.0.1:9100"}
