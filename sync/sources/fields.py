"""What the settings of a POS are made of: strict sections, and fields that say what they want."""

import re
from datetime import time
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class WrongSettings(Exception):
    """The settings cannot be used. The message names file, key and remedy, one mistake a line."""


class Strict(BaseModel):
    """A section of the settings: an unknown key is a mistake, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _seconds(text: object) -> object:
    found = re.fullmatch(r"(\d+)\s*([smhd])", text.strip()) if isinstance(text, str) else None
    if found is None or int(found[1]) == 0:
        raise ValueError('must be a span such as "15m", "1h" or "30s"')
    return int(found[1]) * _UNITS_S[found[2]]


def _hours(text: object) -> object:
    found = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError('must be two local times such as "08:00-20:00"')
    hours = [int(part) for part in found.groups()]
    return time(hours[0], hours[1]), time(hours[2] % 24, hours[3])


def _address(text: object) -> object:
    parts = urlsplit(text) if isinstance(text, str) else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError('must be an address such as "https://api.example.com"')
    return text


Address = Annotated[str, BeforeValidator(_address)]
Span = Annotated[int, BeforeValidator(_seconds)]
OpenHours = Annotated[tuple[time, time], BeforeValidator(_hours)]


class PosSettings(Strict):
    """What every POS's section has.

    `SECRETS` names the fields that may also come from the environment, as
    TILLPROOF_ACCOUNT_POS_FIELD, or from a file named by the field with `_file` behind it.
    """

    SECRETS: ClassVar[tuple[str, ...]] = ()
    EXAMPLE: ClassVar[str] = ""  # lines of a section to start from, each ended
    PRESET: ClassVar[str] = "klaviyo-native"  # the preset of an account that names none

    open_hours: OpenHours | None = None  # local time of the shops; None: no live polling
