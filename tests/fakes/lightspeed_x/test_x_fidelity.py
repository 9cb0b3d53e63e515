"""The fidelity table keeps up with the code it speaks of."""

import re
from pathlib import Path

from x_store import Store

from fakes import lightspeed_x
from fakes.kit.coverage import missing

TABLE = (Path(lightspeed_x.__file__).parent / "FIDELITY.md").read_text(encoding="utf-8")
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_x_*.py"))


def test_every_endpoint_switch_and_fault_is_in_the_table(store: Store) -> None:
    assert missing(store.fake, TABLE) == []


def test_every_test_named_in_the_table_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", TABLE))
    assert len(named) > 60
    assert [name for name in sorted(named) if f"def {name}(" not in TESTS] == []
