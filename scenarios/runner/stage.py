"""The stage of one story: its world, what its names stand for, and its time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from fakes.kit.clock import Clock
from fakes.kit.faults import Rule
from monitor.lag_watch import Lagging, LagWatch
from monitor.nightly import Ran
from monitor.repair_apply import Closure
from monitor.report_data import Report
from scenarios.harness.chain import KLAVIYO, Chain, TillAsked
from scenarios.harness.scratch import scratch
from scenarios.language.base import Item, moment_parts
from scenarios.language.given import Article, Customer, Given, Person, Shop
from scenarios.language.given import Till as TillGiven
from scenarios.language.nodes import Place
from scenarios.language.story import Story
from scenarios.runner import till_r, till_sitoo, till_x
from scenarios.runner.failing import CannotTell
from scenarios.runner.till import Book, Till, When
from scenarios.runner.times import instant, zone_of
from scenarios.runner.wire import Wire
from scenarios.simulation.machine import MachineClock
from sync import app as sync_app
from sync.app import App
from sync.engine.checkpoints import Checkpoint, nothing
from sync.engine.runs import Result

_TILLS: dict[str, type[Any]] = {
    "lightspeed_r": till_r.TillR,
    "lightspeed_x": till_x.TillX,
    "sitoo": till_sitoo.TillSitoo,
}
_CONSENT = {"subscribed": "SUBSCRIBED", "unsubscribed": "UNSUBSCRIBED"}
_EARLIER = timedelta(days=30)  # since when customers are known who have always been there
MORNING = time(6)


class Died(BaseException):
    """The sync's process ends here; nothing of it may go on, so no `except Exception` may stop it."""


@dataclass(frozen=True, slots=True)
class Sold:
    """A receipt of the story: whose it is and what the fake calls it."""

    name: str
    till: str
    id: Any
    shop: str

    @property
    def order_id(self) -> str:
        """As Klaviyo's events name it."""
        return str(self.id)


OUR_KEY = "$event_id"
"""The property by which events name their sale, as our own sync sends them."""


@dataclass(slots=True)
class Crash:
    """Where the sync is to die."""

    point: str = ""
    passes: int = 0  # left to go by

    def reached(self, point: str) -> None:
        """Die if it is here."""
        if point != self.point:
            return
        if self.passes:
            self.passes -= 1
            return
        self.point = ""
        raise Died(point)


@dataclass(slots=True)
class Seen:
    """What the programs said so far."""

    results: list[Result] = field(default_factory=list)  # of the last run, one an account
    report: Report | None = None
    reports: list[Report] = field(default_factory=list)
    fired: set[str] = field(default_factory=set)  # finding kinds and alerts
    night: list[Ran] = field(default_factory=list)
    closure: Closure | None = None
    lagging: dict[str, Lagging] = field(default_factory=dict)  # of the last look, by account
    stale: bool = True  # something happened since the report


@dataclass(slots=True)
class SetFault:
    """A fault that the story has set, and where it does."""

    rule: Rule
    kind: str  # as the story words it
    place: Place | None = None

    @property
    def words(self) -> str:
        """What it would have been."""
        on = " ".join(part for part in (self.rule.method, self.rule.path) if part != "*") or "any request"
        return f"{self.place}: this fault never happened: {self.kind} on {on}"


