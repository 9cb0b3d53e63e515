"""A new story from a template that runs as it stands."""

import re
from pathlib import Path

_NAME = re.compile(r"[a-z0-9][a-z0-9_]{2,79}")
_CURRENCIES = {"lightspeed_r": "USD", "lightspeed_x": "USD", "sitoo": "SEK"}
_METRICS = {"lightspeed_r": "Placed Order", "lightspeed_x": "Placed Order (POS)", "sitoo": "Placed Order"}
_TEMPLATE = """\
story: {title}
topic: {topic}
given:
  till: {till}
  shop: {{name: Harbour, zone: {zone}, currency: {currency}}}
  articles: [{{name: Mug, price: 12.00}}]
  customers: [{{name: Ann, email: ann@quillhaven-post.com}}]
when:
  - sell: {{sale: mugs, at: 2026-05-04 10:15, to: Ann, items: {{Mug: 3}}}}
  - sync: once
then:
  - klaviyo has: [{{metric: {metric}, for: Ann, sale: mugs, value: 36.00}}]
  - monitor agrees
"""


def begin(name: str, *, topic: str, till: str, folder: Path) -> Path:
    """Write it, never over another. Raises ValueError and OSError."""
    name = name.removesuffix(".yaml")
    for what, told in (("name", name), ("topic", topic)):
        if not _NAME.fullmatch(told):
            raise ValueError(f"the {what} {told!r} is not one: small letters, digits and underscores")
    if till not in _CURRENCIES:
        raise ValueError(f"there is no till {till}; there is {', '.join(_CURRENCIES)}")
    path = folder / topic / f"{name}.yaml"
    if path.exists():
        raise ValueError(f"{path} is there already; choose another name")
    path.parent.mkdir(parents=True, exist_ok=True)
    zone = "Europe/Stockholm" if till == "sitoo" else "America/New_York"
    told = name.replace("_", " ")
    title = told[0].upper() + told[1:] if len(told) >= 8 else f"The story of {told}"
    path.write_text(
        _TEMPLATE.format(
            title=title, topic=topic, till=till, zone=zone, currency=_CURRENCIES[till], metric=_METRICS[till]
        ),
        encoding="utf-8",
    )
    return path
