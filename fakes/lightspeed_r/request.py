"""A list request, read strictly: what is filtered, sorted, limited, loaded; everything else is refused."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from fakes.kit.refusing import Refused
from fakes.lightspeed_r.entities import Entity
from fakes.lightspeed_r.filters import Condition, parse, parse_or
from fakes.lightspeed_r.relations import asked_relations
from fakes.lightspeed_r.switches import Switches

LIMIT_MAX = 100
_PAGING = ("limit", "sort", "after", "before")
_PAGING_V2 = ("limit", "offset", "orderby", "orderby_desc")
_OTHERS = ("count", "archived", "load_relations", "or", "pretty_print", "giftCard")
_CONTACT_FIELDS = ("email", "mobile", "phoneHome", "phoneWork", "pager", "fax")


@dataclass(frozen=True, slots=True)
class ListRequest:
    """What a list was asked for. `kept` are the parameters that V3's page links repeat; `offset` is V2's."""

    conditions: tuple[Condition, ...]
    alternatives: tuple[Condition, ...]
    loaded: frozenset[str]
    sort: str
    descending: bool
    limit: int
    after: str | None
    before: str | None
    count: bool
    archived: str
    kept: tuple[tuple[str, str], ...]
    offset: int = 0


def read_list(entity: Entity, query: str, switches: Switches, *, version: int = 3) -> ListRequest:
    """Parse a raw query string. Raises `Refused` with the status R-Series would answer."""
    pairs = parse_qsl(query, keep_blank_values=True)
    given = dict(pairs)
    if len(given) < len(pairs) and switches.repeated_parameter == "error":
        raise Refused(400, "A query parameter was given twice.")
    loaded = _loaded(entity, given, switches)
    repeated = pairs if switches.repeated_parameter == "all" else list(given.items())
    paging = _PAGING if version == 3 else _PAGING_V2
    others = _OTHERS if version == 3 else _OTHERS[1:]
    fields = [(name, text) for name, text in repeated if name not in paging and name not in others]
    fields += _kind_of_account(entity, given)
    sort = _order(entity, given, switches, version)
    return ListRequest(
        conditions=_known(entity, [parse(name, text) for name, text in fields], loaded, switches),
        alternatives=_known(entity, _alternatives(query), loaded, switches),
        loaded=loaded,
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        limit=_limit(given),
        after=given.get("after") if version == 3 else None,
        before=given.get("before") if version == 3 else None,
        count=_count(given) if version == 3 else False,
        archived=_archived(given.get("archived", "false")),
        kept=tuple((name, text) for name, text in pairs if name not in _PAGING),
        offset=0 if version == 3 else _offset(given),
    )


def read_single(entity: Entity, query: str, switches: Switches) -> frozenset[str]:
    """The relations a single GET asks for."""
    return _loaded(entity, dict(parse_qsl(query, keep_blank_values=True)), switches)


def _loaded(entity: Entity, given: dict[str, str], switches: Switches) -> frozenset[str]:
    ignore = switches.unknown_relation == "ignore"
    return asked_relations(entity.name, given.get("load_relations"), ignore_unknown=ignore)


def _alternatives(query: str) -> list[Condition]:
    raw = next((part[3:] for part in query.split("&") if part.startswith("or=")), "")
    return parse_or(raw) if raw else []


def _known(
    entity: Entity, conditions: list[Condition], loaded: frozenset[str], switches: Switches
) -> tuple[Condition, ...]:
    """The conditions this entity can be filtered by; any other is refused or, by switch, dropped."""
    kept = []
    for condition in conditions:
        if entity.name == "CreditAccount" and condition.operator != "=":
            raise Refused(400, "Credit accounts can only be looked up with the equals operator.")
        relation, dot, name = condition.field.rpartition(".")
        if dot:
            _check_related(entity, relation, name, loaded)
        elif not _is_field(entity, condition.field, switches):
            if switches.unknown_filter == "error":
                raise Refused(400, f"'{condition.field}' is not a searchable field of '{entity.name}'.")
            continue
        kept.append(condition)
    return tuple(kept)


def _is_field(entity: Entity, name: str, switches: Switches) -> bool:
    if name == "updatetime" and not switches.update_time_filter:
        return False
    return name in entity.keys or name in entity.fast


def _check_related(entity: Entity, relation: str, name: str, loaded: frozenset[str]) -> None:
    if "." in relation:
        raise Refused(400, "Only one level of relations can be searched.")
    if relation not in loaded:
        raise Refused(400, f"The relation '{relation}' must be loaded to be searched.")
    if entity.name == "Customer" and relation == "Contact" and name not in _CONTACT_FIELDS:
        raise Refused(400, f"'Contact.{name}' is not searchable.")


def _kind_of_account(entity: Entity, given: dict[str, str]) -> list[tuple[str, str]]:
    """Gift cards stay hidden unless asked for; then both kinds show."""
    if entity.name != "CreditAccount" or given.get("giftCard") == "true":
        return []
    return [("giftCard", "false")]


def _order(entity: Entity, given: dict[str, str], switches: Switches, version: int) -> str:
    """The field to sort by, with a leading minus for descending. V2 sorts by any field, at a price."""
    if version == 3:
        sort = given.get("sort", entity.key)
        _sortable(entity, sort.removeprefix("-"), switches)
        return sort
    name = given.get("orderby", entity.key)
    if name not in entity.keys and name not in entity.fast:
        raise Refused(400, f"'{name[:60]}' is not a field of '{entity.name}'.")
    return f"-{name}" if given.get("orderby_desc") == "1" else name


def _offset(given: dict[str, str]) -> int:
    text = given.get("offset", "0")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Refused(400, "offset must be a number from 0.")
    return int(text)


def _sortable(entity: Entity, name: str, switches: Switches) -> str:
    if name not in entity.sortable:
        allowed = ", ".join(entity.sortable)
        raise Refused(switches.bad_sort_status, f"'{name}' is not sortable. Allowed fields: {allowed}.")
    return name


def _limit(given: dict[str, str]) -> int:
    text = given.get("limit", str(LIMIT_MAX))
    if not text.isascii() or not text.isdigit() or int(text) > LIMIT_MAX:
        raise Refused(400, f"limit must be between 0 and {LIMIT_MAX}.")
    return int(text)


def _count(given: dict[str, str]) -> bool:
    if given.get("count", "0") != "1":
        return False
    clash = next((name for name in _PAGING if name in given), None)
    if clash is not None:
        raise Refused(400, f"count cannot be combined with {clash}.")
    return True


def _archived(text: str) -> str:
    if text not in ("false", "true", "only"):
        raise Refused(400, "archived must be true, false or only.")
    return text
