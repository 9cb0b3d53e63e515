"""A stateful fake of the Lightspeed Retail R-Series API: OAuth and data on one port."""

import hashlib

from werkzeug.exceptions import HTTPException

from fakes.kit.app import Fake, make
from fakes.kit.clock import Clock
from fakes.lightspeed_r import seed as seeding
from fakes.lightspeed_r.back_office import back_office
from fakes.lightspeed_r.errors import Errors
from fakes.lightspeed_r.limits import RLimits
from fakes.lightspeed_r.oauth import Authority
from fakes.lightspeed_r.records import Account
from fakes.lightspeed_r.routes_api import Api
from fakes.lightspeed_r.routes_oauth import oauth_blueprint
from fakes.lightspeed_r.state import State
from fakes.lightspeed_r.switches import Switches

CLIENT_ID = "224de21c3a6f4f0e8f6b1d5a9c7e0b42"

LightspeedRFake = Fake[State, Switches, RLimits]


def build(
    clock: Clock, seed: int = 1, account_id: str = "797", currency: str = "USD", registers: int = 1
) -> LightspeedRFake:
    """A fresh account with no shops. `registers` is the subscription's limit, which sizes the rate limit."""
    switches = Switches()
    secret = hashlib.sha256(f"lightspeed_r:{seed}".encode()).hexdigest()
    authority = Authority(clock, switches, account_id, CLIENT_ID, secret, seed)
    pair = authority.reset()
    state = State(clock, switches, Account(account_id, "Main", currency), kept={"tokens": authority})
    limits, errors = RLimits(clock, switches, registers), Errors(switches)
    fake = make(
        name="lightspeed_r",
        clock=clock,
        state=state,
        switches=switches,
        limits=limits,
        errors=errors,
        credentials={
            "client_id": CLIENT_ID,
            "client_secret": secret,
            "access_token": pair.access,
            "refresh_token": pair.refresh,
            "account_id": account_id,
            "all_access_token": authority.office.access,
        },
        seed=seed,
        seeder=lambda asked: seeding.seed(state, asked),
    )
    fake.flask.register_error_handler(HTTPException, errors.http)
    fake.flask.register_blueprint(oauth_blueprint(authority, switches))
    for version in (3, 2):
        api = Api(state, authority, limits, errors, fake.faults, version=version)
        fake.flask.register_blueprint(api.blueprint())
    fake.flask.register_blueprint(back_office(state))
    return fake
