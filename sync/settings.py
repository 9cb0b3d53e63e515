"""Settings: one TOML file, secrets from the environment or from files, unknown keys refused by name.

`example` shows the shape.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from pydantic import BaseModel, Field, ValidationError, create_model, model_validator

from sync.domain.facts import Mark
from sync.domain.planning import Kind
from sync.domain.presets import PRESETS, Preset
from sync.fieldsettings import FieldSettings, mistakes
from sync.sources import registry
from sync.sources.fields import Address, PosSettings, Span, Strict, WrongSettings

__all__ = ["AccountSettings", "KlaviyoSettings", "Settings", "WrongSettings", "example"]

_EXAMPLE = """\
[store]
url = "sqlite:///tillproof.db"            # or postgresql://user@host/name

[secrets]
key_file = "tillproof.key"                # or TILLPROOF_KEY in the environment

[accounts.main]
source = "{source}"
preset = "{preset}"
every = {every:<32}  # or cron = "0 * * * *"

[accounts.main.{source}]
{section}
[accounts.main.klaviyo]
list_id = "XyZ123"                        # key: TILLPROOF_MAIN_KLAVIYO_API_KEY
"""
_SECRET_WORDS = {"api_key": "private key"}
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")


KindName = Literal["placed", "product", "refunded", "shipped", "canceled"]


def example(source: str) -> str:
    """A settings file to start from, with an account of this POS. Raises WrongSettings for an unknown one."""
    if source not in registry.names():
        raise WrongSettings(f"there is no POS {source}; there is {', '.join(registry.names())}")
    section = registry.settings_of(source)
    preset = PRESETS[section.PRESET]
    every = f'"{preset.every_s // 3600}h"' if preset.every_s >= 3600 else f'"{preset.every_s // 60}m"'
    return _EXAMPLE.format(source=source, preset=preset.name, every=every, section=section.EXAMPLE)


class StoreSettings(Strict):
    """Where everything is remembered."""

    url: str = "sqlite:///tillproof.db"


class SecretsSettings(Strict):
    """The key that seals credentials; TILLPROOF_KEY comes first."""

    key: str = Field(default="", repr=False)  # several, separated by commas, while keys are rotated
    key_file: Path | None = None


class KlaviyoSettings(Strict):
    """The Klaviyo account the events go to."""

    api_key: str = Field(default="", repr=False)
    api_key_file: Path | None = None
    base_url: Address = "https://a.klaviyo.com"
    list_id: str = ""  # new customers are added to this list
    welcome: bool = False  # whether being added may start the list's flows
    subscribe: bool = False  # whether consent at the till subscribes those who never said yes or no


class AccountSettings(Strict):
    """One account: where it is read, what is sent, how often."""

    source: str
    preset: str = ""  # empty: the one that suits the POS
    every: Span | None = None
    cron: str | None = None
    exclude_zero_value: bool | None = None
    ecommerce_sources: frozenset[str] | None = None
    test_registers: frozenset[str] | None = None
    test_customers: frozenset[str] | None = None
    count: frozenset[Mark] | None = None  # receipts that are sales all the same, such as "gift_card"
    delivery: Literal["ordered", "immediate"] | None = (
        None  # ordered: a profile's events wait for earlier ones
    )
    hold: Span | None = (
        None  # how old a sale must be to be sent in order, so that earlier ones may still come
    )
    metrics: Mapping[KindName, str] = Field(default_factory=dict)
    event_fields: FieldSettings = FieldSettings()
    profile_fields: FieldSettings = FieldSettings()
    klaviyo: KlaviyoSettings

    @property
    def pos(self) -> PosSettings:
        """The section of the account's POS, which carries the POS's name."""
        return cast("PosSettings", getattr(self, self.source))

    @model_validator(mode="before")
    @classmethod
    def _own_section(cls, told: object) -> object:
        """The section of its own POS, and of no other."""
        source = told.get("source") if isinstance(told, dict) else None
        if not isinstance(told, dict) or source is None:
            return told
        if source not in registry.names():
            raise ValueError(f"source: there is no POS {source}; there is {', '.join(registry.names())}")
        for name in registry.names():
            if name != source and name in told:
                raise ValueError(f"{name}: this account is a {source} one; drop the section")
        return {source: {}, **told}

    @model_validator(mode="after")
    def _consistent(self) -> "AccountSettings":
        if self.preset and self.preset not in PRESETS:
            raise ValueError(
                f"preset: there is no preset {self.preset}; there is {', '.join(sorted(PRESETS))}"
            )
        if self.every is not None and self.cron is not None:
            raise ValueError("every: say either `every` or `cron`, not both")
        if self.hold is not None and not self.resolved().ordered:
            raise ValueError('hold: only orders can be held; say delivery = "ordered" too, or drop it')
        if wrong := mistakes(self.resolved().mapping, self.event_fields, self.profile_fields):
            raise ValueError("; ".join(wrong))
        names = list(self.resolved().metrics.values())
        if len(set(names)) < len(names):
            raise ValueError(
                "metrics: two kinds of event have the same name; Klaviyo could not tell them apart"
            )
        return self

    def resolved(self) -> Preset:
        """The preset with this account's own choices; a metric named "" is switched off."""
        preset = PRESETS[self.preset or self.pos.PRESET]
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
        if self.count is not None:
            policy = replace(policy, counted=self.count)
        ordered = preset.ordered if self.delivery is None else self.delivery == "ordered"
        preset = replace(preset, ordered=ordered, hold_s=self.hold or preset.hold_s)
        preset = replace(
            preset,
            event_fields=self.event_fields.resolved(),
            profile_fields=self.profile_fields.resolved(),
            subscribe=self.klaviyo.subscribe,
        )
        return replace(preset, metrics=metrics, policy=policy, every_s=self.every or preset.every_s)


if TYPE_CHECKING:
    _Account = AccountSettings
else:  # with a section for each POS there is, so that a new one needs no change here
    _Account = create_model(
        "AccountSettings",
        __base__=AccountSettings,
        **{name: (registry.settings_of(name) | None, None) for name in registry.names()},
    )


class Settings(Strict):
    """Everything. Components get the small part they need, never all of it."""

    store: StoreSettings = StoreSettings()
    secrets: SecretsSettings = SecretsSettings()
    accounts: Mapping[str, _Account] = Field(default_factory=dict)
    monitor: Mapping[str, Any] = Field(default_factory=dict)  # the monitor reads its own section

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

    def found(section: PosSettings | KlaviyoSettings, where: str, field: str) -> str:
        key = f"accounts.{name}.{where}"
        secret = environment.get(f"{prefix}_{where.upper()}_{field.upper()}") or getattr(section, field)
        file = getattr(section, f"{field}_file")
        if not secret and file is not None:
            secret = _file(folder / file, f"{key}.{field}_file")
        return _clean(secret, f"{key}: the {_SECRET_WORDS.get(field, field.replace('_', ' '))}")

    pos = {field: found(account.pos, account.source, field) for field in account.pos.SECRETS}
    key = found(account.klaviyo, "klaviyo", "api_key")
    return account.model_copy(
        update={
            account.source: account.pos.model_copy(update=pos),
            "klaviyo": account.klaviyo.model_copy(update={"api_key": key}),
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
