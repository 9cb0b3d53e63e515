"""Reading ahead and sending aside: threads that let the waits on two networks overlap.

Only for real clocks. On a virtual clock everything runs in one thread, so that a run is repeatable.
"""

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
_POLL_S = 0.2  # how soon the reader notices that nobody wants its pages any more


class _End:
    """The reader is done, for the reason it holds."""

    def __init__(self, problem: BaseException | None) -> None:
        self.problem = problem


def read_ahead(items: Iterator[T], depth: int = 2) -> Iterator[T]:
    """The same items, with up to `depth` of them made in advance by another thread.

    An exception of the reader is raised here, after the items before it. Closing the generator stops it.
    """
    made: queue.Queue[T | _End] = queue.Queue(maxsize=depth)
    unwanted = threading.Event()
    reader = threading.Thread(
        target=_make, args=(items, made, unwanted), name="tillproof-reader", daemon=True
    )
    reader.start()
    try:
        while not isinstance(item := made.get(), _End):
            yield item
        if item.problem is not None:
            raise item.problem
    finally:
        unwanted.set()
        reader.join()


def _make(items: Iterator[T], made: "queue.Queue[T | _End]", unwanted: threading.Event) -> None:
    try:
        for item in items:
            if not _offered(made, item, unwanted):
                return
        end = _End(None)
    except BaseException as problem:  # noqa: BLE001 - handed over and raised where the items are used
        end = _End(problem)
    _offered(made, end, unwanted)


def _offered(made: "queue.Queue[T | _End]", item: "T | _End", unwanted: threading.Event) -> bool:
    while not unwanted.is_set():
        try:
            made.put(item, timeout=_POLL_S)
        except queue.Full:
            continue
        return True
    return False


class Aside:
    """Sends in one thread of its own, one thing after the other."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        """The pool must have exactly one worker, or order is lost."""
        self._pool = pool

    def submit(self, work: Callable[[], T], /) -> "Future[T]":
        """Queue `work`."""
        return self._pool.submit(work)


@contextmanager
def sending_aside() -> Iterator[Aside]:
    """A sender whose thread ends with the block."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="tillproof-sender") as pool:
        yield Aside(pool)
