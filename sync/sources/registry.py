"""Every POS there is: a folder beside this file, with `settings.py` and `pos.py`."""

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from sync.sources.fields import PosSettings
from sync.sources.notices import SpeaksHooks
from sync.sources.protocol import PointOfSale


@cache
def names() -> tuple[str, ...]:
    """The names of all POS, as settings write them after `source =`."""
    return tuple(sorted(file.parent.name for file in Path(__file__).parent.glob("*/pos.py")))


def settings_of(name: str) -> type[PosSettings]:
    """The model of a POS's section in the settings."""
    return cast("type[PosSettings]", import_module(f"sync.sources.{name}.settings").Settings)


def pos(name: str) -> PointOfSale:
    """The adapter of a POS."""
    return cast("PointOfSale", import_module(f"sync.sources.{name}.pos"))


def hooks(name: str) -> SpeaksHooks | None:
    """How a POS tells by webhook; None for one that does not."""
    if not (Path(__file__).parent / name / "hooks.py").exists():
        return None
    return cast("SpeaksHooks", import_module(f"sync.sources.{name}.hooks"))
