"""Whose wall clock an account's nights go by when the settings name none."""

from collections import Counter

from sqlalchemy import Table, select

from sync.domain.clock import known_zone
from sync.store.database import Store
from sync.store.rows import AccountRow, ShopRow

_SHOPS: Table = ShopRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
_ACCOUNTS: Table = AccountRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it


def zone_of(store: Store, account: str) -> str:
    """The zone most of the account's shops are in; else its Klaviyo account's; else UTC."""
    accounts, shops = _ACCOUNTS.c, _SHOPS.c
    with store.reading() as connection:
        zones = connection.execute(
            select(shops.zone).join(_ACCOUNTS, accounts.id == shops.account).where(accounts.name == account)
        ).scalars()
        counted = Counter(zone for zone in zones if known_zone(zone or "?"))
        if counted:
            return str(min(counted, key=lambda zone: (-counted[zone], zone)))
        found = connection.execute(select(accounts.klaviyo_zone).where(accounts.name == account)).scalar()
    return str(found) if found and known_zone(found) else "UTC"
