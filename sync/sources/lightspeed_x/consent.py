"""What counts as consent at the till. `do_not_email` is an opt-out and never an opt-in, whatever it says.

Its default is false, so false mostly means that nobody asked. What a yes looks like is the merchant's own
practice, and therefore a setting without a default.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sync.domain.facts import Marketing
from sync.sources.lightspeed_x import wire

_FIELD = re.compile(r"^custom_field_([1-4]):(.+)$")
WORDS = (
    'must be one of "nobody", "unless_opted_out", "sms_opt_in", "loyalty", "group:NAME" and '
    '"custom_field_1:TEXT" (to 4)'
)


@dataclass(frozen=True, slots=True)
class Consent:
    """How this merchant's till records a yes."""

    kind: str  # nobody, unless_opted_out, sms_opt_in, loyalty, group, custom_field
    value: str = ""  # the group's name, or the text in the field, lower-case
    number: int = 0  # of the custom field

    @classmethod
    def read(cls, text: str) -> "Consent":
        """The rule as the settings spell it. Raises ValueError for any other text."""
        told = text.strip()
        if told in {"nobody", "unless_opted_out", "sms_opt_in", "loyalty"}:
            return cls(told)
        found = _FIELD.match(told)
        if found is not None and found[2].strip():
            return cls("custom_field", found[2].strip().lower(), int(found[1]))
        kind, _, name = told.partition(":")
        if kind == "group" and name.strip():
            return cls("group", name.strip().lower())
        raise ValueError(WORDS)

    def of(self, row: wire.Customer, groups: Sequence[str]) -> Marketing:
        """What the till knows of this customer's wish; `groups` are the names of theirs."""
        if row.do_not_email:
            return Marketing.OPTED_OUT
        return Marketing.CONSENTED if self._agreed(row, groups) else Marketing.UNKNOWN

    def _agreed(self, row: wire.Customer, groups: Sequence[str]) -> bool:
        if self.kind == "unless_opted_out":
            return True
        if self.kind == "sms_opt_in":
            return row.enable_promotional_sms is True
        if self.kind == "loyalty":
            return row.enable_loyalty is True
        if self.kind == "group":
            return self.value in {name.lower() for name in groups}
        if self.kind == "custom_field":
            fields = (row.custom_field_1, row.custom_field_2, row.custom_field_3, row.custom_field_4)
            return (fields[self.number - 1] or "").strip().lower() == self.value
        return False
