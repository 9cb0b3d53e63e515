"""Consent as the merchant's customer system (CRM) tells it, over the interface that Sitoo's own tills use.

Sitoo keeps no consent. A CRM that serves Sitoo's CRM SPI v2 does: `accepts_communication` lists the channels
a member agreed to, `consents` and `status` may say more. Which of these is a yes or a no is in the settings.
Klaviyo stays the master: a no travels there once, when it is said; a yes calls nobody back.
"""

import ssl
from urllib.parse import quote

import httpx
import msgspec

from sync.domain.clock import Clock
from sync.domain.facts import Marketing
from sync.http.client import ApiClient
from sync.http.errors import ApiTrouble, NotThere
from sync.http.limits import SlidingWindows
from sync.http.retry import RetryPolicy
from sync.sources.sitoo.settings import Crm as CrmSettings

UPSTREAM = "CRM"
_FRESH_S = 3600.0
_REMEMBERED_MAX = 20_000


class _Member(msgspec.Struct):
    accepts_communication: list[str] | None = None
    consents: list[object] | None = None
    status: object = None


_member = msgspec.json.Decoder(_Member | list[_Member]).decode


class Crm:
    """Asks for one member at a time, and for nobody twice within an hour."""

    def __init__(self, api: ApiClient, settings: CrmSettings, clock: Clock) -> None:
        """`api` stands at the CRM's base address."""
        self._api = api
        self._settings = settings
        self._clock = clock
        self._heard: dict[str, tuple[float, Marketing]] = {}

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def marketing(self, customer_id: str) -> Marketing:
        """What the member with this number said; unknown where the CRM tells nothing. Raises ApiTrouble."""
        now_s = self._clock.monotonic()
        before = self._heard.get(customer_id)
        if before is not None and now_s - before[0] < _FRESH_S:
            return before[1]
        said = self._said(customer_id)
        if len(self._heard) >= _REMEMBERED_MAX:
            self._heard.clear()
        self._heard[customer_id] = now_s, said
        return said

    def marketing_if_told(self, customer_id: str) -> Marketing:
        """The same, unknown while the CRM is in trouble: a sale does not wait for it."""
        try:
            return self.marketing(customer_id)
        except ApiTrouble:
            return Marketing.UNKNOWN

    def _said(self, customer_id: str) -> Marketing:
        path = self._settings.customer_path.replace("{customer_id}", quote(customer_id, safe=""))
        try:
            found, _ = self._api.fetch(_member, "GET", path)
        except NotThere:
            return Marketing.UNKNOWN
        member = (found[0] if found else _Member()) if isinstance(found, list) else found
        return meaning_of(member, self._settings)


def meaning_of(member: _Member, settings: CrmSettings) -> Marketing:
    """What a member's record says of marketing. A named no outweighs a yes."""
    consents = {str(each) for each in member.consents or []}
    if str(member.status) in settings.opt_out_statuses or consents & settings.opt_out_consents:
        return Marketing.OPTED_OUT
    if member.accepts_communication is None:
        return Marketing.UNKNOWN
    if settings.channel in member.accepts_communication:
        return Marketing.CONSENTED
    return Marketing.OPTED_OUT if settings.absent_is_opt_out else Marketing.UNKNOWN


def connect(
    settings: CrmSettings,
    password: str,
    *,
    clock: Clock,
    transport: httpx.BaseTransport | None = None,
    tls: ssl.SSLContext | None = None,
    retry: RetryPolicy,
) -> Crm:
    """A client of the CRM, Basic auth where a user name is configured."""
    auth = httpx.BasicAuth(settings.username, password) if settings.username else None
    windows = {"": ((settings.requests_max, 1.0),)}
    api = ApiClient(
        UPSTREAM,
        settings.base_url,
        clock=clock,
        limiter=SlidingWindows(clock, windows),
        auth=auth,
        transport=transport,
        tls=tls,
        retry=retry,
    )
    return Crm(api, settings, clock)