class Stage:
    """One story's world and its names. Close it."""

    def __init__(self, story: Story, folder: Path) -> None:
        """`folder` holds a fresh database."""
        given = story.given
        self.story, self.given = story, given
        self.shops = shops_of(given)
        self.zone = self.shops[0].zone
        self.first_at = _first(story, self.zone)
        start = (
            instant(given.clock, self.zone, self.first_at) if given.clock else self._midnight(self.first_at)
        )
        self.asked = _asked(given, self.shops)
        self.chain = Chain(
            folder,
            start,
            self.asked,
            klaviyo={"account_zone": given.klaviyo.zone, "currency": given.klaviyo.currency},
            monitor=_monitor(given, self.zone, story, folder),
        )
        self.seen, self.crash = Seen(), Crash()
        self.machine: Clock = self.chain.clock  # what the sync's machine shows
        self._wrong: MachineClock | None = None
        self.key = OUR_KEY
        self.sold: dict[str, Sold] = {}
        self.tills: dict[str, Till] = {
            one.name: _TILLS[one.source](self.chain.tills[one.name].state, Book()) for one in self.asked
        }
        self.customers: dict[str, list[tuple[str, Customer]]] = {}
        self.known_as: dict[str, set[str]] = {}  # every address, number and id a person has had
        self.wire: Wire | None = None  # once the tills tell of their sales by webhook
        self.lags: LagWatch | None = None  # once the monitor has looked how long sales take
        self.faults: list[SetFault] = []
        self._furnish()

    # -- time

    @property
    def now(self) -> datetime:
        """The clock."""
        return self.chain.clock.now()

    def instant(self, text: str, zone: str = "") -> datetime:
        """The instant a time of the story is."""
        return instant(text, zone or self.zone, self.now)

    def go_to(self, at: datetime) -> None:
        """Let time pass until then, if it is not over yet."""
        if at > self.now:
            self.chain.move_to(at)

    def when(self, told: str | None, uploaded: str | None, zone: str) -> When:
        """When something happened and when it shows: the clock moves there; what is past is entered now."""
        at = self.now if told is None else self.instant(told, zone)
        self.go_to(at)
        visible = self.instant(uploaded, zone) if uploaded is not None else self.now
        return When(at, max(at, visible))

    def morning(self) -> datetime:
        """Six o'clock of the next morning in the first shop's zone."""
        place = zone_of(self.zone)
        local = self.now.astimezone(place)
        day = local.date() + timedelta(days=0 if local.time() < MORNING else 1)
        return datetime.combine(day, MORNING, place).astimezone(UTC)

    def day_of(self, at: datetime) -> date:
        """The first shop's date."""
        return at.astimezone(zone_of(self.zone)).date()

    # -- names

    def shop(self, name: str, till: str = "") -> Shop:
        """A shop of the story; the first (of a till) without a name."""
        of_till = [one for one in self.shops if not till or one.till == till]
        if not name and of_till:
            return of_till[0]
        for shop in of_till:
            if shop.name == name:
                return shop
        raise CannotTell(f"there is no shop `{name}`; there is {', '.join(one.name for one in self.shops)}")

    def sale(self, name: str) -> Sold:
        """A receipt of the story."""
        if name not in self.sold:
            raise CannotTell(f"nothing was sold as `{name}`; so far: {', '.join(self.sold) or 'nothing'}")
        return self.sold[name]

    def keep(self, name: str, till: str, sale_id: Any, shop: str) -> None:
        """Remember a new receipt."""
        if name in self.sold:
            raise CannotTell(f"there is a `{name}` already; give this one another name with `as:`")
        self.sold[name] = Sold(name, till, sale_id, shop)
        self.touched()

    def touched(self) -> None:
        """Something happened: what the monitor said before says nothing of it."""
        self.seen.stale = True

    def person(self, till: str, name: str) -> Any:
        """A customer's id in a till."""
        people = self.tills[till].book.people
        if name not in people:
            raise CannotTell(f"{till} knows no `{name}`; it knows {', '.join(people) or 'nobody'}")
        return people[name]

    def till_of(self, person: str) -> str:
        """The till that knows a customer."""
        if person not in self.customers:
            raise CannotTell(
                f"there is no customer `{person}`; there is {', '.join(self.customers) or 'nobody'}"
            )
        return self.customers[person][0][0]

    def addresses(self, name: str) -> set[str]:
        """Every address, number and id under which Klaviyo may know somebody; a bare address is itself."""
        if name in self.known_as:
            return self.known_as[name]
        if "@" in name or name.startswith("+"):
            return {name.lower()}
        raise CannotTell(f"there is no customer `{name}`; name one, or write an address")

    def fake(self, name: str) -> Any:
        """A fake by its name."""
        try:
            return self.chain.fake(name)
        except KeyError:
            known = ", ".join((KLAVIYO, *self.chain.tills))
            raise CannotTell(f"there is no `{name}` here; there is {known}") from None

    def start_sync(self, checkpoint: Checkpoint = nothing) -> None:
        """A new process of the sync over the same database, on a machine that may be wrong about the time."""
        self.sync.close()
        chain = self.chain
        chain.sync = sync_app.build(
            chain.settings, clock=self.machine, transports=chain.transports, checkpoint=checkpoint
        )

    def set_machine(self, wrong: timedelta) -> None:
        """How far the clock of the sync's machine is off from now on."""
        if self.machine is self.chain.clock:
            self.machine = self._wrong = MachineClock(self.chain.clock)
            self.start_sync()
            if self.wire is not None:
                self.wire.move(self.machine)
        assert self._wrong is not None
        self._wrong.wrong = wrong

    def account(self, name: str) -> str | None:
        """An account by its till's name; None for all."""
        if not name:
            return None
        if name not in self.chain.tills:
            raise CannotTell(f"there is no till `{name}`; there is {', '.join(self.chain.tills)}")
        return name

    @property
    def sync(self) -> App:
        """The sync, as it runs now."""
        return self.chain.sync

    # -- furnishing

    def add_customer(self, customer: Customer, at: datetime) -> None:
        """A person comes to a till."""
        till = customer.till or self.asked[0].name
        if till not in self.tills:
            raise CannotTell(f"there is no till `{till}`; there is {', '.join(self.tills)}")
        self.tills[till].add_customer(customer, at)
        self.customers.setdefault(customer.name, []).append((till, customer))
        known = self.known_as.setdefault(customer.name, set())
        known |= {text.lower() for text in (customer.email, customer.phone) if text}
        known.add(str(self.tills[till].book.people[customer.name]).lower())

    def stock(self, till: str, items: list[Item]) -> None:
        """Make the articles that only a sale names."""
        book = self.tills[till].book
        for item in items:
            if item.article not in book.articles:
                if item.price is None:
                    raise CannotTell(
                        f"`{item.article}` has no price: name one, or put it under `given: articles`"
                    )
                self.tills[till].add_article(Article(name=item.article, price=item.price))

    def _furnish(self) -> None:
        given, chain = self.given, self.chain
        for shop in self.shops:
            self.tills[shop.till].open_shop(shop)
        for article in given.articles:
            for till in [article.till] if article.till else list(self.tills):
                self.tills[till].add_article(article)
        for customer in given.customers:
            since = self.instant(customer.since) if customer.since else self.now - _EARLIER
            self.add_customer(customer, since)
        switches = {KLAVIYO: given.klaviyo.switches} | {one.name: one.switches for one in tills_of(given)}
        for name, chosen in switches.items():
            self.switch(name, chosen)
        for name in given.klaviyo.lists:
            chain.klaviyo.state.add_list(name, "single_opt_in")
        for person in given.klaviyo.profiles:
            self._befriend(person)

    def switch(self, name: str, chosen: dict[str, Any]) -> None:
        """Set switches of a fake."""
        from fakes.kit import switches  # noqa: PLC0415 - beside its one use, so that names do not collide

        told = {key: float(value) if isinstance(value, Decimal) else value for key, value in chosen.items()}
        try:
            switches.write(self.fake(name).switches, told)
        except ValueError as problem:
            raise CannotTell(str(problem)) from None

    def _befriend(self, person: Person) -> None:
        email = person.email or next(
            (one.email for _, one in self.customers.get(person.name, []) if one.email), ""
        )
        if not email:
            raise CannotTell(f"Klaviyo cannot know `{person.name}` without an address")
        profile = self.chain.klaviyo.state.profile(email)
        profile.properties |= person.properties
        self.consent(profile, person.consent)

    def consent(self, profile: Any, wish: str) -> None:
        """What somebody told Klaviyo themselves."""
        from fakes.klaviyo import consent  # noqa: PLC0415 - the same

        state = self.chain.klaviyo.state
        if wish == "subscribed":
            change = consent.Change(profile.id, {}, {"email.marketing": self.now})
            consent.subscribe(state, change, None, None, historical=True)
        elif wish == "unsubscribed":
            consent.refuse(state, profile, ("email.marketing",), method="PREFERENCE_PAGE")

    def _midnight(self, at: datetime) -> datetime:
        place = zone_of(self.zone)
        return datetime.combine(at.astimezone(place).date(), time(), place).astimezone(UTC)


