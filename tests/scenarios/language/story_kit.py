"""A story to begin tests from, and how to tell one."""

from scenarios.language.loader import loads
from scenarios.language.nodes import WrongStory
from scenarios.runner.run import Outcome, run

HEAD = """\
story: A story made for a test
topic: tests
given:
  till: lightspeed_r
  shop: {name: Harbour, zone: America/New_York}
  articles: [{name: Mug, price: 12.00}]
  customers: [{name: Ann, email: ann@quillhaven-post.com}]
"""
SOLD = "  - sell: {sale: mug, at: 2026-05-04 10:15, to: Ann, items: {Mug: 1}}\n  - sync: once\n"


def story(when: str = SOLD, then: str = "  - monitor agrees\n", head: str = HEAD) -> str:
    """The text of a story."""
    return f"{head}when:\n{when}then:\n{then}"


def tell(text: str) -> Outcome:
    """Tell it in a world of its own."""
    return run(loads(text))


def mistakes(text: str) -> list[str]:
    """What is wrong with a story, a line each."""
    try:
        loads(text)
    except WrongStory as wrong:
        return str(wrong).split("\n")
    return []
