"""What was asked of a comparison on the command line, as options. Mistakes are said in words."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from monitor.offline.engine import Options
from sync.domain.presets import KLAVIYO_NATIVE

DEFAULT_METRICS = {kind.value: name for kind, name in KLAVIYO_NATIVE.metrics.items()}
_UNITS = {"KB": 2**10, "MB": 2**20, "GB": 2**30}
_MEMORY_MIN = 400 * 2**20  # below it, the interpreter and the report leave nothing for the comparison


def options(
    metrics: Sequence[str],
    *,
    as_of: str | None,
    settle_min: int,
    tolerance_minor: int,
    memory_limit: str,
    threads: int,
) -> Options:
    """The options; raises ValueError with what to write instead."""
    return Options(
        metrics={**DEFAULT_METRICS, **dict(map(_metric, metrics))},
        as_of=_instant(as_of) if as_of else None,
        settle_s=settle_min * 60,
        tolerance_minor=tolerance_minor,
        memory_bytes=memory_bytes(memory_limit),
        threads=threads,
    )


def memory_bytes(text: str) -> int:
    """`2GB` in bytes; raises ValueError for anything that is no size or too small to work in."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]B)", text.strip().upper())
    if found is None:
        raise ValueError(f"--memory-limit {text} is no size; write it as in 800MB or 2GB")
    size = int(float(found[1]) * _UNITS[found[2]])
    if size < _MEMORY_MIN:
        raise ValueError(f"--memory-limit {text} is too little; at least 400MB are needed")
    return size


def _metric(text: str) -> tuple[str, str]:
    kind, equals, name = text.partition("=")
    if not (kind.strip() and equals and name.strip()):
        raise ValueError(f"--metric {text} says no name; write it as in 'placed=Placed Order (POS)'")
    return kind.strip(), name.strip()


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"--as-of {text} is no instant; write it as in 2026-03-04T12:00:00Z") from None
    if instant.tzinfo is None:
        raise ValueError(f"--as-of {text} names no time zone; write it as in 2026-03-04T12:00:00Z")
    return instant.astimezone(UTC)
