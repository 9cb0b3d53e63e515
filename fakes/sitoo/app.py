"""A stateful fake of Sitoo's REST API v2 and its Events SPI."""

import hashlib
from collections.abc import Mapping

import msgspec
from flask import Blueprint, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from fakes.kit.app import Fake, make
from fakes.kit.clock import Clock
from fakes.sitoo import seed as seeding
from fakes.sitoo.door import Door, answer
from fakes.sitoo.errors import Errors
from fakes.sitoo.events import read_subscriptions
from fakes.sitoo.limits import SitooLimits
from fakes.sitoo.routes_documents import KINDS, DocumentRoutes
from fakes.sitoo.routes_goods import GoodsRoutes
from fakes.sitoo.routes_orders import OrderRoutes
from fakes.sitoo.routes_shelf import BatchRoutes
from fakes.sitoo.routes_stock import StockRoutes
from fakes.sitoo.routes_tills import TillRoutes
from fakes.sitoo.state import State
from fakes.sitoo.switches import Switches

BASE = "/v2/accounts/<account>"
API_USERS = 3

SitooFake = Fake[State, Switches, SitooLimits]


def build(
    clock: Clock, seed: int = 1, account_id: str = "90001", currency: str = "SEK", site_id: int = 1
) -> SitooFake:
    """A fresh account with one site and nothing sold. Its three API users share one truth."""
    switches = Switches()
    state = State(clock, switches, seed, account_id=account_id, currency=currency, site_id=site_id)
    limits, errors = SitooLimits(clock, switches), Errors(switches)
    passwords = {
        f"{account_id}-{number}": hashlib.sha256(f"sitoo:{seed}:{number}".encode()).hexdigest()[:40]
        for number in range(101, 101 + API_USERS)
    }
    fake = make(
        name="sitoo",
        clock=clock,
        state=state,
        switches=switches,
        limits=limits,
        errors=errors,
        credentials=_credentials(passwords, account_id, site_id),
        seed=seed,
        seeder=lambda asked: seeding.seed(state, asked),
        push=state.events.push,
    )
    api = Blueprint("api", __name__)
    Door(state, limits, errors, passwords).guard(api)
    OrderRoutes(state, fake.faults).add_to(api, BASE)
    TillRoutes(state).add_to(api, BASE)
    StockRoutes(state).add_to(api, BASE)
    GoodsRoutes(state).add_to(api, BASE)
    BatchRoutes(state).add_to(api, BASE)
    for kind in KINDS:
        DocumentRoutes(state, kind).add_to(api, BASE)
    fake.flask.register_error_handler(HTTPException, errors.http)
    fake.flask.register_blueprint(api)
    fake.flask.register_blueprint(_back_office(state))
    _settle_before_sending(fake)
    return fake


def _settle_before_sending(fake: SitooFake) -> None:
    """What the clock brought about must be on the queue before the queue is worked off."""

    def settle() -> None:
        with fake.wsgi.lock:
            fake.state.settle()

    fake.state.events.push.before_due = settle
    fake.state.events.push.rewrite = fake.state.events.rewritten


def _credentials(passwords: Mapping[str, str], account_id: str, site_id: int) -> dict[str, str]:
    (api_id, password), (second, second_password), *_ = passwords.items()
    return {
        "account_id": account_id,
        "site_id": str(site_id),
        "base_path": f"/v2/accounts/{account_id}",
        "api_id": api_id,
        "password": password,
        "second_api_id": second,
        "second_password": second_password,
    }


def _back_office(state: State) -> Blueprint:
    """Event subscriptions are set up in the back office; there is no REST resource for them."""
    office = Blueprint("back_office", __name__, url_prefix="/_fake")

    @office.get("/event-subscriptions")
    def subscriptions() -> Response:
        return answer(msgspec.to_builtins(state.events.subscriptions))

    @office.put("/event-subscriptions")
    def subscribe() -> Response:
        try:
            state.events.subscriptions[:] = read_subscriptions(msgspec.json.decode(request.get_data()))
        except (ValueError, msgspec.DecodeError) as error:
            refused = msgspec.json.encode({"error": str(error)})
            return Response(refused, status=400, content_type="application/json")
        return answer(msgspec.to_builtins(state.events.subscriptions))

    return office
