"""Why a difference is there, as far as it can be proven, and what to do about it, in plain words.

A proof is something the reader can check with two records side by side: an arithmetic relation, a state the
POS shows, a place where the POS was asked. Anything else is said to be a guess, or not said at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from monitor.details import Detail
from monitor.offsets import offset_at
from monitor.report_data import Cause, FindingKind, ZoneDiagnosis, ZoneStatus
from monitor.words import counted, local_time, money
from monitor.zones import SHOP
from sync.domain.eligibility import PLAIN_WORDS, Exclusion
from sync.domain.planning import Kind

_DAY_S = 86_400
_EDIT_DOUBT_S = 300  # tills stamp a sale as changed some time after its completion


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beyond the row itself."""

    account: str
    key_head: str  # how the keys of our own sync begin: `source:account:`
    absent_metrics: frozenset[str]  # metrics Klaviyo has never heard of
    asked_sales: frozenset[str]  # sale ids that the POS was asked for by id
    found_sales: frozenset[str]  # those of them that it has
    zone: ZoneDiagnosis | None = None
    silent: frozenset[tuple[str, date]] = frozenset()  # shop and day of which nothing arrived
    ours: bool = True  # whether our own sync sends these events; else nothing of ours mends them


@dataclass(frozen=True, slots=True)
class Advice:
    """The cause, what to do, and the command that does it (or "")."""

    cause: Cause
    remedy: str
    command: str = ""


def sale_of_key(event_key: str, key_head: str) -> str | None:
    """The sale an event's key names, if our own sync made it."""
    if not event_key.startswith(key_head):
        return None
    return event_key[len(key_head) :].partition(":")[0] or None


def advise(detail: Detail, known: Known) -> Advice:
    """The cause and the remedy of one difference."""
    return _ADVICE.get(FindingKind(detail.kind), _day_shift)(detail, known)


def _proven(code: str, words: str, proof: str) -> Cause:
    return Cause(code, words, True, proof)


def _guess(code: str, words: str) -> Cause:
    return Cause(code, words, False)


def _missing(detail: Detail, known: Known) -> Advice:
    command, remedy = "", "Ask whoever runs the integration to send it, then compare again."
    if known.ours:
        command = f"tillproof sync resend {known.account} --sale {detail.sale_id}"
        remedy = (
            "Look for it among the dead letters (tillproof sync dead-letters list). If it is not there, send "
            "it once more: events keep their ids, so what Klaviyo already has is not doubled."
        )
    if detail.metric in known.absent_metrics:
        return Advice(
            _proven(
                "no_such_metric",
                f"Klaviyo has no metric named {detail.metric} from this integration",
                "Klaviyo's list of metrics was read and does not hold it.",
            ),
            "Check that the sync runs, that its key may write events, and that the metric's name is right.",
            command,
        )
    if (detail.shop_id, detail.business_day) in known.silent:
        return Advice(
            _proven(
                "shop_day_silent",
                "none of this shop's sales of the day reached Klaviyo",
                "Klaviyo holds no sale of this shop and day, but does of its other days.",
            ),
            remedy,
            command,
        )
    return Advice(
        _guess(
            "not_in_klaviyo",
            "it was not sent, or Klaviyo dropped it after accepting it; from outside it cannot be proven",
        ),
        remedy,
        command,
    )


def _duplicate(detail: Detail, _known: Known) -> Advice:
    remedy = (
        "Klaviyo cannot delete a single event. If both profiles are one person, merge them; then find out "
        "what sends the second copy before more arrive."
    )
    if detail.other_profile and detail.profile_id and detail.other_profile != detail.profile_id:
        return Advice(
            _proven(
                "two_profiles",
                "the same sale lies on two profiles; Klaviyo drops repeats within one profile only",
                f"Both events carry the id {detail.event_key}, on different profiles.",
            ),
            remedy,
        )
    return Advice(
        _guess("sent_twice", "the same sale is there twice on one profile; what sent it again is not known"),
        "Klaviyo cannot delete a single event. Find out what sends the second copy before more arrive.",
    )


