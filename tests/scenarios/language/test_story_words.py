"""Reading stories: what is wrong is told with its place and the nearest right word."""

import copy
import json
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from story_kit import HEAD, SOLD, mistakes, story

from monitor.report_data import FindingKind
from scenarios.language import schema, wordlist
from scenarios.language.base import spoken
from scenarios.language.examples import EXAMPLES, GIVEN
from scenarios.language.given import Given
from scenarios.language.loader import load_told, loads
from scenarios.language.nodes import Told, Way, WrongStory, read
from scenarios.language.story import CHECKS, HAPPENINGS
from scenarios.runner.run import DO, LOOK
from scenarios.runner.suite import LIBRARY, find


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (story("  - sel: {sale: mug}\n"), "story.yaml:9:5: unknown step `sel`; did you mean `sell`?"),
        (
            story("  - sell: {sale: mug, items: {Mug: 1}, uploadd: 10:15}\n"),
            "story.yaml:9:40: unknown word `uploadd`; did you mean `uploaded`?",
        ),
        (
            story(then="  - monitor agree\n"),
            "story.yaml:12:5: unknown step `monitor agree`; did you mean `monitor agrees`?",
        ),
        (story("  - sync: onse\n"), "story.yaml:9:5: `mode` is one of 'once', 'backfill' or 'preview'"),
        (story("  - sync: {at: noon}\n"), "story.yaml:9:12: `at`: must be a time such as 10:15"),
        (story("  - sync: {at: 2026-02-30 10:15}\n"), "story.yaml:9:12: `at`: there is no day 2026-02-30"),
        (story("  - sync: {at: 25:15}\n"), "story.yaml:9:12: `at`: there is no time of day 25:15"),
        (
            story(head=HEAD.replace("America/New_York", "America/Newyork")),
            "story.yaml:5:25: `zone`: there is no time zone America/Newyork; did you mean `America/New_",
        ),
        (
            story("  - receiver: dwon\n"),
            "story.yaml:9:5: `is` is one of 'down', 'in trouble', 'up' or 'restarted'; did you mean `down`?",
        ),
        (
            story("  - sell: {sale: mug, items: 3}\n"),
            "story.yaml:9:23: `items`: must say what and how many, such as {Mug: 3}",
        ),
        (story(head="story: 12345678\ntopic: tests\ngiven: 5\n"), "story.yaml:1:1: `story`: must be text"),
        (
            story("  - wait: a while\n"),
            "story.yaml:9:5: `span`: must be a span such as 90s, 15m, 2h or 3 days",
        ),
        (
            story("  - no alerts\n"),
            "story.yaml:9:5: `no alerts` is a check; put it under `then:`, or under `meanwhile:` between",
        ),
        (
            story(then="  - sync: once\n"),
            "story.yaml:12:5: `sync` is something that happens; put it under `when:`",
        ),
        (
            story("  - {sync: once, wait: 2h}\n"),
            "story.yaml:9:5: a step has one word; here are `sync`, `wait`",
        ),
        (
            story(head=f"{HEAD}plans: [missing]\n"),
            "story.yaml:8:1: unknown word `plans`; did you mean `plants`?",
        ),
        (
            story(head=f"{HEAD}plants: [mising]\n"),
            "story.yaml:8:1: there is no detector `mising`; did you mean `missing`?",
        ),
        (f"{HEAD}when: []\n", "story.yaml:1:1: `then:` is missing"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_is_right(text: str, told: str) -> None:
    assert mistakes(text)[0].startswith(told)


def test_every_mistake_is_told_at_once() -> None:
    assert len(mistakes(story("  - sel: {}\n  - sync: onse\n  - wait: x\n"))) == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [1\n", "x.yaml:2:1: this is not YAML"),
        ("a: 1\na: 2\n", "x.yaml:2:1: `a` stands here twice"),
        ("a: &x 1\nb: *x\n", "x.yaml:1:4: anchors and aliases are not understood"),
        ("a: !!python/object:os.system x\n", "x.yaml:1:4: tags such as"),
        ("", "x.yaml:1:1: the file is empty"),
        ("? [a]\n: 1\n", "x.yaml:1:3: a key is a plain word"),
        ("a:\n\t- b\n", "x.yaml:2:1: this is not YAML: a line is indented with a tab; use spaces"),
        ("a: 1\n---\nb: 2\n", "x.yaml:2:1: this is not YAML: one file tells one story, and here another"),
        ("[" * 2000, "x.yaml:1:1: lists and mappings lie too deep within each other"),
        ("a" * 200_001, "x.yaml:1:1: a story has at most 200,000 characters; split it"),
    ],
)
def test_what_no_story_needs_is_refused(text: str, told: str) -> None:
    with pytest.raises(Exception, match=r"x\.yaml") as refused:
        read(text, "x.yaml")
    assert str(refused.value).startswith(told)


def test_amounts_are_exact_and_times_stay_words() -> None:
    told = read("price: 0.10\nat: 10:15\nday: 2026-05-04\nyes: yes\nhow: true\n", "x.yaml").value
    assert told == {"price": Decimal("0.10"), "at": "10:15", "day": "2026-05-04", "yes": "yes", "how": True}


def test_a_word_that_has_a_main_thing_may_stand_with_it_alone() -> None:
    short = loads(story("  - void: mug\n  - sync once\n  - sync: {at: 11:00}\n"))
    assert [step.content.model_dump().get("of") or step.content.mode for step in short.when] == [
        "mug",
        "once",
        "once",
    ]


