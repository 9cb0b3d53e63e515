"""YAML as plain values that remember where they stand in their file.

Only what a story needs is understood: mappings, lists and plain words. A number with a point is a Decimal,
`true` and `false` are truth values, everything else is text, dates and times too. Anchors, tags and two keys
of the same name are mistakes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

STORY_BYTES_MAX = 200_000
_WHOLE = re.compile(r"-?\d{1,18}")
_POINT = re.compile(r"-?\d{1,18}\.\d{1,9}")
_TRUTH = {"true": True, "false": False}
_KINDS = ("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "seq", "map")
_STANDARD = frozenset(f"tag:yaml.org,2002:{kind}" for kind in _KINDS)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """As editors and compilers write it."""
        return f"{self.file}:{self.line}:{self.column}"


class WrongStory(Exception):
    """A story cannot be read. The message has a line for each mistake, with its place and what is right."""


Way = tuple[str | int, ...]


@dataclass(slots=True)
class Told:
    """What a file says. `places` has each value's place by its way there, `keys` each key's."""

    file: str
    value: Any = None
    places: dict[Way, Place] = field(default_factory=dict)
    keys: dict[Way, Place] = field(default_factory=dict)

    def place(self, way: Way) -> Place:
        """The place of what is on this way, or of the nearest thing round it."""
        for length in range(len(way), -1, -1):
            found = self.keys.get(way[:length]) or self.places.get(way[:length])
            if found is not None:
                return found
        return Place(self.file, 1, 1)


def read(text: str, file: str) -> Told:
    """The first document of a text. Raises WrongStory."""
    if len(text) > STORY_BYTES_MAX:
        raise WrongStory(f"{file}:1:1: a story has at most {STORY_BYTES_MAX:,} characters; split it")
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = _in_plain_words(str(problem.problem))
        raise WrongStory(f"{file}:{line}:{column}: this is not YAML: {said}") from None
    except RecursionError:
        raise WrongStory(f"{file}:1:1: lists and mappings lie too deep within each other") from None
    except (YAMLError, ValueError) as problem:
        raise WrongStory(f"{file}:1:1: this is not YAML: {type(problem).__name__}") from None
    if node is None:
        raise WrongStory(f"{file}:1:1: the file is empty; `tillproof scenarios new` starts a story")
    return _Reading(file).read(node)


def read_file(path: Path, shown: str = "") -> Told:
    """A file's document; `shown` is what messages call it. Raises WrongStory."""
    name = shown or str(path)
    try:
        with path.open(encoding="utf-8") as file:
            # No further than it takes to see that it is too long, whatever it is.
            return read(file.read(STORY_BYTES_MAX + 1), name)
    except OSError as problem:
        raise WrongStory(f"{name}:1:1: cannot be read ({problem.strerror})") from None
    except UnicodeDecodeError:
        raise WrongStory(f"{name}:1:1: is not a text file in UTF-8") from None


_IN_PLAIN_WORDS = {
    "found character '\\t' that cannot start any token": "a line is indented with a tab; use spaces",
    "but found another document": "one file tells one story, and here another begins (`---`)",
    "mapping values are not allowed here": "a colon stands where none can; is the line indented like those "
    "before it, and is a text with a colon in quotes?",
    "found unexpected end of stream": "the file ends before a quote is closed",
}


def _in_plain_words(problem: str) -> str:
    """What the reader of YAML complains of, for somebody who does not read YAML for a living."""
    return _IN_PLAIN_WORDS.get(problem, problem)


class _Reading:
    """One document on its way from nodes to values."""

    def __init__(self, file: str) -> None:
        self._told = Told(file)
        self._seen: set[int] = set()

    def read(self, node: Node) -> Told:
        self._told.value = self._value(node, ())
        return self._told

    def _value(self, node: Node, way: Way) -> Any:
        place = self._told.places[way] = self._place(node)
        if id(node) in self._seen:
            raise WrongStory(f"{place}: anchors and aliases are not understood; write it out")
        self._seen.add(id(node))
        if isinstance(node, ScalarNode):
            return _plain(node, place)
        if str(node.tag) not in _STANDARD:
            raise WrongStory(f"{place}: tags such as {node.tag} are not understood")
        if isinstance(node, SequenceNode):
            return [self._value(one, (*way, number)) for number, one in enumerate(node.value)]
        if isinstance(node, MappingNode):
            return dict(self._members(node, way))
        raise WrongStory(f"{place}: this is neither a word nor a list nor a mapping")

    def _members(self, node: MappingNode, way: Way) -> Iterator[tuple[str, Any]]:
        keys: set[str] = set()
        for key_node, value_node in node.value:
            place = self._place(key_node)
            if not isinstance(key_node, ScalarNode):
                raise WrongStory(f"{place}: a key is a plain word")
            key = str(key_node.value)
            if key in keys:
                raise WrongStory(f"{place}: `{key}` stands here twice")
            keys.add(key)
            self._told.keys[*way, key] = place
            yield key, self._value(value_node, (*way, key))

    def _place(self, node: Node) -> Place:
        return Place(self._told.file, node.start_mark.line + 1, node.start_mark.column + 1)


def _plain(node: ScalarNode, place: Place) -> Any:
    text = str(node.value)
    if str(node.tag) not in _STANDARD:
        raise WrongStory(f"{place}: tags such as {node.tag} are not understood")
    if node.style is not None:
        return text
    if text in _TRUTH:
        return _TRUTH[text]
    if text in {"", "~", "null"}:
        return None
    if _WHOLE.fullmatch(text):
        return int(text)
    return Decimal(text) if _POINT.fullmatch(text) else text
