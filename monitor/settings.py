"""The `[monitor]` section of the settings file: nights, alerts and routes. Unknown keys are refused by name.

`EXAMPLE` shows the shape. A route's address holds a secret: it comes from the environment
(`TILLPROOF_ROUTE_<NAME>`), from a file, or, least good, from the settings file itself.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, field_validator

from sync.domain.clock import known_zone
from sync.sources.fields import Span, Strict, WrongSettings

EXAMPLE = """\
[monitor]
at = "05:30"                              # local time of the nightly reconciliation
zone = "America/New_York"                 # whose local time; else the zone of the account's shops
days = 7                                  # the last finished days, every night
keep_evidence = "90d"                     # both sides as Parquet
keep_reports = "400d"
heartbeat_url = "https://hc.example.com/ping/…"   # pinged after every night that was run

[monitor.accounts.main]
at = "06:00"

[monitor.alerts]
group_by = "kind"                         # or account, shop, finding
min_count = 1                             # any one of the thresholds reached is worth an alert
min_percent = 0.5
min_money = "100.00"
quiet_hours = "22:00-07:00"
zone = "America/New_York"
digest_at = "08:00"                       # one message a day instead of one each

[monitor.lag]                             # from the till until Klaviyo shows it
alert_above = "2h"

[monitor.routes.ops]                      # its address: TILLPROOF_ROUTE_OPS, any Apprise URL
kinds = ["missing", "lost_refund"]        # all when left out
"""
_CLOCK = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)$")
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")


def _wall_time(text: object) -> object:
    found = _CLOCK.match(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError('must be a local time such as "05:30"')
    return time(int(found[1]), int(found[2]))


def _wall_span(text: object) -> object:
    parts = text.split("-") if isinstance(text, str) else []
    if len(parts) != 2 or not all(_CLOCK.match(part.strip()) for part in parts):
        raise ValueError('must be two local times such as "22:00-07:00"')
    return _wall_time(parts[0]), _wall_time(parts[1])


def _zone(text: object) -> object:
    if not isinstance(text, str) or not known_zone(text):
        raise ValueError('must be a zone such as "Europe/Stockholm"')
    return text


def _money(text: object) -> object:
    if not isinstance(text, str) or not re.fullmatch(r"\d{1,12}(\.\d{1,3})?", text.strip()):
        raise ValueError('must be an amount such as "100.00"')
    return Decimal(text.strip())


WallTime = Annotated[time, BeforeValidator(_wall_time)]
WallSpan = Annotated[tuple[time, time], BeforeValidator(_wall_span)]
Zone = Annotated[str, BeforeValidator(_zone)]
Amount = Annotated[Decimal, BeforeValidator(_money)]


class NightSettings(Strict):
    """When and how far back one account is reconciled; what is left out is as `[monitor]` says."""

    at: WallTime | None = None
    zone: Zone | None = None
    days: Annotated[int, Field(ge=1, le=90)] | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Night:
    """When and how far back one account is reconciled."""

    at: time  # local time in `zone`
    zone: str | None  # None: wherever the account's shops are
    days: int
    enabled: bool = True


class KindSettings(Strict):
    """Thresholds of one kind of finding; what is left out is as `[monitor.alerts]` says."""

    mute: bool = False
    min_count: Annotated[int, Field(ge=1)] | None = None
    min_percent: Annotated[float, Field(gt=0, le=100)] | None = None
    min_money: Amount | None = None


class AlertSettings(Strict):
    """What is worth an alert, and when it goes out."""

    group_by: Literal["kind", "account", "shop", "finding"] = "kind"
    min_count: Annotated[int, Field(ge=1)] | None = None
    min_percent: Annotated[float, Field(gt=0, le=100)] | None = None
    min_money: Amount | None = None
    worse_percent: Annotated[float, Field(gt=0)] = 50.0
    quiet_hours: WallSpan | None = None
    digest_at: WallTime | None = None
    zone: Zone = "UTC"
    critical_at_once: bool = True  # what is critical waits for neither quiet hours nor digest
    kinds: Mapping[str, KindSettings] = Field(default_factory=dict)


class RouteSettings(Strict):
    """Where alerts go."""

    url: str = Field(default="", repr=False)
    url_file: Path | None = None
    accounts: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    severity: Literal["critical", "error", "warning"] = "warning"  # this grave or graver
    allow_private: bool = False  # the route may lead into the machine's own network


class LagSettings(Strict):
    """How long sales may take to Klaviyo, and how often it is looked."""

    alert_above: Span | None = None  # none: nobody is told
    percent: Annotated[float, Field(gt=0, lt=100)] = 90.0  # of the sales have to stay below it
    over: Span = 86_400  # the sales sent in so long a time are counted, and all that wait
    look_every: Span = 300  # pause between two looks at what Klaviyo shows
    look_for: Span = 6 * 3_600  # so long after it was sent an event is looked for


class MonitorSettings(Strict):
    """Everything of `[monitor]`."""

    at: WallTime = time(5, 30)
    zone: Zone | None = None
    days: Annotated[int, Field(ge=1, le=90)] = 7
    recheck_days: Annotated[int, Field(ge=0, le=180)] = 31  # so far back a night follows open findings
    settle: Span = 2 * 3600
    out: Path = Path("reports/monitor")
    link: str = ""  # where the dashboard is reached, for the links in alerts
    keep_evidence: Span = 90 * 86_400
    keep_reports: Span = 400 * 86_400
    keep_history: Span = 800 * 86_400
    catch_up_max: Annotated[int, Field(ge=1, le=90)] = 31
    tries_max: Annotated[int, Field(ge=1, le=10)] = 3  # of a night that could not be judged
    try_again_after: Span = 30 * 60
    silent_after: Span = 26 * 3600  # without a finished run the monitor counts as silent
    source_silent_after: Span | None = None  # without a finished sync the source does; none: not watched
    heartbeat_file: Path | None = None
    heartbeat_url: str = Field(default="", repr=False)
    heartbeat_private: bool = False
    accounts: Mapping[str, NightSettings] = Field(default_factory=dict)
    late_after: Span = 86_400  # a sale that took longer is a finding of its own
    lag: LagSettings = LagSettings()
    alerts: AlertSettings = AlertSettings()
    routes: Mapping[str, RouteSettings] = Field(default_factory=dict)
    watch: Mapping[str, Any] = Field(default_factory=dict)  # other integrations; read where they are watched

    @field_validator("routes")
    @classmethod
    def _names(cls, routes: Mapping[str, RouteSettings]) -> Mapping[str, RouteSettings]:
        for name in routes:
            if not _NAME.match(name):
                raise ValueError(f"{name}: a name has up to 40 letters, digits, dashes and underscores")
        return routes

    def night_of(self, account: str) -> "Night":
        """When an account is reconciled, with what it leaves out filled in."""
        own = self.accounts.get(account, NightSettings())
        return Night(own.at or self.at, own.zone or self.zone, own.days or self.days, own.enabled)

    @classmethod
    def load(cls, path: Path, environment: Mapping[str, str] | None = None) -> "MonitorSettings":
        """Read the section of a settings file. Raises WrongSettings with every mistake found."""
        try:
            told = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as problem:
            raise WrongSettings(f"{path}: cannot be read ({problem.strerror})") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise WrongSettings(f"{path}: is not TOML: {problem}") from None
        section = told.get("monitor", {})
        return cls.from_dict(section, os.environ if environment is None else environment, str(path))

    @classmethod
    def from_dict(
        cls, section: Any, environment: Mapping[str, str], where: str = "settings"
    ) -> "MonitorSettings":
        """The same from the section as a dictionary. Relative file names are relative to the file `where`."""
        try:
            settings = cls.model_validate(section)
        except ValidationError as problem:
            raise WrongSettings("\n".join(_told(problem, where))) from None
        folder = Path(where).parent
        routes = {
            name: _with_url(name, route, environment, folder) for name, route in settings.routes.items()
        }
        beat = settings.heartbeat_file
        return settings.model_copy(
            update={
                "routes": routes,
                "out": folder / settings.out,
                "heartbeat_file": folder / beat if beat else None,
                "heartbeat_url": environment.get("TILLPROOF_HEARTBEAT_URL") or settings.heartbeat_url,
            }
        )


def _with_url(name: str, route: RouteSettings, environment: Mapping[str, str], folder: Path) -> RouteSettings:
    variable = f"TILLPROOF_ROUTE_{name.upper().replace('-', '_')}"
    url = environment.get(variable) or route.url
    if not url and route.url_file is not None:
        try:
            url = (folder / route.url_file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise WrongSettings(
                f"monitor.routes.{name}.url_file: {route.url_file} cannot be read ({type(problem).__name__})"
            ) from None
    if not url.strip():
        raise WrongSettings(f"monitor.routes.{name}: has no address; put an Apprise URL into {variable}")
    return route.model_copy(update={"url": url.strip()})


def _told(problem: ValidationError, where: str) -> Iterator[str]:
    for error in problem.errors(include_input=False, include_url=False):
        place = [str(part) for part in error["loc"]]
        key = ".".join(["monitor", *place])
        if error["type"] == "extra_forbidden":
            known = _allowed(place[:-1])
            near = difflib.get_close_matches(place[-1], known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"
            yield f"{where}: {key}: unknown key; {hint}"
        else:
            yield f"{where}: {key}: {error['msg'].removeprefix('Value error, ')}"


def _allowed(place: list[str]) -> list[str]:
    model: type[BaseModel] = MonitorSettings
    for part in place:
        field = model.model_fields.get(part)
        found = _model_in(field.annotation) if field is not None else None
        model = found or model
    return sorted(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
