"""A dashboard over a world with nights: fakes, sync, monitor, and people who sign in."""

import re
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from monitor.web.app import build
from monitor.web.site import Configured, Site
from monitor.web.users import Role
from sync import app as sync_app
from sync.settings import Settings

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "plain words of a test"
FIELD = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """A client that signs in and fills forms in as a browser does."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, buffered=True, **more)

    def text(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.get_data(as_text=True)

    def token(self, path: str = "/") -> str:
        found = FIELD.search(self.get(path, follow_redirects=True).get_data(as_text=True))
        assert found, f"{path} has no form"
        return found[1]

    def post(self, path: str, data: dict[str, Any] | None = None, on: str = "/", **more: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token(on), **(data or {})}, **more)

    def sign_in(self, name: str, password: str = PASSWORD, target: str = "/") -> TestResponse:
        return self.post("/sign-in", {"name": name, "password": password, "next": target}, on="/sign-in")


def site_of(app: Any) -> Site:
    site = app.extensions["tillproof"]
    assert isinstance(site, Site)
    return site


def dashboard(settings: Settings, own: Any, store: Any, clock: Any, folder: Path, **more: Any) -> Any:
    """The dashboard of a world, with an operator ann and a viewer vic; jobs are done at once."""
    path = folder / "tillproof.toml"
    path.touch()
    configured = Configured(settings, own, path)
    transports = more.pop("transports", None)
    app = build(
        configured, store, clock=clock, hasher=CHEAP, transports=transports, at_once=True,
        open_program=lambda told: sync_app.build(told, clock=clock, transports=transports), **more,
    )  # fmt: skip
    users = site_of(app).users
    users.add("ann", Role.OPERATOR, PASSWORD, (), 0)
    users.add("vic", Role.VIEWER, PASSWORD, (), 0)
    return app
