"""What the library must prove, read from the stories themselves; that they keep their word is their own test."""

from scenarios.language.loader import load
from scenarios.language.story import DETECTORS
from scenarios.runner.suite import LIBRARY, find, shown

# Detectors without a story that fires them, or without one that nearly does. Only ever to be made shorter.
UNPROVEN: dict[str, frozenset[str]] = {}


def test_every_detector_is_fired_by_a_story_and_nearly_fired_by_another() -> None:
    stories = [load(path, shown(path)).head for path in find([])]
    planted = {kind for head in stories for kind in head.plants}
    nearly = {kind for head in stories for kind in head.nearly_plants}
    missing = {
        "planted": frozenset(set(DETECTORS) - planted),
        "nearly planted": frozenset(set(DETECTORS) - nearly),
    }
    assert {name: kinds for name, kinds in missing.items() if kinds} == UNPROVEN


def test_a_story_lies_in_the_folder_of_its_topic() -> None:
    for path in find([]):
        assert load(path, shown(path)).head.topic == path.relative_to(LIBRARY).parts[0], path


def test_no_two_stories_have_one_title() -> None:
    titles = [load(path, shown(path)).title for path in find([])]
    assert len(set(titles)) == len(titles)