def _orphaned(detail: Detail, known: Known) -> Advice:
    if voided_refund(detail):
        return _undone_refund(detail, known)
    if detail.reason:
        words = PLAIN_WORDS[Exclusion(detail.reason)]
        told = "; ".join(
            PLAIN_WORDS[Exclusion(code)] for code in (detail.reasons or detail.reason).split("|")
        )
        return Advice(
            _proven(
                f"excluded_{detail.reason}",
                f"the sale should have been left out: {words}",
                f"The POS shows it like this now: {told}.",
            ),
            "If the sale was changed after it was sent, nothing is wrong but the history. Otherwise look for "
            "another program that sends this metric. Klaviyo cannot delete a single event.",
        )
    if detail.unit_kind == "canceled":
        return Advice(
            _proven(
                "never_placed",
                "a Canceled Order without a Placed Order before it",
                "The sale is voided and Klaviyo holds no Placed Order of it.",
            ),
            "Look for what sent it. Klaviyo cannot delete a single event.",
        )
    return _unknown_event(detail, known)


def voided_refund(detail: Detail) -> bool:
    """Whether this is the event of a refund that the POS shows as voided."""
    return detail.unit_kind == Kind.REFUNDED and Exclusion.VOIDED in (detail.reasons or "").split("|")


def _undone_refund(detail: Detail, known: Known) -> Advice:
    amount = money(detail.value_minor or 0, detail.event_currency or detail.currency)
    # Klaviyo takes a refund off the lifetime value when it carries the id of the order it returns.
    netted = detail.unit_key == f"{known.key_head}{detail.order_id}" and detail.order_id != detail.sale_id
    less = f" and the lifetime value {amount} too low" if netted else ""
    return Advice(
        _proven(
            "refund_voided",
            f"the refund was voided at the till, and Klaviyo goes on counting it: what this profile had back "
            f"is {amount} too high{less}",
            f"The POS shows it as voided, last changed at {local_time(detail.changed_at or 0, detail.zone)}.",
        ),
        "Nothing can be sent to undo it: Klaviyo deletes no single event, and no event takes a refund back. "
        "Keep this person out of segments that count refunds, and correct totals that matter by hand.",
    )


def _unknown_event(detail: Detail, known: Known) -> Advice:
    remedy = "Look for the program that sends it. Klaviyo cannot delete a single event."
    if not detail.event_key:
        return Advice(
            _proven("no_key", "it names no sale", "The property that should name the sale is absent."), remedy
        )
    sale_id = sale_of_key(detail.event_key, known.key_head) or detail.event_order_id or ""
    if sale_id in known.found_sales:
        return Advice(
            _proven(
                "no_such_part",
                f"sale {sale_id} exists but gives no reason for such an event",
                f"The POS was asked for sale {sale_id}; nothing of it becomes an event with this id.",
            ),
            "If the sale was changed after it was sent, nothing is wrong but the history. Otherwise: "
            + remedy[0].lower()
            + remedy[1:],
        )
    if sale_id in known.asked_sales:
        return Advice(
            _proven(
                "no_such_sale",
                "the POS has no such sale",
                f"The POS was asked for sale {sale_id} and does not know it.",
            ),
            remedy,
        )
    return Advice(
        _guess("unknown_event", "no sale was found for it; the POS could not be asked for one"), remedy
    )


def _collapsed(detail: Detail, known: Known) -> Advice:
    other = f"sale {detail.other_order_id}" if detail.other_order_id else "another sale"
    return Advice(
        _proven(
            "same_second",
            "it was sent without an id, and Klaviyo then keeps one event per person and second",
            f"The event of {other} carries the second {detail.other_unique_id} for an id; both sales are of "
            "one customer and second.",
        ),
        "Have an id of its own sent with each sale (unique_id), then send the swallowed one again.",
        f"tillproof sync resend {known.account} --sale {detail.sale_id}" if known.ours else "",
    )


def _two_keys(detail: Detail, _known: Known) -> Advice:
    ids = f"{detail.other_unique_id or detail.other_key} and {detail.unique_id or detail.event_key}"
    return Advice(
        _proven(
            "two_ids",
            "the same sale was sent under two ids, which Klaviyo takes for two sales",
            f"Both events name order {detail.event_order_id or detail.order_id}; their ids are {ids}.",
        ),
        "Klaviyo knows a repetition by its unique_id alone: a property named $event_id is no id. Find out "
        "which of the two senders to stop. Klaviyo cannot delete a single event.",
    )


def _other_lines(detail: Detail, _known: Known) -> Advice:
    remedy = "Klaviyo cannot change the event. Look whether the receipt was edited after it had been sent."
    if (detail.changed_at or 0) - (detail.completed_at or 0) > _EDIT_DOUBT_S:
        changed = local_time(detail.changed_at or 0, detail.zone)
        return Advice(_guess("edited", f"the sale was changed in the POS at {changed}"), remedy)
    return Advice(_guess("unknown_lines", "where the other goods came from cannot be proven"), remedy)


