"""How X-Series writes values: JSON numbers with their decimals, instants in UTC, in two spellings."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

PLACEHOLDER = "https://secure.retail.lightspeed.app/images/placeholder/product/no-image-white-{}.png"
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


@lru_cache(maxsize=65_536)
def iso(at: int | None) -> str | None:
    """`2017-02-07T01:37:58+00:00`, as 2.x and the date versions write it."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()


@lru_cache(maxsize=65_536)
def plain(at: int | None) -> str | None:
    """`2017-02-07 01:37:58`, UTC without saying so, as 0.9 and webhooks write it."""
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


@lru_cache(maxsize=65_536)
def zulu(at: int | None) -> str | None:
    """`2015-05-13T01:28:55Z`, the one ISO instant of a webhook's sale."""
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: str) -> int:
    """Epoch seconds of a written instant; without an offset it is UTC. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def encoded(answer: Any) -> bytes:
    """JSON, with Decimals as numbers."""
    return _ENCODER.encode(answer)


def decoded(body: bytes) -> Any:
    """JSON, with fractions as Decimal. Raises msgspec.MsgspecError."""
    return _DECODER.decode(body)


def without_nulls(value: Any) -> Any:
    """The same, with every key whose value is null left away."""
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [without_nulls(one) for one in value]
    return value


def five_text(value: Decimal) -> str:
    """`404.07001`: an amount as text, as the old shapes write it."""
    return f"{value:.5f}"


def short_text(value: Decimal) -> str:
    """`15.6087`: an amount as text without idle zeros."""
    text = f"{value:.5f}".rstrip("0").rstrip(".")
    return text or "0"
