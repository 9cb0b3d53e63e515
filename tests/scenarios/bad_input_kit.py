"""A world whose wires can be tampered with, and a look at everything it says to people."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from werkzeug.test import run_wsgi_app

from fakes.lightspeed_r.records import LineIn
from scenarios.harness.world import World
from sync import app as sync_app
from sync.engine.runs import Result
from sync.show import result_json, result_text, status_text
from sync.store.letters import Letter

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
ANN, BOB = "ann.lee@northwind.dev", "bob.ray@northwind.dev"
PERSONAL = (ANN, BOB, "northwind", "ann.lee", "bob.ray", "Lee-Okafor", "Ray-Lindqvist", "2125550147")

Edit = Callable[[Any], Any]


@dataclass(slots=True)
class Wire:
    """A fake behind a wire that changes what passes. Without rules it changes nothing."""

    fake: "WSGIApplication"
    edits: list[tuple[str, Edit]] = field(default_factory=list)
    refusals: list[tuple[bytes, bytes, str]] = field(default_factory=list)

    def edit(self, path: str, change: Edit) -> None:
        """Change the JSON of every good answer whose path fits the pattern."""
        self.edits.append((path, change))

    def edit_rows(self, entity: str, change: Callable[[dict[str, Any]], Any]) -> None:
        """Change every row of a list of the till, one by one."""

        def each(page: dict[str, Any]) -> dict[str, Any]:
            rows = page.get(entity, [])
            for row in rows if isinstance(rows, list) else [rows]:
                change(row)
            return page

        self.edit(f"*/{entity}.json", each)

    def refuse(self, mark: bytes, detail: str, path: bytes = b"/api/event") -> None:
        """Answer 400 to every post that carries the mark, as Klaviyo does for a value it does not take."""
        self.refusals.append((path, mark, detail))

    def mend(self) -> None:
        """Change nothing any more."""
        self.edits.clear()
        self.refusals.clear()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        refusal = self._refusal(environ) if self.refusals else None
        if refusal is not None:
            start_response("400 BAD REQUEST", [("Content-Type", "application/vnd.api+json")])
            return [refusal]
        changes = [change for pattern, change in self.edits if fnmatchcase(path, pattern)]
        if not changes:
            return self.fake(environ, start_response)
        body, status, headers = run_wsgi_app(self.fake, environ, buffered=True)
        text = b"".join(body)
        if status.startswith("2"):
            for change in changes:
                told = change(json.loads(text)) if isinstance(text, bytes) else text
                text = told if isinstance(told, bytes) else json.dumps(told).encode()
        headers["Content-Length"] = str(len(text))
        start_response(status, headers.to_wsgi_list())
        return [text]

    def _refusal(self, environ: "WSGIEnvironment") -> bytes | None:
        body = environ["wsgi.input"].read() if environ["REQUEST_METHOD"] == "POST" else b""
        environ["wsgi.input"] = BytesIO(body)
        for path, mark, detail in self.refusals:
            if environ["PATH_INFO"].encode().startswith(path) and mark in body:
                error = {
                    "id": "1",
                    "status": 400,
                    "code": "invalid",
                    "title": "Invalid input.",
                    "detail": detail,
                }
                return json.dumps({"errors": [{**error, "source": {"pointer": "/data/attributes"}}]}).encode()
        return None


class Shop(World):
    """A shop in New York that sells mugs and teas to Ann and Bob. What it told people is kept."""

    def __init__(self, folder: Path, **more: Any) -> None:
        super().__init__(folder, NOON, **more)
        self.told: list[str] = []
        self.till_wire, self.klaviyo_wire = Wire(self.till.wsgi), Wire(self.klaviyo.wsgi)
        self.transports["lightspeed_r"] = httpx.WSGITransport(app=self.till_wire)
        self.transports["klaviyo"] = httpx.WSGITransport(app=self.klaviyo_wire)
        self.restart()
        state, long_ago = self.till.state, NOON - timedelta(days=400)
        self.shop = state.add_shop("Harbour Street", "America/New_York")
        self.mug = state.add_item("Mug", price="10.00", sku="MG-1")
        self.tea = state.add_item("Tea", price="4.50", sku="TE-1")
        self.ann = state.add_customer("Ann", "Lee-Okafor", email=ANN, at=long_ago)
        self.bob = state.add_customer("Bob", "Ray-Lindqvist", email=BOB, at=long_ago)

    def restart(self) -> None:
        """A new process on the same database."""
        self.sync.close()
        self.sync = sync_app.build(self.settings, clock=self.clock, transports=self.transports)

    def sell(self, customer: str | None = None, *, minutes_ago: float = 1, **more: Any) -> str:
        """A mug for 10.00, to Ann unless somebody else is named."""
        at = self.clock.now() - timedelta(minutes=minutes_ago)
        lines = more.pop("lines", [LineIn(self.mug, 1, "10.00")])
        return self.till.state.sell(self.shop, at, lines, customer_id=customer or self.ann, **more)

    def run(self, mode: str = "once") -> Result:
        """One run, ten minutes later, by a new process: as `tillproof sync once` by cron would do."""
        self.clock.advance(600)
        self.restart()
        result = {
            "once": self.once,
            "backfill": self.backfill,
            "retry": self._retry,
            "preview": self._preview,
        }[mode]()
        self.told += [result_text(result, verbose=True), json.dumps(result_json(result))]
        self.told += [status_text(self.sync.status()[0])]
        self.told += [f"{one.subject} {one.subject_id} {one.reason} {one.detail}" for one in self.letters()]
        return result

    def _retry(self) -> Result:
        return self.sync.dead_letters.retry()[0]

    def _preview(self) -> Result:
        return self.sync.preview()[0]

    def letters(self) -> list[Letter]:
        """The dead letters."""
        return [one.letter for one in self.sync.dead_letters.list()]

    def reasons(self) -> list[tuple[str, str, str]]:
        """The dead letters in short: what, which, why."""
        return [(one.subject, one.subject_id, one.reason) for one in self.letters()]

    def placed(self) -> list[str]:
        """The sales whose Placed Order lies in Klaviyo, with repetitions, if there were any."""
        found = self.klaviyo.state.find_events(metric_name="Placed Order")
        return sorted(event.unique_id.split(":")[2] for event in found)

    def assert_discreet(self) -> None:
        """Nothing personal and no secret was told to anybody."""
        secrets = [*self.till.credentials.values(), *self.klaviyo.credentials.values()]
        hidden = [*PERSONAL, *(secret for secret in secrets if len(secret) > 8)]
        every = "\n".join(self.told).lower()
        assert [word for word in hidden if word.lower() in every] == []
