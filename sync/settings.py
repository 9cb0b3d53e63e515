"""Settings: one TOML file, secrets from the environment or from files, unknown keys refused by name.

`EXAMPLE` shows the shape.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from sync.domain.planning import Kind
from sync.domain.presets import PRESETS, Preset

EXAMPLE = """\
[store]
url = "sqlite:///tillproof.db"            # or postgresql://user@host/name

[secrets]
key_file = "tillproof.key"                # or TILLPROOF_KEY in the environment

[accounts.main]
source = "lightspeed_r"
preset = "klaviyo-native"
every = "1h"                              # or cron = "0 * * * *"

[accounts.main.lightspeed_r]
client_id = "…"                           # secret: TILLPROOF_MAIN_LIGHTSPEED_R_CLIENT_SECRET
open_hours = "08:00-20:00"                # live polling while shops are open

[accounts.main.klaviyo]
list_id = "XyZ123"                        # key: TILLPROOF_MAIN_KLAVIYO_API_KEY
"""
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")


class WrongSettings(Exception):
    """The settings cannot be used. The message names file, key and remedy, one mistake a line."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _seconds(text: object) -> object:
    found = re.fullmatch(r"(\d+)\s*([smhd])", text.strip()) if isinstance(text, str) else None
    if found is None or int(found[1]) == 0:
        raise ValueError('must be a span such as "15m", "1h" or "30s"')
    return int(found[1]) * _UNITS_S[found[2]]


def _hours(text: object) -> object:
    found = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError('must be two local times such as "08:00-20:00"')
    hours = [int(part) for part in found.groups()]
    return time(hours[0], hours[1]), time(hours[2] % 24, hours[3])


def _address(text: object) -> object:
    parts = urlsplit(text) if isinstance(text, str) else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError('must be an address such as "https://api.example.com"')
    return text


Address = Annotated[str, BeforeValidator(_address)]
Span = Annotated[int, BeforeValidator(_seconds)]
OpenHours = Annotated[tuple[time, time], BeforeValidator(_hours)]
KindName = Literal["placed", "product", "refunded", "shipped", "canceled"]


class StoreSettings(_Strict):
    """Where everything is remembered."""

    url: str = "sqlite:///tillproof.db"


class SecretsSettings(_Strict):
    """The key that seals credentials; TILLPROOF_KEY comes first."""

    key: str = Field(default="", repr=False)  # several, separated by commas, while keys are rotated
    key_file: Path | None = None


class LightspeedRSettings(_Strict):
    """A Lightspeed R-Series account."""

    client_id: str
    client_secret: str = Field(default="", repr=False)
    client_secret_file: Path | None = None
    account_id: str = ""  # empty: the one the connection is for
    api_url: Address = "https://api.lightspeedapp.com"
    auth_url: Address = "https://cloud.lightspeedapp.com"
    open_hours: OpenHours | None = None  # local time of the shops; None: no live polling


class KlaviyoSettings(_Strict):
    """The Klaviyo account the events go to."""

    api_key: str = Field(default="", repr=False)
    api_key_file: Path | None = None
    base_url: Address = "https://a.klaviyo.com"
    list_id: str = ""  # new customers are added to this list
    welcome: bool = False  # whether being added may start the list's flows


class AccountSettings(_Strict):
    """One account: where it is read, what is sent, how often."""

    source: Literal["lightspeed_r"]
    preset: str = "klaviyo-native"
    every: Span | None = None
    cron: str | None = None
    exclude_zero_value: bool | None = None
    ecommerce_sources: frozenset[str] | None = None
    test_registers: frozenset[str] | None = None
    test_customers: frozenset[str] | None = None
    metrics: Mapping[KindName, str] = Field(default_factory=dict)
    lightspeed_r: LightspeedRSettings
    klaviyo: KlaviyoSettings

    @model_validator(mode="after")
    def _consistent(self) -> "AccountSettings":
        if self.preset not in PRESETS:
            raise ValueError(
                f"preset: there is no preset {self.preset}; there is {', '.join(sorted(PRESETS))}"
            )
        if self.every is not None and self.cron is not None:
            raise ValueError("every: say either `every` or `cron`, not both")
        names = list(self.resolved().metrics.values())
        if len(set(names)) < len(names):
            raise ValueError(
                "metrics: two kinds of event have the same name; Klaviyo could not tell them apart"
            )
        return self

    def resolved(self) -> Preset:
        """The preset with this account's own choices; a metric named "" is switched off."""
        preset = PRESETS[self.preset]
        changed = {Kind(kind): name for kind, name in self.metrics.items()}
        metrics = {kind: name for kind, name in {**preset.metrics, **changed}.items() if name}
        policy = preset.policy
        if self.exclude_zero_value is not None:
            policy = replace(policy, exclude_zero_value=self.exclude_zero_value)
        if self.ecommerce_sources is not None:
            policy = replace(policy, ecommerce_sources=frozenset(s.lower() for s in self.ecommerce_sources))
        if self.test_registers is not None:
            policy = replace(policy, test_registers=self.test_registers)
        if self.test_customers is not None:
            policy = replace(policy, test_customers=self.test_customers)
        return replace(preset, metrics=metrics, policy=policy, every_s=self.every or preset.every_s)


