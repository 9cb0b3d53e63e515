"""Which stories were saved since the last look."""

from collections.abc import Iterable, Mapping
from pathlib import Path

Stamps = Mapping[Path, tuple[int, int]]


def stamps(paths: Iterable[Path]) -> Stamps:
    """When each was saved and how long it is; what is just being replaced is left out."""
    found = {}
    for path in paths:
        try:
            told = path.stat()
        except OSError:
            continue
        found[path] = (told.st_mtime_ns, told.st_size)
    return found


def changed(before: Stamps, now: Stamps) -> list[Path]:
    """Stories that are new or were saved again."""
    return [path for path, stamp in now.items() if before.get(path) != stamp]
