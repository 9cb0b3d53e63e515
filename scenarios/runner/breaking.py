"""A story under which the product itself breaks: told like one that does not hold, and the next is told."""

import time
import traceback
from pathlib import Path

from scenarios.runner.run import Outcome, run_file

_ROOT = Path(__file__).resolve().parents[2]
_FRAMES_MAX = 4


def tell_file(path: Path, shown: str) -> Outcome:
    """The story in a file; a bug of the product is what is wrong with it, and ends nothing else."""
    started_s = time.perf_counter()
    try:
        return run_file(path, shown)
    except Exception as bug:  # noqa: BLE001 - whatever it is, the other stories are told all the same
        seconds = time.perf_counter() - started_s
        return Outcome(shown, path.stem, path.parent.name, told(bug, shown), seconds)


def told(bug: Exception, file: str) -> str:
    """Where in the story it happened, what it is, and the last lines of ours on the way there."""
    where = next(iter(getattr(bug, "__notes__", ())), f"{file}:1:1")
    said = str(bug).split("\n", 1)[0][:300]
    frames = [
        one for one in traceback.extract_tb(bug.__traceback__) if Path(one.filename).is_relative_to(_ROOT)
    ]
    way = [
        f"    {Path(one.filename).relative_to(_ROOT)}:{one.lineno} in {one.name}"
        for one in frames[-_FRAMES_MAX:]
    ]
    return "\n".join([f"{where}: the product broke: {type(bug).__name__}: {said}", *way])
