"""`when`, in real time: tills that tell of their sales by webhook, the receiver, and how long sales take."""

from typing import Literal

from pydantic import Field

from scenarios.language.base import Name, Span, Words
from scenarios.language.trade import Happening
from scenarios.language.work import Crash


class Webhooks(Words):
    """From now on the tills tell the sync's receiver of every sale, which follows after each step."""

    SHORT = "till"
    till: Name = ""  # none: every till that has webhooks
    follows: Literal["after each step", "when told"] = (
        "after each step"  # when told: what comes waits for `hooks work`
    )


class HooksWork(Words):
    """Let the receiver work for so long, and the tills deliver; at once and once without a span."""

    SHORT = "span"
    span: Span = 0
    crash_at: Crash | None = None  # the receiver dies there, if it gets there, and is down
    crash_after: int = Field(default=0, ge=0)  # … so many times later


class Receiver(Words):
    """The receiver does not answer, answers that it is in trouble, is back, or is started anew."""

    SHORT = "is_"
    is_: Literal["down", "in trouble", "up", "restarted"]


class DeliveredAgain(Words):
    """A till sends once more what it has sent before, whatever became of it."""

    SHORT = "till"
    till: Name = ""  # none: the only one that has webhooks
    back: int = Field(default=1, ge=1)  # 1: the latest delivery, 2: the one before


class LagLook(Happening):
    """The monitor looks how long the latest sales take, as it does every few minutes."""

    SHORT = "till"
    till: Name = ""


WORDS: dict[str, type[Words]] = {
    "webhooks": Webhooks,
    "hooks work": HooksWork,
    "receiver": Receiver,
    "webhook again": DeliveredAgain,
    "lag look": LagLook,
}