def test_every_word_is_carried_out_and_only_words_are() -> None:
    assert DO.keys() == HAPPENINGS.keys()
    assert LOOK.keys() == CHECKS.keys()


def test_a_story_can_speak_of_every_finding_there_is() -> None:
    for kind in FindingKind:
        assert not mistakes(story(then=f"  - monitor finds: [{{kind: {kind.value}}}]\n"))
    told = mistakes(story(then="  - monitor finds: [{kind: mising}]\n"))
    assert told == ["story.yaml:12:22: `kind`: there is no finding `mising`; did you mean `missing`?"]


def test_the_schema_for_editors_is_fresh() -> None:
    assert schema.FILE.read_text(encoding="utf-8") == schema.text(), (
        "words changed: tillproof scenarios schema --out scenarios/language/story.schema.json"
    )


def test_every_word_has_an_example_that_is_right() -> None:
    assert EXAMPLES.keys() == HAPPENINGS.keys() | CHECKS.keys()
    for word, example in EXAMPLES.items():
        text = story(f"  - {example}\n") if word in HAPPENINGS else story(then=f"  - {example}\n")
        assert mistakes(text) == [], word
    assert GIVEN.keys() == {spoken(name) for name in Given.model_fields}
    for word, example in GIVEN.items():
        till = "" if word in {"till", "tills"} else "  till: sitoo\n"
        head = f"story: An example\ntopic: tests\ngiven:\n{till}  {example}\n"
        assert mistakes(story(head=head)) == [], word


def test_every_word_is_explained_in_words_of_its_own() -> None:
    words = [line.split(" | ") for line in wordlist.listed().split("\n") if line.startswith("| `")]
    said = [row[1] for row in words if len(row) == 3]
    assert all(one.endswith(".") and len(one) > 10 for one in said)
    assert sorted({one for one in said if said.count(one) > 1}) == []


def test_the_readme_lists_every_word_as_it_is() -> None:
    readme = (LIBRARY / "README.md").read_text(encoding="utf-8")
    assert readme == wordlist.put_into(readme), "words changed: tillproof scenarios words"
    assert all(f"| `{word}` |" in readme for word in (*HAPPENINGS, *CHECKS))


def test_the_schema_takes_every_story_and_no_wrong_word() -> None:
    known = jsonschema.Draft202012Validator(json.loads(schema.text()))
    for path in find([]):
        told = read(path.read_text(encoding="utf-8"), path.name).value
        assert not [error.message for error in known.iter_errors(_plain(told))][:1], path
    wrong = _plain(read(story(SOLD.replace("sell", "sel")), "x.yaml").value)
    assert [error.json_path for error in known.iter_errors(wrong)] == ["$.when[0]"]


def test_editors_and_the_loader_agree_on_what_is_no_story() -> None:
    # Stories with one thing changed at random: left out, doubled, called otherwise, or something else in its
    # place. What is refused on one side is refused on the other, but for zones, which only we can look up.
    known = jsonschema.Draft202012Validator(json.loads(schema.text()))
    chance = random.Random(20260504)
    whole = [read(path.read_text(encoding="utf-8"), path.name).value for path in find([])]
    names = sorted({part for told in whole for way in _ways(told) for part in way if isinstance(part, str)})
    refused = 0
    for _ in range(700):
        told = copy.deepcopy(chance.choice(whole))
        changed = _spoiled(told, chance, names)
        says = _complaint(copy.deepcopy(told))
        assert bool(says) is not known.is_valid(_plain(told)) or "time zone" in says, (changed, says)
        refused += bool(says)
    assert 300 < refused < 650


_ODD: tuple[Any, ...] = (
    None, True, 0, -1, Decimal("1.5"), "", "mug", "10:15", "2026-05-04", "90s", "once", [], {}, ["x"], [{}],
    {"x": 1}, {"at": "10:15"}, [["x"]], "missing", "sync once", "monitor agrees", "wait 2h", "void mug",
)  # fmt: skip


def _spoiled(told: Any, chance: random.Random, names: list[str]) -> object:
    """Change one thing; what was done is returned."""
    way = chance.choice([way for way in _ways(told) if way])
    parent = told
    for part in way[:-1]:
        parent = parent[part]
    done = chance.choice(("else", "gone", "renamed", "more", "listed"))
    odd, name = copy.deepcopy(chance.choice(_ODD)), chance.choice(names)
    if done == "else":
        parent[way[-1]] = odd
    elif done == "gone":
        del parent[way[-1]]
    elif done == "listed":
        parent[way[-1]] = [parent[way[-1]]]
    elif isinstance(parent, dict):
        parent[name] = parent.pop(way[-1]) if done == "renamed" else odd
    else:
        parent.insert(way[-1], odd)
    return done, way, odd, name


def _ways(told: Any, way: Way = ()) -> Iterator[Way]:
    yield way
    inside = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    for part, one in inside:
        yield from _ways(one, (*way, part))


def _complaint(told: Any) -> str:
    try:
        load_told(Told("x.yaml", told))
    except WrongStory as wrong:
        return str(wrong)
    return ""


def _plain(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: _plain(value) for key, value in told.items()}
    if isinstance(told, list):
        return [_plain(value) for value in told]
    return float(told) if isinstance(told, Decimal) else told
