"""The fake Klaviyo: ``build`` gives one account on one clock."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, Response
from werkzeug.exceptions import HTTPException

from fakes.kit import seeding
from fakes.kit.app import Fake, make
from fakes.kit.clock import Clock
from fakes.klaviyo.account import Account
from fakes.klaviyo.errors import Refusal, TransportErrors
from fakes.klaviyo.gate import Gate, refuse_unrouted
from fakes.klaviyo.jobs import run_due
from fakes.klaviyo.quotas import KlaviyoLimits
from fakes.klaviyo.routes_account import add_account_routes
from fakes.klaviyo.routes_control import add_control_routes
from fakes.klaviyo.routes_definitions import add_definition_routes
from fakes.klaviyo.routes_events import add_event_routes
from fakes.klaviyo.routes_imports import add_import_routes
from fakes.klaviyo.routes_lists import add_list_routes
from fakes.klaviyo.routes_metrics import add_metric_routes, add_property_routes
from fakes.klaviyo.routes_oauth import add_oauth_routes
from fakes.klaviyo.routes_privacy import add_privacy_routes
from fakes.klaviyo.routes_profiles import add_profile_routes
from fakes.klaviyo.routes_related import add_related_routes
from fakes.klaviyo.routes_subscriptions import add_subscription_routes
from fakes.klaviyo.routes_suppressions import add_suppression_routes
from fakes.klaviyo.routes_tracking import add_tracking_routes
from fakes.klaviyo.routes_webhooks import add_webhook_routes
from fakes.klaviyo.state import State
from fakes.klaviyo.switches import Switches
from fakes.klaviyo.webhooks import flush

NAME = "klaviyo"
CREDENTIALS = {
    "api_key": "pk_fake0000000000000000000000000000001",
    "access_token": "fake-klaviyo-access-token",
    "public_id": "FaKe01",
    "client_id": "fake-klaviyo-client",
    "client_secret": "fake-klaviyo-client-secret",
}
_ROUTES = (
    add_metric_routes,
    add_property_routes,
    add_account_routes,
    add_profile_routes,
    add_privacy_routes,
    add_import_routes,
    add_list_routes,
    add_subscription_routes,
    add_suppression_routes,
    add_definition_routes,
    add_tracking_routes,
    add_webhook_routes,
    add_related_routes,
)
KlaviyoFake = Fake[State, Switches, KlaviyoLimits]


def build(
    clock: Clock, seed: int = 1, account_zone: str = "America/New_York", currency: str = "USD"
) -> KlaviyoFake:
    """One empty account. The same seed and the same requests give the same ids."""
    switches = Switches()
    state = State(clock, seed, switches, Account(CREDENTIALS["public_id"], account_zone, currency))
    limits = KlaviyoLimits(clock, switches)
    credentials = dict(CREDENTIALS)
    fake = make(
        name=NAME,
        clock=clock,
        state=state,
        switches=switches,
        limits=limits,
        errors=TransportErrors(state.ids),
        credentials=credentials,
        seed=seed,
        seeder=lambda options: _seed(state, options),
        push=state.push,
    )
    api = Blueprint("api", __name__)
    Gate(clock, state, switches, limits, credentials).guard(api)
    add_event_routes(api, state, fake.faults)
    for add_routes in _ROUTES:
        add_routes(api, state)
    oauth = Blueprint("oauth", __name__)
    add_oauth_routes(oauth, state, credentials)
    people = Blueprint("people", __name__)
    add_control_routes(people, state)
    for blueprint in (api, oauth, people):
        fake.flask.register_blueprint(blueprint)
    _answer_refusals(fake.flask, state)
    state.push.before_due = lambda: _catch_up(fake)
    return fake


def _catch_up(fake: KlaviyoFake) -> None:
    """Do what fell due since the last request, so that its webhooks go out in time."""
    with fake.wsgi.lock:
        run_due(fake.state)
        if fake.state.outbox:
            flush(fake.state, fake.state.called_at)


def _answer_refusals(flask: Flask, state: State) -> None:
    def refused(refusal: Refusal) -> Response:
        answer = refusal.response(state.ids.uuid())
        return Response(answer.get_data(), status=answer.status_code, headers=answer.headers)

    def unrouted(error: HTTPException) -> Response:
        return refused(refuse_unrouted(error))

    flask.register_error_handler(Refusal, refused)
    flask.register_error_handler(404, unrouted)
    flask.register_error_handler(405, unrouted)


def _seed(state: State, options: Mapping[str, Any]) -> dict[str, Any]:
    """Made-up profiles: ``customers`` of them. Sales are the point-of-sale fakes' business."""
    seeding.check_names(options, seeding.NUMBERS)
    for name in seeding.NUMBERS:
        seeding.number(options, name, 1)
    if "seed" in options:
        state.ids.reset(seeding.number(options, "seed", 1))
    for _ in range(seeding.number(options, "customers", 0)):
        number = state.ids.number("seeded customer")
        state.profile(f"customer{number}@seeded-shop.net")
    return {"profiles": len(state.profiles.all)}
