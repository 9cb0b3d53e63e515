"""The house rules that can be executed, executed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sync.domain.eligibility import BY_MARK, PLAIN_WORDS, RULES, Exclusion
from sync.domain.facts import Mark

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("sync", "monitor", "fakes", "scenarios")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
LINES_MAX = 500


def test_there_are_sources_to_hold_to_the_rules() -> None:
    assert len(SOURCES) > 20


def test_no_file_outgrows_its_page() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: size for name, size in sizes.items() if size > LINES_MAX} == {}


def test_every_module_says_what_it_is_for() -> None:
    texts = {str(path): path.read_text().strip() for path in SOURCES}
    assert [name for name, text in texts.items() if text and not text.startswith('"""')] == []


def test_every_exclusion_is_told_in_plain_words_and_has_a_rule() -> None:
    assert set(PLAIN_WORDS) == set(Exclusion)
    ruled = {rule.__name__ for rule in RULES} | {reason.value for reason in BY_MARK.values()}
    assert set(BY_MARK) == set(Mark)
    assert {reason.value for reason in Exclusion} - ruled == {"metric_off"}, "metric_off is set by planning"


@pytest.mark.parametrize("lock", ["run.lock", "dev.lock"])
def test_locks_carry_hashes_and_no_addresses(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text()
    pins = re.findall(r"^[a-zA-Z0-9._-]+(?:\[[^\]]+\])?==", text, re.MULTILINE)
    assert len(pins) > 30
    assert text.count("--hash=sha256:") >= len(pins)
    assert not re.search(r"https?://|--index-url|--find-links|file:", text)


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, tillproof; tillproof.build(); print(sorted(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"sqlalchemy", "duckdb", "pyarrow", "flask", "httpx", "faker", "phonenumbers", "pydantic"}
    assert {name for name in heavy if f"'{name}'" in out} == set()


def test_templates_escape_because_they_are_all_html() -> None:
    templates = [p for p in (ROOT / "monitor" / "templates").rglob("*") if p.is_file()]
    assert {p.suffix for p in templates} <= {".html", ".css", ".js"}


def test_helpers_of_tests_have_names_of_their_own() -> None:
    # Test folders are not packages, so two helpers of one name would be mistaken for each other.
    skipped = {"__init__.py", "conftest.py"}
    loose = [path for path in (ROOT / "tests").rglob("*.py") if not (path.parent / "__init__.py").exists()]
    names = [path.name for path in loose if path.name not in skipped]
    assert sorted({name for name in names if names.count(name) > 1}) == []
