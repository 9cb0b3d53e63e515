"""Presets: what to send under which names, as data. Any source may use any preset."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.domain.eligibility import Policy
from sync.domain.facts import Mark
from sync.domain.planning import Kind
from sync.domain.profile import EMAIL, EXTERNAL_ID, PHONE


@dataclass(frozen=True, slots=True)
class Fields:
    """What an account changes of the properties a mapping gives: names, what is left out, what is added."""

    renamed: Mapping[str, str] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    constants: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.renamed or self.dropped or self.constants)


@dataclass(frozen=True, slots=True)
class Preset:
    """The names of the metrics, the rules and the rhythm of a system this one replaces."""

    name: str
    metrics: Mapping[Kind, str]
    policy: Policy
    every_s: int  # how often `run` reads the source
    mapping: str  # which property mapping the payload builder uses
    event_fields: Fields = Fields()
    profile_fields: Fields = Fields()
    ordered: bool = False  # whether a profile's events wait for its earlier ones, however long that takes
    hold_s: int = 0  # how old a sale must be to be sent, so that earlier ones may still come; only if ordered
    subscribe: bool = False  # whether consent given at the till subscribes people who never said no

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of event that are sent."""
        return frozenset(self.metrics)


KLAVIYO_NATIVE = Preset(
    name="klaviyo-native",
    metrics={
        Kind.PLACED: "Placed Order",
        Kind.PRODUCT: "Ordered Product",
        Kind.REFUNDED: "Refunded Order",
        Kind.SHIPPED: "Shipped Order",
        Kind.CANCELED: "Canceled Order",
    },
    policy=Policy(),
    every_s=3600,
    mapping="klaviyo-native",
)

KLAVX = Preset(
    name="klavx",
    metrics={Kind.PLACED: "Placed Order (POS)"},  # the others are options: name them in `metrics`
    policy=Policy(exclude_zero_value=False, require_consent=True, known_profiles_suffice=True),
    every_s=900,
    mapping="klavx",
)

SITOO = Preset(
    name="sitoo",
    metrics={
        Kind.PLACED: "Placed Order",
        Kind.PRODUCT: "Ordered Product",
        Kind.REFUNDED: "Refunded Order",
        Kind.CANCELED: "Canceled Order",
    },
    policy=Policy(identifiers=(EMAIL, PHONE, EXTERNAL_ID), counted=frozenset({Mark.NETTED})),
    every_s=900,
    mapping="sitoo",
    ordered=True,
)

PRESETS: Mapping[str, Preset] = {preset.name: preset for preset in (KLAVIYO_NATIVE, KLAVX, SITOO)}
