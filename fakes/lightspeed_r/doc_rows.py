"""Wire JSON of plain rows (docs.py)."""

from collections.abc import Set as AbstractSet

import msgspec

from fakes.lightspeed_r.docs import Doc, Schema
from fakes.lightspeed_r.wire import encoded, flag, time_text


def text(schema: Schema, row: Doc, loaded: AbstractSet[str] = frozenset()) -> str:
    """One row: what was written, else the defaults; an object that nobody wrote stays away."""
    record: dict[str, object] = {**schema.fields, **row.fields, schema.key: str(row.id)}
    if "timeStamp" in schema.fields:
        record["timeStamp"] = time_text(row.stamp_at)
    if "createTime" in schema.fields:
        record["createTime"] = time_text(row.create_at)
    if schema.archives:
        record["archived"] = flag(row.archived)
    if "systemSku" in schema.fields:
        record["systemSku"] = f"25{row.id:010d}"
    for name in schema.objects:
        written = row.fields.get(name)
        if written and (name != "Contact" or name in loaded):
            record[name] = msgspec.json.decode(written)
        else:
            del record[name]
    if schema.name == "CustomField":
        del record["of"]
        if not record["default"]:
            del record["default"]
    return encoded(record)
