"""The fidelity table keeps up with the code it speaks of."""

import re
from dataclasses import fields
from pathlib import Path

from fakes import lightspeed_r
from fakes.lightspeed_r.switches import Switches

TABLE = (Path(lightspeed_r.__file__).parent / "FIDELITY.md").read_text()
TESTS = "\n".join(path.read_text() for path in Path(__file__).parent.glob("test_r_*.py"))


def test_every_switch_is_in_the_table() -> None:
    assert [field.name for field in fields(Switches) if f"`{field.name}`" not in TABLE] == []


def test_every_test_named_in_the_table_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", TABLE))
    assert len(named) > 40
    assert [name for name in sorted(named) if f"def {name}(" not in TESTS] == []
