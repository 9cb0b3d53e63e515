"""What every page works with: settings, database, people, jobs and the door to the sync."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from flask import abort, current_app, g

from monitor.alerting.courier import Courier
from monitor.nightly import Nights
from monitor.opening import Transports
from monitor.settings import MonitorSettings
from monitor.web.drafts import Drafts
from monitor.web.jobs import Jobs
from monitor.web.metrics import Metrics
from monitor.web.program import OpenProgram
from monitor.web.sessions import Sessions
from monitor.web.throttle import Throttle
from monitor.web.users import User, Users
from sync.domain.clock import Clock
from sync.settings import Settings
from sync.store.database import Store


@dataclass(frozen=True, slots=True)
class Configured:
    """The settings file as last read, both halves."""

    settings: Settings
    own: MonitorSettings
    path: Path  # where an account that is connected in the browser is added
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def again(self) -> "Configured":
        """The same, read anew. Raises WrongSettings."""
        return Configured(
            Settings.load(self.path, self.environment),
            MonitorSettings.load(self.path, self.environment),
            self.path,
            self.environment,
        )


@dataclass(slots=True)
class Site:
    """One dashboard. `configured` is the only part that changes: connecting an account adds it."""

    configured: Configured
    store: Store
    clock: Clock
    courier: Courier
    open_program: OpenProgram
    users: Users
    sessions: Sessions
    throttle: Throttle
    jobs: Jobs
    drafts: Drafts
    metrics: Metrics
    hosts: Sequence[str]  # names this dashboard answers to
    url: str  # as people reach it
    transports: Transports | None = None  # mounts fakes by upstream
    upstreams: Mapping[str, str] = field(default_factory=dict)  # addresses for accounts connected here

    @property
    def settings(self) -> Settings:
        """The sync's half of the settings."""
        return self.configured.settings

    @property
    def own(self) -> MonitorSettings:
        """The monitor's half of the settings."""
        return self.configured.own

    @property
    def secure(self) -> bool:
        """Whether people reach it by https only."""
        return urlsplit(self.url).scheme == "https"

    def now_s(self) -> int:
        """The current instant."""
        return int(self.clock.now().timestamp())

    def names(self, user: User) -> list[str]:
        """The accounts this person may know of, by name."""
        return sorted(name for name in self.settings.accounts if user.sees(name))

    def nights(self) -> Nights:
        """The nights, over the settings as they are now."""
        return Nights(
            self.settings, self.own, self.store, self.clock, courier=self.courier, transports=self.transports
        )


def site() -> Site:
    """The dashboard that this request is for."""
    found = current_app.extensions["tillproof"]
    assert isinstance(found, Site)
    return found


def me() -> User:
    """Who asks."""
    user = g.get("user")
    assert isinstance(user, User)  # the guard lets nobody else through
    return user


def account_or_404(name: str) -> str:
    """The account, when it is configured and this person may know of it; else there is no such page."""
    if name not in site().settings.accounts or not me().sees(name):
        abort(404)
    return name