@contextmanager
def staged(story: Story) -> Iterator[Stage]:
    """A stage for a story, struck afterwards."""
    with scratch() as folder:
        stage = Stage(story, folder)
        try:
            yield stage
        finally:
            if stage.wire is not None:
                stage.wire.close()
            stage.chain.close()


def tills_of(given: Given) -> list[TillGiven]:
    """The tills of a story, each with its name. Raises CannotTell."""
    if given.tills and given.till:
        raise CannotTell("say either `till` or `tills`")
    if given.tills:
        named = [one if one.name else one.model_copy(update={"name": one.source}) for one in given.tills]
        if len({one.name for one in named}) < len(named):
            raise CannotTell("two tills have the same name; give each its own with `name:`")
        return named
    if given.till is None:
        raise CannotTell("`given` has no `till`; it is lightspeed_r, lightspeed_x or sitoo")
    one = TillGiven(source=given.till, settings=given.settings, switches=given.switches, build=given.build)
    return [one.model_copy(update={"name": given.till})]


def shops_of(given: Given) -> list[Shop]:
    """The shops of a story, each with its till. Raises CannotTell."""
    tills = [one.name for one in tills_of(given)]
    told = ([given.shop] if given.shop else []) + given.shops
    shops = [shop if shop.till else shop.model_copy(update={"till": tills[0]}) for shop in told]
    for till in tills:
        if not any(shop.till == till for shop in shops):
            shops.append(Shop(name="Main Street" if len(tills) == 1 else f"Shop of {till}", till=till))
    for shop in shops:
        if shop.till not in tills:
            raise CannotTell(f"shop {shop.name}: there is no till `{shop.till}`; there is {', '.join(tills)}")
        zone_of(shop.zone)
    return shops


