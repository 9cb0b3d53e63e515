"""The section of a Lightspeed R-Series account in the settings."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from sync.sources.fields import Address, PosSettings


class Settings(PosSettings):
    """A Lightspeed R-Series account."""

    SECRETS: ClassVar[tuple[str, ...]] = ("client_secret",)
    EXAMPLE: ClassVar[str] = """\
client_id = "…"                           # secret: TILLPROOF_MAIN_LIGHTSPEED_R_CLIENT_SECRET
open_hours = "08:00-20:00"                # live polling while shops are open
"""

    client_id: str
    client_secret: str = Field(default="", repr=False)
    client_secret_file: Path | None = None
    account_id: str = ""  # empty: the one the connection is for
    api_url: Address = "https://api.lightspeedapp.com"
    auth_url: Address = "https://cloud.lightspeedapp.com"
