"""FIDELITY.md leaves nothing out, and the table made from it is up to date."""

from pathlib import Path

import pytest

from fakes.kit.coverage import endpoints, fidelity_of, missing, table
from fakes.vendors import BUILT
from fakes.world import build_world

COVERAGE = Path(__file__).resolve().parents[2] / "docs" / "fakes-coverage.md"


@pytest.mark.parametrize("vendor", BUILT)
def test_every_endpoint_switch_and_fault_is_told_of(vendor: str) -> None:
    assert missing(build_world(only=[vendor])[vendor], fidelity_of(vendor)) == []


def test_the_table_of_endpoints_is_the_one_that_would_be_made_now() -> None:
    assert COVERAGE.read_text(encoding="utf-8") == table(), (
        "make it again: tillproof fakes coverage --write docs/fakes-coverage.md"
    )


def test_an_endpoint_a_switch_or_a_fault_that_is_not_told_of_is_noticed() -> None:
    fake = build_world(only=["lightspeed_r"]).lightspeed_r
    whole = fidelity_of("lightspeed_r")
    gone = whole.replace("/auth/oauth/introspect", "/elsewhere")
    gone = gone.replace("`zero_rows`", "zero rows").replace("`late_lower_version`", "that")
    assert missing(fake, gone) == [
        "GET /auth/oauth/introspect", "switch zero_rows", "fault late_lower_version",
    ]  # fmt: skip


def test_a_longer_path_does_not_tell_of_a_shorter_one() -> None:
    fake = build_world(only=["lightspeed_r"]).lightspeed_r
    text = "| `GET /API/V3/Account/{a}/{entity}/{id}` |\n| `POST /API/V3/Session.json` | x |"
    told = {one.path for one in endpoints(fake, text) if one.said}
    assert told == {"/API/V3/Account/<account>/<entity>/<row>"}
