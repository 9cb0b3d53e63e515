"""How long the dashboard's pages take with many accounts and a year of history, asked over a socket."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import waitress
from argon2 import PasswordHasher

from monitor.settings import MonitorSettings
from monitor.web.app import build, warm
from monitor.web.guard import SECRET
from monitor.web.site import Configured
from monitor.web.users import Role
from scenarios.bench.dashboard_seed import Size, names, seed
from scenarios.bench.outcome import Check, Outcome
from sync.settings import Settings
from sync.store.database import Store, open_store
from sync.store.secrets import new_key

MS_MAX = 200.0
ASKED = 7
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_PASSWORD = "only for measuring this"  # noqa: S105 - of a user who exists for some seconds

Told = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its first answer, the middle and the slowest of all, and its size."""

    path: str
    first_ms: float
    middle_ms: float
    slowest_ms: float
    kib: float

    @property
    def holds(self) -> bool:
        """Whether it answers in time; a single slow answer is the machine's, which others share."""
        return self.middle_ms < MS_MAX


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured."""

    accounts: int
    days: int
    seed_s: float
    pages: tuple[Page, ...]

    @property
    def holds(self) -> bool:
        """Whether every page holds."""
        return all(page.holds for page in self.pages)


def settings_for(folder: Path, count: int) -> tuple[Settings, MonitorSettings]:
    """Settings with this many accounts, none of which is ever asked."""
    told = {
        "store": {"url": f"sqlite:///{folder / 'tillproof.db'}"},
        "secrets": {"key": new_key()},
        "accounts": {name: _account(place) for place, name in enumerate(names(count))},
    }
    return Settings.from_dict(told, {}), MonitorSettings.from_dict({}, {}, str(folder / "tillproof.toml"))


def measure(*, size: Size, told: Told = lambda _words, _count: None) -> Figures:
    """Seed a database, serve the dashboard over it, and ask for every page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings, own = settings_for(folder, size.accounts)
        with open_store(settings.store.url) as store:
            began = time.perf_counter()
            seed(store, (datetime.now(UTC) - timedelta(days=1)).date(), size, told)
            seed_s = time.perf_counter() - began
            with _served(Configured(settings, own, folder / "tillproof.toml"), store) as url:
                pages = tuple(_asked(url, size, told))
    return Figures(size.accounts, size.days, seed_s, pages)


def outcome(figures: Figures) -> Outcome:
    """Every page, the slow ones marked."""
    return Outcome(
        asdict(figures) | {"holds": figures.holds, "ms_max": MS_MAX},
        [
            Check(
                page.path,
                f"{page.first_ms:.0f} / {page.middle_ms:.0f} / {page.slowest_ms:.0f} · {page.kib:.0f} KiB",
                f"middle under {MS_MAX:.0f}",
                page.holds,
            )
            for page in figures.pages
        ],
        f"{figures.accounts:,} accounts, {figures.days} days each; milliseconds of a page's first answer,"
        " of the middle one and of the slowest, and its size.",
    )


def paths(size: Size, today: datetime) -> list[str]:
    """Every page that reads history, for the account that has the most of it."""
    name, run = names(size.accounts)[0], size.days
    on = (today - timedelta(days=3)).date()
    account = f"/accounts/{name}"
    return [
        "/", "/?verdict=drift", "/?name=tea&page=2", f"/?page={max(1, size.accounts // 50)}", account,
        f"{account}/calendar", f"{account}/calendar/{on.year}/{on.month}", f"{account}/days/{on}",
        f"{account}/findings", f"{account}/findings?state=all&kind=missing",
        f"{account}/findings/{size.findings + 1}",
        f"{account}/runs", f"{account}/runs/{run}", f"{account}/runs/{run}/repair", f"{account}/letters",
        f"{account}/settings", "/findings", "/findings?state=recovered&kind=amount_mismatch", "/alerts",
        "/connect",
        "/metrics", "/healthz", "/readyz",
    ]  # fmt: skip


def _asked(url: str, size: Size, told: Told) -> Iterator[Page]:
    with httpx.Client(base_url=url, timeout=60) as client:
        _sign_in(client)
        for number, path in enumerate(paths(size, datetime.now(UTC))):
            times = []
            for _ in range(ASKED):
                began = time.perf_counter()
                answer = client.get(path)
                times.append((time.perf_counter() - began) * 1000)
                if answer.status_code != 200:
                    raise ValueError(f"{path} answered {answer.status_code}")
            told("pages", number + 1)
            yield Page(path, times[0], median(times), max(times), len(answer.content) / 1024)


def _sign_in(client: httpx.Client) -> None:
    form = client.get("/sign-in").text
    token = form.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = client.post("/sign-in", data={"csrf_token": token, "name": "bench", "password": _PASSWORD})
    if answer.status_code != 303:
        raise ValueError(f"signing in answered {answer.status_code} instead of setting {SECRET}")


@contextmanager
def _served(configured: Configured, store: Store) -> Iterator[str]:
    app = warm(build(configured, store, hasher=_CHEAP))
    app.extensions["tillproof"].users.add("bench", Role.OPERATOR, _PASSWORD, (), 0)
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        app.extensions["tillproof"].jobs.close()


def _account(place: int) -> Mapping[str, Any]:
    sitoo = {"api_id": f"{90_000 + place}-1", "password": "unused", "zone": "Europe/Stockholm"}
    return {"source": "sitoo", "sitoo": sitoo, "klaviyo": {"api_key": "pk_unused"}}
