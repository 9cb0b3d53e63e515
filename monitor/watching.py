"""Watching somebody else's integration: which property names the sale, which metrics, whose they are.

`[monitor.watch.NAME]` of the settings says so for the account NAME. Nothing of it is ours to mend, so no
finding then offers to resend, and the sync's books are not asked. A read-only key is enough: accounts:read,
metrics:read, events:read, and profiles:read for whose profile an event hangs on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import ValidationError, field_validator

from monitor.observed import ORDER_ID
from sync.domain.planning import Kind
from sync.domain.presets import KLAVIYO_NATIVE, KLAVX, Preset
from sync.sources.fields import Strict, WrongSettings

EXAMPLE = """\
[monitor.watch.main]                      # the account [accounts.main], fed by another integration
preset = "klaviyo-r-series"               # or klavx
key = "OrderId"                           # the property of an event that names its sale
integration = "*lightspeed*"              # who owns the metrics in Klaviyo; * stands for anything
metrics = { placed = "Placed Order", canceled = "" }   # "" is not compared
"""
_ANYBODY = "*"


@dataclass(frozen=True, slots=True)
class Watching:
    """How one account's events are found and judged."""

    preset: Preset
    key_property: str
    integration: str


# Which owner Klaviyo names for these integrations is not documented: it is matched by a pattern.
PRESETS: Mapping[str, Watching] = {
    "klaviyo-r-series": Watching(
        replace(
            KLAVIYO_NATIVE,
            metrics={
                kind: name for kind, name in KLAVIYO_NATIVE.metrics.items() if kind is not Kind.CANCELED
            },
        ),
        ORDER_ID,
        "*lightspeed*",
    ),
    "klavx": Watching(KLAVX, ORDER_ID, _ANYBODY),
}


class WatchSettings(Strict):
    """One `[monitor.watch.NAME]`."""

    preset: str = ""
    key: str = ""
    integration: str = ""
    metrics: Mapping[Literal["placed", "product", "refunded", "shipped", "canceled"], str] = {}
    exclude_zero_value: bool | None = None
    require_consent: bool | None = None

    @field_validator("preset")
    @classmethod
    def _known(cls, name: str) -> str:
        if name and name not in PRESETS:
            raise ValueError(f"there is no preset {name}; there are {', '.join(sorted(PRESETS))}")
        return name


def watching(section: Mapping[str, Any], account: str, own: Preset) -> Watching | None:
    """How `account` is watched, or None where our own sync feeds it. `section` is `[monitor]`.

    Without a preset, the account's own rules and metrics are taken. Raises WrongSettings.
    """
    table = section.get("watch", {})
    if not isinstance(table, Mapping):
        raise WrongSettings("monitor.watch: must hold a section per account, such as [monitor.watch.main]")
    if account not in table:
        return None
    try:
        told = WatchSettings.model_validate(table[account])
    except ValidationError as problem:
        raise WrongSettings("\n".join(_mistakes(account, problem))) from None
    base = PRESETS.get(told.preset) or Watching(own, ORDER_ID, _ANYBODY)
    names = {**base.preset.metrics, **{Kind(kind): name for kind, name in told.metrics.items()}}
    policy = base.preset.policy
    if told.exclude_zero_value is not None:
        policy = replace(policy, exclude_zero_value=told.exclude_zero_value)
    if told.require_consent is not None:
        policy = replace(policy, require_consent=told.require_consent)
    preset = replace(
        base.preset,
        metrics={kind: name for kind, name in names.items() if name},
        policy=policy,
        subscribe=False,
    )
    return Watching(preset, told.key or base.key_property, told.integration or base.integration)


def _mistakes(account: str, problem: ValidationError) -> list[str]:
    return [
        f"monitor.watch.{account}.{'.'.join(map(str, error['loc']))}: "
        + (
            f"unknown key; known here: {', '.join(WatchSettings.model_fields)}"
            if error["type"] == "extra_forbidden"
            else error["msg"].removeprefix("Value error, ")
        )
        for error in problem.errors()
    ]
