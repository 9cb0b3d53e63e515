"""The account and session objects."""

from typing import TYPE_CHECKING

import msgspec

from fakes.lightspeed_r.oauth import SCOPES

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State


def own_account_json(state: "State", version: int = 3) -> bytes:
    """`Account.json`: which account the token belongs to."""
    account = state.account
    base = "/API/V3" if version == 3 else "/API"
    return msgspec.json.encode(
        {
            "@attributes": {"count": "1"},
            "Account": {
                "accountID": account.id,
                "name": account.name,
                "link": {"@attributes": {"href": f"{base}/Account/{account.id}.json"}},
            },
        }
    )


def account_json(state: "State") -> bytes:
    """`Account/{id}.json`: the only place a currency code appears; fields at the top level."""
    account = state.account
    currency = {"code": account.currency, "symbol": account.symbol}
    return msgspec.json.encode(
        {
            "@attributes": {"systemCustomerID": account.id},
            "status": "customer",
            "name": account.name,
            "employeeCount": str(len(state.employees)),
            "employeeLimit": "30",
            "uniqueSubscriptionIdentifier": f"FAKE{account.id}",
            "defaultCurrency": currency,
            "purchasingCurrencies": {"purchasingCurrency": [{**currency, "rate": "1"}]},
        }
    )


def session_json(state: "State") -> bytes:
    """`Session.json`: the employee behind the token and what they may do."""
    employee = next(iter(state.employees))
    return msgspec.json.encode(
        {
            "sessionID": "",
            "sessionCookie": "PHPSESSID=; path=/",
            "employeeID": str(employee.id),
            "systemCustomerID": state.account.id,
            "systemUserID": "170236",
            "systemAPIClientID": "25578",
            "systemAPIKeyID": "1757062",
            "ecomUrl": "",
            "shopCount": str(len(state.shops)),
            "Employee": {
                "employeeID": str(employee.id),
                "firstName": employee.first_name,
                "lastName": employee.last_name,
                "singleShop": "false",
                "hasPin": "true",
                "isCheckedIn": "false",
            },
            "Rights": {right.partition(":")[2]: "true" for right in sorted(SCOPES)},
        }
    )