class Settings(_Strict):
    """Everything. Components get the small part they need, never all of it."""

    store: StoreSettings = StoreSettings()
    secrets: SecretsSettings = SecretsSettings()
    accounts: Mapping[str, AccountSettings] = Field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that open credentials, the current one first."""
        return tuple(part for part in re.split(r"[,\s]+", self.secrets.key) if part)

    @model_validator(mode="after")
    def _names(self) -> "Settings":
        for name in self.accounts:
            if not _NAME.match(name):
                raise ValueError(
                    f"accounts.{name}: a name has up to 40 letters, digits, dashes and underscores"
                )
        return self

    @classmethod
    def load(cls, path: Path, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read a settings file. Raises WrongSettings with every mistake found."""
        try:
            told = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise WrongSettings(
                f"{path}: there is no such file; `tillproof accounts example` prints one to start from"
            ) from None
        except OSError as problem:
            raise WrongSettings(f"{path}: cannot be read ({problem.strerror})") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise WrongSettings(f"{path}: is not TOML: {problem}") from None
        return cls.from_dict(told, environment if environment is not None else os.environ, str(path))

    @classmethod
    def from_dict(
        cls, told: Mapping[str, Any], environment: Mapping[str, str], where: str = "settings"
    ) -> "Settings":
        """The same from a dictionary. Relative file names are relative to the file at `where`."""
        folder = Path(where).parent
        try:
            settings = cls.model_validate(told)
        except ValidationError as problem:
            raise WrongSettings("\n".join(_told(problem, where))) from None
        accounts = {
            name: _with_secrets(name, account, environment, folder)
            for name, account in settings.accounts.items()
        }
        return settings.model_copy(
            update={"accounts": accounts, "secrets": _with_key(settings.secrets, environment, folder)}
        )


def _with_key(secrets: SecretsSettings, environment: Mapping[str, str], folder: Path) -> SecretsSettings:
    key = environment.get("TILLPROOF_KEY") or secrets.key
    if not key and secrets.key_file is not None:
        key = _file(folder / secrets.key_file, "secrets.key_file")
    return secrets.model_copy(update={"key": key})


def _with_secrets(
    name: str, account: AccountSettings, environment: Mapping[str, str], folder: Path
) -> AccountSettings:
    prefix = f"TILLPROOF_{name.upper().replace('-', '_')}"
    till, klaviyo = account.lightspeed_r, account.klaviyo
    secret = environment.get(f"{prefix}_LIGHTSPEED_R_CLIENT_SECRET") or till.client_secret
    if not secret and till.client_secret_file is not None:
        secret = _file(folder / till.client_secret_file, f"accounts.{name}.lightspeed_r.client_secret_file")
    key = environment.get(f"{prefix}_KLAVIYO_API_KEY") or klaviyo.api_key
    if not key and klaviyo.api_key_file is not None:
        key = _file(folder / klaviyo.api_key_file, f"accounts.{name}.klaviyo.api_key_file")
    return account.model_copy(
        update={
            "lightspeed_r": till.model_copy(
                update={"client_secret": _clean(secret, f"accounts.{name}.lightspeed_r: the client secret")}
            ),
            "klaviyo": klaviyo.model_copy(
                update={"api_key": _clean(key, f"accounts.{name}.klaviyo: the private key")}
            ),
        }
    )


def _clean(secret: str, what: str) -> str:
    """A secret as it was meant; pasting often brings a line break along. Quotes nothing of it."""
    text = secret.strip()
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise WrongSettings(f"{what} holds a blank or a character that none has; copy it anew")
    return text


def _file(path: Path, key: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise WrongSettings(f"{key}: {path} cannot be read ({problem.strerror})") from None
    except UnicodeDecodeError:
        raise WrongSettings(f"{key}: {path} is no text file; copy the secret into it anew") from None


def _told(problem: ValidationError, where: str) -> Iterator[str]:
    for error in problem.errors():
        place = [str(part) for part in error["loc"]]
        key = ".".join(place)
        if error["type"] == "extra_forbidden":
            near = difflib.get_close_matches(place[-1], _allowed(place[:-1]), n=1)
            hint = (
                f"; did you mean `{near[0]}`?" if near else f"; known here: {', '.join(_allowed(place[:-1]))}"
            )
            yield f"{where}: {key}: unknown key{hint}"
        elif error["type"] == "missing":
            yield f"{where}: {key}: is missing; `tillproof accounts example` shows where it belongs"
        else:
            message = error["msg"].removeprefix("Value error, ")
            yield f"{where}: {f'{key}: ' if key else ''}{message}"


def _allowed(place: list[str]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in place:
        field = model.model_fields.get(part)
        if field is None:
            continue  # the name of an account
        found = _model_in(field.annotation)
        if found is None:
            return sorted(get_args(KindName))
        model = found
    return sorted(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        found = _model_in(part)
        if found is not None:
            return found
    return None
