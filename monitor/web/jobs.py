"""Work that takes longer than a page may: done by a few threads, watched on a page of its own.

Jobs live in this process. A job whose process ends is gone; what it did is kept, for every run is bounded,
recorded and goes on where it stopped.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from traceback import extract_tb
from typing import Any

from sync.domain.masking import mask_text
from sync.http.errors import ApiTrouble
from sync.settings import WrongSettings
from sync.store.errors import AccountBusy, StoreTrouble

KEPT_MAX = 200
_THREADS = 3
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """What a job came to, in words for people, and where to go on."""

    ok: bool
    words: str
    lines: Sequence[str] = ()
    link: str = ""
    link_words: str = ""
    data: Any = None  # for the page that began it


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work."""

    id: str
    account: str
    title: str
    who: str
    started_s: int
    back: str  # the page it was begun on
    ended_s: int = 0
    progress: str = ""
    done: Done | None = None

    @property
    def state(self) -> str:
        """running, done or failed."""
        return "running" if self.done is None else "done" if self.done.ok else "failed"


Work = Callable[[Callable[[str], None]], Done]


class Jobs:
    """The jobs of one dashboard."""

    def __init__(self, now_s: Callable[[], int], *, at_once: bool = False) -> None:
        """`at_once` does the work before `begin` returns, so that a test needs no waiting."""
        self._now_s = now_s
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._pool = None if at_once else ThreadPoolExecutor(_THREADS, thread_name_prefix="job")

    def begin(self, account: str, title: str, work: Work, *, who: str, back: str) -> Job:
        """Begin; when the same is under way for the account already, that job."""
        with self._lock:
            for one in self._jobs.values():
                if one.done is None and (one.account, one.title) == (account, title):
                    return one
            job = Job(secrets.token_urlsafe(12), account, title, who, self._now_s(), back)
            self._jobs[job.id] = job
            self._forget()
        if self._pool is None:
            self._do(job.id, work)
        else:
            self._pool.submit(self._do, job.id, work)
        return self._jobs[job.id]

    def find(self, number: str) -> Job | None:
        """The job of this id."""
        with self._lock:
            return self._jobs.get(number)

    def of(self, account: str, limit: int = 5) -> list[Job]:
        """The account's latest jobs, newest first."""
        with self._lock:
            return [one for one in reversed(self._jobs.values()) if one.account == account][:limit]

    def close(self) -> None:
        """Begin nothing more; what is under way ends with the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _do(self, number: str, work: Work) -> None:
        def tell(words: str) -> None:
            self._change(number, progress=words)

        try:
            done = work(tell)
        except (ApiTrouble, WrongSettings, StoreTrouble, AccountBusy) as trouble:
            done = Done(ok=False, words=mask_text(str(trouble)))
        except Exception as trouble:  # noqa: BLE001 - a job must end, whatever happened in it
            where = _where(trouble)  # never its message, which might hold anything
            _log.error("a job failed: %s", where)
            done = Done(ok=False, words=f"A fault of tillproof ({where}). Trying again does no harm.")
        self._change(number, done=done, ended_s=self._now_s())

    def _change(self, number: str, **values: Any) -> None:
        with self._lock:
            if number in self._jobs:
                self._jobs[number] = replace(self._jobs[number], **values)

    def _forget(self) -> None:
        ended = [one.id for one in self._jobs.values() if one.done is not None]
        for number in ended[: max(0, len(self._jobs) - KEPT_MAX)]:
            del self._jobs[number]


def _where(trouble: Exception) -> str:
    places = (f"{Path(at.filename).name}:{at.lineno}" for at in extract_tb(trouble.__traceback__)[-3:])
    return f"{type(trouble).__name__} at {'; '.join(places)}"


def as_json(job: Job) -> Mapping[str, str]:
    """What the page asks for while it waits."""
    return {"state": job.state, "progress": job.progress}
