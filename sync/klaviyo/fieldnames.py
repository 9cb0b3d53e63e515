"""An account's own names for properties, put onto the text a mapping made.

Values keep their very bytes: only names change, so an amount never passes through a float.
"""

import msgspec

from sync.domain.presets import Fields
from sync.klaviyo.jsontext import quoted

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def renamed(text: str, fields: Fields) -> str:
    """JSON members without braces, renamed, dropped and added to as `fields` says.

    A constant replaces a property of the same name.
    """
    members = {name: f"{quoted(name)}:{_encode(value).decode()}" for name, value in fields.constants.items()}
    kept = []
    for name, value in _decode(b"{%b}" % text.encode()).items():
        own = fields.renamed.get(name, name)
        if name not in fields.dropped and own not in members:
            kept.append(f"{quoted(own)}:{bytes(value).decode()}")
    return ",".join((*kept, *members.values()))
