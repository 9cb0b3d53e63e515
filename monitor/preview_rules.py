"""A change of the rules as somebody words it: `exclude_zero_value=false`, `min_count=5`, `settle=4h`."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from monitor.alerting.decide import Rules, Thresholds
from sync.domain.eligibility import Exclusion
from sync.domain.planning import Kind
from sync.settings import WrongSettings

_YES, _NO = {"true", "yes", "on", "1"}, {"false", "no", "off", "0", ""}
# Settings that can only be loosened afterwards: what they leave out is in the evidence with its reason.
_LOOSENED = {
    "require_consent": Exclusion.NO_CONSENT,
    "ecommerce_sources": Exclusion.ECOMMERCE,
    "test_registers": Exclusion.TEST_SALE,
    "test_customers": Exclusion.TEST_SALE,
}
_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
KNOWN = (
    "exclude_zero_value=true|false, require_consent=false, ecommerce_sources=, test_registers=,"
    " test_customers=, REASON=off, metrics.KIND=, settle=4h, min_count=5, min_percent=0.5,"
    " min_money=100.00, worse_percent=50, mute.KIND=true"
)


@dataclass(frozen=True, slots=True)
class Changed:
    """What is changed."""

    dropped: frozenset[str] = frozenset()  # reasons that no longer leave anything out
    kinds_off: frozenset[str] = frozenset()
    add_zero_value: bool = False
    settle_s: tuple[int, int] = (0, 0)  # from, to
    thresholds: Thresholds | None = None  # of alerts
    worse_percent: float | None = None
    muted: frozenset[str] = field(default_factory=frozenset)

    @property
    def of_rules(self) -> bool:
        """Whether it changes what is owed."""
        before, after = self.settle_s
        return bool(self.dropped or self.kinds_off or self.add_zero_value or before != after)

    @property
    def of_alerts(self) -> bool:
        """Whether it changes what is told."""
        return bool(self.thresholds or self.worse_percent or self.muted)

    def rules(self, rules: Rules) -> Rules:
        """The alerts' rules with the change."""
        by_kind = dict(rules.by_kind)
        for kind in self.muted:
            by_kind[kind] = replace(rules.of(kind), mute=True)
        return Rules(self.thresholds or rules.thresholds, by_kind, self.worse_percent or rules.worse_percent)


def changed(told: Sequence[str], *, settle_s: int = 0) -> Changed:
    """Read changes such as `NAME=VALUE`; `settle_s` is what holds today. Raises WrongSettings."""
    found = Changed(settle_s=(settle_s, settle_s))
    for text in told:
        name, equals, value = text.partition("=")
        if not equals:
            raise WrongSettings(f"{text}: say NAME=VALUE; what can be previewed: {KNOWN}")
        found = _with(found, name.strip(), value.strip())
    return found


def _with(found: Changed, name: str, value: str) -> Changed:
    if name == "exclude_zero_value":
        if _truth(name, value):
            return replace(found, add_zero_value=True)
        return replace(found, dropped=found.dropped | {Exclusion.ZERO_VALUE.value})
    if name in _LOOSENED or name in set(Exclusion):
        reason = _LOOSENED.get(name) or Exclusion(name)
        if value.lower() not in _NO:
            raise WrongSettings(
                f"{name}={value}: the evidence does not say what that would leave out besides; only loosening"
                f" can be previewed ({name}=)"
            )
        return replace(found, dropped=found.dropped | {reason.value})
    if name.startswith("metrics."):
        return _switched_off(found, name.removeprefix("metrics."), value)
    if name.startswith("mute."):
        return (
            replace(found, muted=found.muted | {name.removeprefix("mute.")}) if _truth(name, value) else found
        )
    return _threshold(found, name, value)


def _switched_off(found: Changed, kind: str, value: str) -> Changed:
    kinds = {each.value for each in Kind}
    if kind not in kinds or value:
        raise WrongSettings(
            f"metrics.{kind}={value}: say metrics.KIND= with one of {', '.join(sorted(kinds))}"
        )
    return replace(found, kinds_off=found.kinds_off | {kind})


def _threshold(found: Changed, name: str, value: str) -> Changed:
    limits = found.thresholds or Thresholds()
    try:
        match name:
            case "min_count":
                return replace(found, thresholds=replace(limits, count=int(value)))
            case "min_percent":
                return replace(found, thresholds=replace(limits, percent=float(value)))
            case "min_money":
                return replace(found, thresholds=replace(limits, money=Decimal(value)))
            case "worse_percent":
                return replace(found, worse_percent=float(value))
            case "settle":
                return replace(found, settle_s=(found.settle_s[0], int(value[:-1]) * _UNITS_S[value[-1:]]))
    except (ValueError, KeyError, InvalidOperation):
        raise WrongSettings(f"{name}={value}: cannot be read; what can be previewed: {KNOWN}") from None
    raise WrongSettings(f"{name}: cannot be previewed; what can: {KNOWN}")


def _truth(name: str, value: str) -> bool:
    if value.lower() in _YES:
        return True
    if value.lower() in _NO:
        return False
    raise WrongSettings(f"{name}={value}: say true or false")
