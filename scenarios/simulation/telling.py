"""A life as a scenario that people can read and keep."""

from pathlib import Path

from scenarios.simulation.life import Lived


def write(lived: Lived, path: Path) -> None:
    """Write the story in the language of the scenarios. Raises OSError where it cannot be written."""
    path.write_text(lived.story.as_json(), encoding="utf-8")
