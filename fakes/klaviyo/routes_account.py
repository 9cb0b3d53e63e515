"""The account: one element, whose id is the public key."""

from typing import Any

from flask import Blueprint, Response

from fakes.klaviyo.answers import base_url, chosen, collection, one
from fakes.klaviyo.errors import not_found
from fakes.klaviyo.query import asked
from fakes.klaviyo.state import State


def add_account_routes(api: Blueprint, state: State) -> None:
    """The two account endpoints."""

    @api.get("/api/accounts")
    def get_accounts() -> Response:
        return collection(chosen([_account(state, base_url())], asked(state.switches)))

    @api.get("/api/accounts/<id>")
    def get_account(id: str) -> Response:
        query = asked(state.switches)
        if id != state.account.public_id:
            raise not_found("account", id)
        return one(_account(state, base_url()), query)


def _account(state: State, base: str) -> dict[str, Any]:
    address = dict.fromkeys(("address1", "address2", "city", "region", "country", "zip"))
    return {
        "type": "account",
        "id": state.account.public_id,
        "attributes": {
            "test_account": True,
            "contact_information": {
                "default_sender_name": "Fake Shop",
                "default_sender_email": "hello@fake-shop.net",
                "website_url": "https://fake-shop.net",
                "organization_name": "Fake Shop",
                "street_address": address,
            },
            "industry": "Other",
            "timezone": state.account.zone,
            "preferred_currency": state.account.currency,
            "public_api_key": state.account.public_id,
            "locale": "en-US",
        },
        "links": {"self": f"{base}/api/accounts/{state.account.public_id}/"},
    }
