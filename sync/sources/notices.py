"""What a POS tells by webhook: hints that a sale is worth a look, read from deliveries nobody has to trust.

A POS that can tell has `hooks.py` in its folder with a function `reader(settings)`. Nothing of a delivery but
ids and versions is ever used: the sale itself is read anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from sync.sources.protocol import Link, Page


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST as it came: the last part of its path, its headers in lower case, its bytes."""

    name: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Hint:
    """A sale that is worth a look. `key` is the same for a repetition of the delivery."""

    sale_id: str
    version: int = 0  # of the sale when the vendor told; 0 when it does not say
    key: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a delivery says: sales to look at, and how many other things that need no look."""

    hints: tuple[Hint, ...] = ()
    other_count: int = 0


class Turned(Exception):
    """A delivery that is turned away for good; repeating it cannot help."""

    def __init__(self, status: int, kind: str, words: str) -> None:
        """`kind` is what it is counted as, `words` go to the sender and quote nothing of the delivery."""
        super().__init__(words)
        self.status = status
        self.kind = kind
        self.words = words


class HookReader(Protocol):
    """Reads the deliveries of one account."""

    names: frozenset[str]  # the last parts of the paths that this vendor posts to
    remark: str  # what the operator should know of the way it is secured; empty: nothing

    def read(self, delivery: Delivery) -> Heard:
        """What a delivery says. Raises Turned for one that is forged or no delivery of this vendor."""
        ...


@dataclass(frozen=True, slots=True)
class Subscription:
    """A registration at the vendor."""

    id: str
    name: str  # the kind of event
    url: str
    active: bool


class Subscriptions(Protocol):
    """The webhooks that a vendor lets us register ourselves. All raise ApiTrouble."""

    names: tuple[str, ...]  # the kinds of event that are worth registering for

    def address(self, name: str) -> str:
        """Where deliveries of this kind are to go."""
        ...

    def listed(self) -> Sequence[Subscription]:
        """Those that are ours."""
        ...

    def add(self, name: str, url: str) -> None:
        """Register; one that exists already is left as it is."""
        ...

    def activate(self, one: Subscription) -> None:
        """Switch one on again."""
        ...

    def remove(self, one: Subscription) -> None:
        """Take one back; it need not exist any more."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


@runtime_checkable
class ReadsHints(Protocol):
    """A source that reads sales it was told of in a cheaper way than one by one."""

    def read_hinted(self, hints: Sequence[Hint]) -> Iterator[Page]:
        """Pages with these sales as they are now, perhaps with others; people on them are read anew too."""
        ...


class SpeaksHooks(Protocol):
    """A POS's `hooks.py`."""

    def reader(self, settings: Any) -> HookReader:
        """Reads the account's deliveries. Raises WrongSettings when nothing could be verified."""
        ...

    def subscribing(self, link: Link, settings: Any, url: str) -> Subscriptions | str:
        """A way to register for deliveries to `url`, or what a person has to paste at the vendor's."""
        ...
