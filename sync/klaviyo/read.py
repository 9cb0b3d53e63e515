"""Reading Klaviyo back: who the account is, its metrics, events, daily sums, lists and profiles.

Only a read confirms that an event exists. Instants are aware UTC. Source: Klaviyo's API description,
revision 2026-07-15.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from sync.domain.clock import Window, utc
from sync.http.errors import Unintelligible
from sync.klaviyo import limits
from sync.klaviyo.client import KlaviyoClient, Listed
from sync.klaviyo.errors import UPSTREAM
from sync.klaviyo.eventpages import OWN_PROPERTIES, EventRow, page_decoder
from sync.klaviyo.known import KnownProfiles

__all__ = ["DayCount", "EventRow", "KlaviyoAccount", "KlaviyoList", "KlaviyoReader", "Metric"]

PAGE_SIZE = 1_000
_IDS_A_REQUEST = 100
_AGGREGATE_SPAN = timedelta(days=360)  # Klaviyo sums up at most a year at a time
_THOUSANDTH = Decimal("0.001")  # no currency has smaller parts; beyond it Klaviyo's sums are rounding noise
# Zones that metric aggregates refuse under their present name, by the older name they take.
_OLDER_ZONE_NAMES = {"Europe/Kyiv": "Europe/Kiev", "Pacific/Kanton": "Pacific/Enderbury"}


@dataclass(frozen=True, slots=True)
class KlaviyoAccount:
    """Whose key it is. `zone` is the IANA zone in which Klaviyo's pages draw their days."""

    public_id: str
    zone: str
    currency: str


@dataclass(frozen=True, slots=True)
class Metric:
    """A kind of event. Two integrations may own metrics of the same name: only both together identify it."""

    id: str
    name: str
    integration: str  # `API` for what is sent by programs such as this one; empty when Klaviyo names none


@dataclass(frozen=True, slots=True)
class KlaviyoList:
    """A list people can be added to."""

    id: str
    name: str
    double_opt_in: bool


@dataclass(frozen=True, slots=True)
class DayCount:
    """What Klaviyo counts for the day from `start_at` on; `value` in major units, to the thousandth."""

    start_at: datetime
    count: int
    value: Decimal


class _AccountAttributes(msgspec.Struct):
    timezone: str
    preferred_currency: str


class _Account(msgspec.Struct):
    id: str
    attributes: _AccountAttributes


class _Accounts(msgspec.Struct):
    data: list[_Account]


class _Integration(msgspec.Struct):
    name: str | None = None


class _MetricAttributes(msgspec.Struct):
    name: str
    integration: _Integration | None = None


class _Metric(msgspec.Struct):
    id: str
    attributes: _MetricAttributes


class _ListAttributes(msgspec.Struct):
    name: str
    opt_in_process: str | None = None


class _List(msgspec.Struct):
    id: str
    attributes: _ListAttributes


class _ProfileAttributes(msgspec.Struct):
    email: str | None = None


class _Profile(msgspec.Struct):
    id: str
    attributes: _ProfileAttributes


class _Measurements(msgspec.Struct):
    count: list[Decimal]
    sum_value: list[Decimal]


class _Series(msgspec.Struct):
    measurements: _Measurements


class _AggregateAttributes(msgspec.Struct):
    dates: list[str]
    data: list[_Series]


class _AggregateData(msgspec.Struct):
    attributes: _AggregateAttributes


class _Aggregate(msgspec.Struct):
    data: _AggregateData


_accounts = msgspec.json.Decoder(_Accounts).decode
_metrics = msgspec.json.Decoder(Listed[_Metric]).decode
_lists = msgspec.json.Decoder(Listed[_List]).decode
_profiles = msgspec.json.Decoder(Listed[_Profile]).decode
_aggregate = msgspec.json.Decoder(_Aggregate).decode


