"""A stateful fake of the Lightspeed Retail X-Series API: OAuth, data and webhooks on one port, any host."""

import hashlib
from collections.abc import Callable
from decimal import Decimal

from werkzeug.exceptions import HTTPException

from fakes.kit.app import Fake, make
from fakes.kit.clock import Clock
from fakes.lightspeed_x import seed as seeding
from fakes.lightspeed_x.errors import Errors
from fakes.lightspeed_x.gate import Gate, versioned
from fakes.lightspeed_x.hooks import Hooks
from fakes.lightspeed_x.limits import XLimits
from fakes.lightspeed_x.oauth import Authority
from fakes.lightspeed_x.routes_cards import Cards
from fakes.lightspeed_x.routes_goods import Goods
from fakes.lightspeed_x.routes_lists import Lists
from fakes.lightspeed_x.routes_oauth import oauth_blueprint
from fakes.lightspeed_x.routes_people import People
from fakes.lightspeed_x.routes_sales import Sales
from fakes.lightspeed_x.routes_search import Search
from fakes.lightspeed_x.routes_webhooks import Webhooks
from fakes.lightspeed_x.setup import VERSION_START, Options
from fakes.lightspeed_x.state import State
from fakes.lightspeed_x.switches import Switches

CLIENT_ID = "vQ3hXr7pLd2sTz9kWn4cYb8mJf6gUa1e"

LightspeedXFake = Fake[State, Switches, XLimits]


def build(
    clock: Clock,
    seed: int = 1,
    domain_prefix: str = "demo",
    currency: str = "USD",
    zone: str = "America/New_York",
    *,
    country: str = "US",
    tax_rate: Decimal | str = "0",
    tax_exclusive: bool = True,
    version_start: int = VERSION_START,
) -> LightspeedXFake:
    """A fresh account with one outlet, register and user, and nothing sold.

    `tax_rate` is a fraction; `tax_exclusive` says whether shelf prices leave it out.
    """
    options = Options(
        seed, domain_prefix, currency, zone, country, Decimal(tax_rate), tax_exclusive, version_start
    )
    switches = Switches()
    secret = hashlib.sha256(f"lightspeed_x:{seed}".encode()).hexdigest()[:40]
    authority = Authority(clock, switches, domain_prefix, CLIENT_ID, secret, seed)
    pair = authority.reset()
    hooks = Hooks(clock, secret)
    state = State(clock, switches, options, kept={"tokens": authority, "hooks": hooks})
    hooks.attach(state)
    limits, errors = XLimits(clock, switches, _register_count(state)), Errors(clock, switches)
    fake = make(
        name="lightspeed_x",
        clock=clock,
        state=state,
        switches=switches,
        limits=limits,
        errors=errors,
        credentials={
            "domain_prefix": domain_prefix,
            "client_id": CLIENT_ID,
            "client_secret": secret,
            "redirect_uri": switches.redirect_uri,
            "access_token": pair.access,
            "refresh_token": pair.refresh,
            "personal_token": authority.personal_token,
        },
        seed=seed,
        seeder=lambda asked: seeding.seed(state, asked),
        push=hooks.push,
    )
    gate = Gate(state, switches, authority, limits, errors, fake.faults)
    fake.wsgi.app = versioned(fake.wsgi.app)
    fake.flask.register_error_handler(HTTPException, errors.http)
    fake.flask.register_blueprint(oauth_blueprint(authority, limits, errors))
    for routes in (Lists, Sales, People, Goods, Cards, Webhooks, Search):
        routes(gate).add()
    fake.flask.register_blueprint(gate.blueprint())
    return fake


def _register_count(state: State) -> Callable[[], int]:
    def count() -> int:
        if state.switches.deleted_registers_count:
            return len(state.registers)
        return sum(1 for row in state.registers if row.deleted_at is None)

    return count