def _mismatch(detail: Detail, _known: Known) -> Advice:
    total, value = detail.total_minor or 0, detail.value_minor or 0
    remedy = (
        "Klaviyo keeps the first event of an id and cannot change it. Correct it with an event of its own if "
        "the difference matters, and find out where the other amount came from."
    )
    amounts = f"{money(total, detail.currency)} against {money(value, detail.currency)}"
    if value == 0:
        cause = _proven("no_value", "Klaviyo holds no amount for it", f"{amounts}.")
    elif value == -total:
        cause = _proven("sign", "the amount has the wrong sign", f"{amounts} differ in the sign only.")
    elif total in (value * 100, value * -100) or value in (total * 100, total * -100):
        cause = _proven("minor_units", "major and minor units were mixed up", f"{amounts}: a factor of 100.")
    elif (detail.changed_at or 0) - (detail.completed_at or 0) > _EDIT_DOUBT_S:
        changed = local_time(detail.changed_at or 0, detail.zone)
        cause = _guess(
            "edited", f"the sale was changed in the POS at {changed}, perhaps after its event had been sent"
        )
    else:
        cause = _guess("unknown_amount", "where the other amount came from cannot be proven")
    return Advice(cause, remedy)


def _currency(detail: Detail, _known: Known) -> Advice:
    return Advice(
        _proven(
            "currency",
            "the event names another currency than the sale",
            f"The POS says {detail.currency}, Klaviyo {detail.event_currency}.",
        ),
        "Set the account's currency right before more is sent. Klaviyo cannot change what it holds.",
    )


def _future(detail: Detail, _known: Known) -> Advice:
    return Advice(
        _proven(
            "future",
            "the event claims to have happened after the books were closed",
            f"It says {local_time(detail.event_at or 0, detail.zone)}.",
        ),
        "Klaviyo cannot change the time of an event. Correct the clock or the time zone of what sends it.",
    )


def _day_shift(detail: Detail, known: Known) -> Advice:
    remedy = (
        "Klaviyo cannot change the time of an event. Find out what sent it with this time before more arrive."
    )
    sale_at, event_at = detail.happened_at or 0, detail.event_at or 0
    best = known.zone.best if known.zone and known.zone.status is ZoneStatus.PROVEN else None
    if best is not None:
        sale_wall = _wall(sale_at, best.sales_zone, detail.zone)
        event_wall = _wall(event_at, best.events_zone, detail.zone)
        if sale_wall == event_wall:
            shown = datetime.fromtimestamp(sale_wall, UTC).strftime("%H:%M:%S")
            return Advice(
                _proven(
                    "zone",
                    best.words,
                    f"Both clocks then show {shown}: the sale's in {_named(best.sales_zone, detail.zone)}, "
                    f"the event's in {_named(best.events_zone, detail.zone)}.",
                ),
                "Correct the time zone in what sends it. Klaviyo cannot change the time of an event.",
            )
    apart = event_at - sale_at
    if apart and apart % _DAY_S == 0:
        days = abs(apart) // _DAY_S
        way = "later" if apart > 0 else "earlier"
        return Advice(
            _proven(
                "whole_days",
                f"the event was dated {counted(days, 'day')} {way}, to the second",
                f"The two times differ by exactly {days * 24} hours.",
            ),
            remedy,
        )
    return Advice(_guess("unknown_shift", "why the times differ cannot be proven"), remedy)


def _wall(epoch_s: int, zone_name: str, shop_zone: str) -> int:
    return epoch_s + offset_at(shop_zone if zone_name == SHOP else zone_name, epoch_s)


def _named(zone_name: str, shop_zone: str) -> str:
    return shop_zone if zone_name == SHOP else zone_name


_ADVICE: Mapping[FindingKind, Callable[[Detail, Known], Advice]] = {
    FindingKind.MISSING: _missing,
    FindingKind.LOST_REFUND: _missing,
    FindingKind.DUPLICATE: _duplicate,
    FindingKind.ORPHANED: _orphaned,
    FindingKind.AMOUNT_MISMATCH: _mismatch,
    FindingKind.WRONG_CURRENCY: _currency,
    FindingKind.FUTURE_DATED: _future,
    FindingKind.SAME_SECOND_COLLAPSE: _collapsed,
    FindingKind.DOUBLE_KEY: _two_keys,
    FindingKind.LINE_MISMATCH: _other_lines,
}