class KlaviyoReader:
    """One Klaviyo account being read. Every method raises ApiTrouble, named for what to do about it."""

    def __init__(self, client: KlaviyoClient) -> None:
        """Share the client with the writer: they spend the same limits."""
        self._client = client
        self._known = KnownProfiles(client)

    def account(self) -> KlaviyoAccount:
        """The account the key belongs to. Allowed 15 times a minute for everybody: keep it."""
        found = self._client.get(_accounts, "api/accounts", limits.ACCOUNTS).data
        if not found:
            raise Unintelligible(UPSTREAM, "the key belongs to no account; check the configured key")
        one = found[0]
        return KlaviyoAccount(one.id, one.attributes.timezone, one.attributes.preferred_currency)

    def metrics(self) -> list[Metric]:
        """Every metric of the account."""
        return [
            Metric(one.id, one.attributes.name, _owner(one.attributes.integration))
            for page in self._client.pages(_metrics, "api/metrics", limits.METRICS, {})
            for one in page.data
        ]

    def events(
        self, metric_id: str, window: Window, properties: Sequence[str] = ()
    ) -> Iterator[list[EventRow]]:
        """Pages of a metric's events whose own time lies in `window`, oldest first.

        `properties` names further properties to read, besides those `EventRow` has fields for.
        """
        own = OWN_PROPERTIES.values()
        decode = page_decoder(tuple(name for name in properties if name not in own))
        params = {
            "filter": ",".join((f'equals(metric_id,"{metric_id}")', *_bounds(window))),
            "sort": "datetime",
            "page[size]": str(PAGE_SIZE),
            "fields[event]": "timestamp,event_properties",
        }
        for page in self._client.pages(decode, "api/events", limits.EVENTS_READ, params):
            yield page.rows

    def aggregates(self, metric_id: str, window: Window, zone: str) -> list[DayCount]:
        """Counts and sums per local day of `zone`, without reading the events; days in order.

        Buckets are by the event's own time. Klaviyo may count an event later than it shows it.
        """
        counts: dict[datetime, DayCount] = {}
        for part in window.sliced(_AGGREGATE_SPAN):
            for day in self._aggregated(metric_id, part, zone):
                # Where two parts meet within a day, each holds some of it.
                before = counts.get(day.start_at, DayCount(day.start_at, 0, Decimal(0)))
                counts[day.start_at] = DayCount(
                    day.start_at, before.count + day.count, before.value + day.value
                )
        return [counts[start_at] for start_at in sorted(counts)]

    def known_since(self, emails: Sequence[str]) -> Mapping[str, datetime]:
        """When the profiles of those among these addresses that have one were made."""
        return self._known.since(emails)

    def lists(self) -> list[KlaviyoList]:
        """Every list of the account."""
        return [
            KlaviyoList(one.id, one.attributes.name, one.attributes.opt_in_process == "double_opt_in")
            for page in self._client.pages(_lists, "api/lists", limits.LISTS_READ, {})
            for one in page.data
        ]

    def emails(self, profile_ids: Sequence[str]) -> dict[str, str]:
        """The e-mail address of each of these profiles; those that are gone or have none are absent.

        Asked for by id only, so that no address ever stands in a URL.
        """
        found: dict[str, str] = {}
        for start in range(0, len(profile_ids), _IDS_A_REQUEST):
            ids = ",".join(f'"{one}"' for one in profile_ids[start : start + _IDS_A_REQUEST])
            params = {"filter": f"any(id,[{ids}])", "fields[profile]": "email", "page[size]": "100"}
            for page in self._client.pages(_profiles, "api/profiles", limits.PROFILES_READ, params):
                found.update({one.id: one.attributes.email for one in page.data if one.attributes.email})
        return found

    def _aggregated(self, metric_id: str, window: Window, zone: str) -> Iterator[DayCount]:
        body = msgspec.json.encode(
            {
                "data": {
                    "type": "metric-aggregate",
                    "attributes": {
                        "metric_id": metric_id,
                        "measurements": ["count", "sum_value"],
                        "interval": "day",
                        "timezone": _OLDER_ZONE_NAMES.get(zone, zone),
                        "page_size": 500,
                        "filter": list(_bounds(window)),
                    },
                }
            }
        )
        path = "api/metric-aggregates"
        response = self._client.post(path, body, limits.METRIC_AGGREGATES)
        found = self._client.decoded(_aggregate, response, path).data.attributes
        for series in found.data:
            measured = zip(found.dates, series.measurements.count, series.measurements.sum_value, strict=True)
            for start, count, value in measured:
                yield DayCount(utc(start), int(count), value.quantize(_THOUSANDTH))


def _owner(integration: _Integration | None) -> str:
    return (integration.name or "") if integration is not None else ""


def _bounds(window: Window) -> tuple[str, str]:
    # Klaviyo reads instants unquoted and refuses quoted ones.
    return (
        f"greater-or-equal(datetime,{_instant(window.start_at)})",
        f"less-than(datetime,{_instant(window.end_at)})",
    )


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
