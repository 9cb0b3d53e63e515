"""How a Sitoo account is opened. Nobody signs in: the settings hold all that is needed."""

from sync.sources.fields import WrongSettings
from sync.sources.protocol import Attempt, Link, SignIn, Till
from sync.sources.sitoo import client as sitoo
from sync.sources.sitoo import crm
from sync.sources.sitoo.catalog import Catalog
from sync.sources.sitoo.people import People
from sync.sources.sitoo.settings import Settings
from sync.sources.sitoo.source import SitooSource

NAME = "sitoo"


def open(link: Link, settings: Settings) -> Till:
    """The account as a source. Raises WrongSettings without the password, or without an account's number."""
    if not settings.password:
        raise WrongSettings(link.lacks(NAME, "password", "API password"))
    if not (settings.account_id or settings.api_id.rpartition("-")[0]):
        raise WrongSettings(
            f"accounts.{link.account}.sitoo.api_id: it does not begin with the account's number; "
            "write account_id too"
        )
    client = sitoo.connect(
        settings,
        name=link.account,
        clock=link.clock,
        share=link.share,
        transport=link.transport,
        tls=link.tls,
        retry=link.retry,
    )
    people = People(
        client,
        link.clock,
        account_id=client.account_id,
        country=settings.country.upper(),
        meaning=settings.meaning,
    )
    catalog = Catalog(client, link.products, settings.meaning)
    asked = _crm(link, settings)
    source = SitooSource(client, settings, catalog=catalog, people=people, clock=link.clock, crm=asked)

    def close() -> None:
        client.close()
        if asked is not None:
            asked.close()

    return Till(source, close)


def _crm(link: Link, settings: Settings) -> crm.Crm | None:
    # Whoever keeps no articles, as the monitor, has no use for consent either.
    if settings.crm is None or link.products is None:
        return None
    return crm.connect(
        settings.crm,
        settings.crm_password,
        clock=link.clock,
        transport=link.transport,
        tls=link.tls,
        retry=link.retry,
    )


def sign_in(_link: Link, _settings: Settings, _attempt: Attempt) -> SignIn | None:
    """No sign-in."""
    return None
