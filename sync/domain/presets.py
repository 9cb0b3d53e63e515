"""Presets: what to send under which names, as data. Any source may use any preset."""

from collections.abc import Mapping
from dataclasses import dataclass

from sync.domain.eligibility import Policy
from sync.domain.planning import Kind


@dataclass(frozen=True, slots=True)
class Preset:
    """The names of the metrics, the rules and the rhythm of a system this one replaces."""

    name: str
    metrics: Mapping[Kind, str]
    policy: Policy
    every_s: int  # how often `run` reads the source
    mapping: str  # which property mapping the payload builder uses

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

PRESETS: Mapping[str, Preset] = {preset.name: preset for preset in (KLAVIYO_NATIVE,)}
