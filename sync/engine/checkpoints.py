"""Named places between reading a page and marking its events as sent, where a test may kill the process."""

from collections.abc import Callable

Checkpoint = Callable[[str], None]

POINTS = (
    "page read",
    "page judged",
    "page written",  # inside the transaction
    "page committed",
    "batch claimed",  # inside the transaction
    "batch committed",
    "batch sent",
    "batch marked",  # inside the transaction
    "batch done",
    "profiles sent",
    "profiles marked",  # inside the transaction
    "run ended",
)


def nothing(_point: str) -> None:
    """Pass every point without doing anything."""