def _asked(given: Given, shops: list[Shop]) -> list[TillAsked]:
    asked = []
    for till in tills_of(given):
        mine = [shop for shop in shops if shop.till == till.name]
        build: dict[str, Any] = {"currency": mine[0].currency}
        settings = _plain(till.settings if given.tills else given.settings)
        if till.source == "lightspeed_x":
            build["zone"] = mine[0].zone
            if mine[0].country:
                build["country"] = mine[0].country.upper()
        if till.source == "sitoo":
            zones = {till_sitoo.external_id(number): shop.zone for number, shop in enumerate(mine, 1)}
            settings = {**settings, "sitoo": {"zones": zones, **settings.get("sitoo", {})}}
        asked.append(TillAsked(till.name, till.source, {**build, **_plain(till.build)}, settings))
    return asked


def _monitor(given: Given, zone: str, story: Story, folder: Path) -> dict[str, Any]:
    """The monitor's section: one route that takes everything, looking back over the whole story."""
    route = {"url": "json://alerts.example", "allow_private": True}
    days = given.monitor.get("days", min(90, max(7, _length(story, zone) + 3)))
    own = {"zone": zone, "routes": {"ops": route}, "out": str(folder / "monitor")}
    return {**own, **_plain(given.monitor), "days": days}


def _plain(told: Any) -> Any:
    """Numbers with a point as settings files have them."""
    if isinstance(told, dict):
        return {name: _plain(value) for name, value in told.items()}
    if isinstance(told, list):
        return [_plain(value) for value in told]
    return float(told) if isinstance(told, Decimal) else told


def _times(story: Story, zone: str) -> list[datetime]:
    far = datetime(2026, 5, 4, tzinfo=UTC)
    found = []
    for step in story.when:
        told = getattr(step.content, "at", None) or getattr(step.content, "until", None)
        if told and _dated(told):
            found.append(_told(told, zone, far))
    return found


def _told(text: str, zone: str, far: datetime) -> datetime:
    try:
        return instant(text, zone, far)
    except CannotTell:
        # Told again, with its place, when it comes.
        return instant(f"{text.split(' ', maxsplit=1)[0]} 12:00", zone, far)


def _dated(text: str) -> bool:
    return moment_parts(text)[0] not in ("", "tomorrow")


def _first(story: Story, zone: str) -> datetime:
    """The first thing that happens; a day in May for a story without days."""
    if story.given.clock and _dated(story.given.clock):
        return min([instant(story.given.clock, zone, datetime(2026, 5, 4, tzinfo=UTC)), *_times(story, zone)])
    return min(_times(story, zone), default=datetime(2026, 5, 4, 12, tzinfo=UTC))


def _length(story: Story, zone: str) -> int:
    times = _times(story, zone)
    return (max(times) - min(times)).days if times else 0
