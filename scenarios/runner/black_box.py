"""What of a story can be told of any sync: that which speaks of the two ends alone."""

from collections.abc import Mapping

from scenarios.language.given import Shop
from scenarios.language.story import MEANWHILE, Step, Story
from scenarios.language.then import Findings
from scenarios.language.work import Sync, SyncEvery
from scenarios.runner.stage import shops_of, tills_of

BLACK_BOX_NOT: Mapping[str, str] = {
    "retry dead letters": "dead letters are our sync's own",
    "resend": "resending is our sync's own",
    "night": "nights remember in our database",
    "repair": "repairs go through our sync",
    "watchdog": "the watchdog reads our database",
    "dead letters are only": "dead letters are our sync's own",
    "no dead letters": "dead letters are our sync's own",
    "ledger leaves out": "the ledger is our sync's own",
    "sync counted": "its counts are our sync's own",
    "sync exit code": "its exit codes are our sync's own",
    "alerts are only": "alerts lie in our database",
    "no alerts": "alerts lie in our database",
    "webhooks": "the receiver is our sync's own",
    "hooks work": "the receiver is our sync's own",
    "receiver": "the receiver is our sync's own",
    "webhook again": "the receiver is our sync's own",
    "webhooks counted": "the receiver is our sync's own",
    "lag look": "sales that wait are known to our sync alone",
    "lag": "sales that wait are known to our sync alone",
    "requests": "how often it asks is each sync's own",
}


def not_black_box(story: Story, *, ours: bool) -> str:
    """Why nothing of a story can be told of another sync; empty when it can."""
    for step in story.when:
        if reason := _not_asked(step, ours=ours):
            return reason
    if _LATE in story.head.plants or any(_says_late(step) for step in story.then):
        return f"`{_LATE}`: when a sale was sent is known to our sync alone"
    if any("account_id" in one.build for one in tills_of(story.given)):
        return "`build`: an account_id is given where a fake is built, and served ones have their own"
    if any(shop.currency != "USD" for shop in _shops_of(story, "lightspeed_r")):
        return "`currency`: a lightspeed_r counts in the currency it was built with; served ones count in USD"
    return "" if trimmed(story).then else "every check is of our sync's own memory"


def _not_asked(step: Step, *, ours: bool) -> str:
    """Why another sync cannot be asked for a step; empty when it can."""
    if step.word in BLACK_BOX_NOT:
        return f"`{step.word}`: {BLACK_BOX_NOT[step.word]}"
    told = step.content
    if isinstance(told, Sync) and told.crash_at is not None:
        return "`crash at`: only our own sync can be killed at a named point"
    if isinstance(told, Sync) and told.mode == "preview":
        return "`sync: preview`: what a preview shows is our sync's own"
    if isinstance(told, Sync | SyncEvery) and not ours and told.ends != "done":
        return "`ends`: how a run that meets trouble ends is each sync's own"
    return ""


_LATE = "late"  # the one finding that is not seen at the two ends


def _says_late(step: Step) -> bool:
    return isinstance(step.content, Findings) and any(one.kind == _LATE for one in step.content.root)


def _shops_of(story: Story, kind: str) -> list[Shop]:
    names = {one.name for one in tills_of(story.given) if one.source == kind}
    return [shop for shop in shops_of(story.given) if shop.till in names]


def left_out(story: Story) -> tuple[str, ...]:
    """The checks of a story that another sync cannot be asked, each once, with the reason."""
    checks = [*story.then, *(check for step in story.when for check in step.checks)]
    words = dict.fromkeys(check.word for check in checks if check.word in BLACK_BOX_NOT)
    return tuple(f"`{word}`: {BLACK_BOX_NOT[word]}" for word in words)


def trimmed(story: Story) -> Story:
    """The story with those checks alone that speak of the two ends."""

    def kept(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(step for step in steps if step.word not in BLACK_BOX_NOT)

    when = tuple(
        Step(step.word, step.content, step.place, kept(step.checks)) if step.word == MEANWHILE else step
        for step in story.when
    )
    return Story(story.file, story.head, when, kept(story.then))
