"""System webhooks: their topics, their signed deliveries, their retries.

Klaviyo sends up to 1,000 events at once, waits five seconds for a 200, 201 or 202, backs off up to an hour,
and switches a webhook off that has failed for 48 hours.
"""

import hashlib
import hmac
import json
import re
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Literal

from fakes.kit.push import Answer, Outgoing
from fakes.klaviyo.account import Metric
from fakes.klaviyo.records import Webhook

if TYPE_CHECKING:
    from fakes.klaviyo.state import State

EVENTS_MAX = 1_000
WEBHOOKS_MAX = 10
SECRET_LENGTH_MIN = 16
GOOD = (200, 201, 202)
FIRST_WAIT_S, LONGEST_WAIT_S = 60.0, 3_600.0
GIVEN_UP_AFTER_S = 48 * 3_600.0
ALWAYS = tuple(
    f"event:klaviyo.{name}"
    for name in (
        "bounced_email", "bounced_push", "clicked_email", "clicked_sms", "dropped_email",
        "failed_to_deliver_sms",
        "manually_suppressed_from_email_marketing", "manually_unsuppressed_from_email_marketing",
        "marked_email_as_spam", "opened_email", "opened_push", "ready_to_review", "received_email",
        "received_push", "received_sms", "sent_sms", "submitted_review", "subscribed_to_email_marketing",
        "subscribed_to_sms_marketing", "unsubscribed_from_email_marketing", "unsubscribed_from_sms_marketing",
        "updated_email_preferences",
    )
)  # fmt: skip


def topics(state: "State") -> list[str]:
    """The account's topics: Klaviyo's own, and one per other metric it has."""
    return sorted({*ALWAYS, *(topic_of(metric) for metric in state.visible_metrics())})


def topic_of(metric: Metric) -> str:
    """The topic of a metric: ``event:klaviyo.bounced_email``, ``event:api.placed_order``."""
    name = re.sub(r"[^a-z0-9]+", "_", metric.name.lower()).strip("_")
    return f"event:{metric.integration.lower()}.{name}"


def announce(state: "State", first: int, end: int) -> None:
    """Put the stored rows ``first`` to ``end`` (exclusive) into the outbox of whoever listens."""
    _switch_failed_off(state)
    listening = [hook for hook in state.extras.webhooks.values() if hook.enabled]
    for row in range(first, end) if listening else ():
        topic = topic_of(state.metrics[state.events.metric[row]])
        for hook in listening:
            if topic in hook.topics:
                state.outbox.setdefault(hook.id, []).append((topic, row))


def flush(state: "State", base: str) -> None:
    """Queue a delivery for each webhook's outbox; the links inside lead back to ``base``."""
    state.called_at = base
    waiting, state.outbox = state.outbox, {}
    for hook_id, happened in waiting.items():
        hook = state.extras.webhooks.get(hook_id)
        for start in range(0, len(happened) if hook else 0, EVENTS_MAX):
            assert hook is not None
            _queue(state, hook, happened[start : start + EVENTS_MAX], base)


def signature(secret_key: str, body: bytes, timestamp: str) -> str:
    """Lower-case hexadecimal HMAC-SHA256 over the body followed at once by the timestamp header."""
    return hmac.new(secret_key.encode(), body + timestamp.encode(), hashlib.sha256).hexdigest()


def signed(state: "State", out: Outgoing) -> Outgoing:
    """A delivery as it leaves: stamped and signed at this attempt's time."""
    hook = state.extras.webhooks.get(out.headers["Klaviyo-Webhook-Id"])
    if hook is None:
        return out
    stamp = format_datetime(state.clock.now(), usegmt=True)
    signing = {
        "Klaviyo-Signature": signature(hook.secret_key, out.body, stamp),
        "Klaviyo-Timestamp": stamp,
    }
    return Outgoing(out.url, out.body, out.headers | signing, out.timeout_s)


def schedule(attempt_count: int, answer: Answer) -> "float | Literal['drop'] | None":
    """When to try again: one minute, doubling up to an hour, for 48 hours."""
    if answer.status in GOOD:
        return None
    waits = [min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(n, 10)) for n in range(attempt_count)]
    return "drop" if sum(waits) > GIVEN_UP_AFTER_S else waits[-1]


def shown_webhooks(state: "State") -> dict[str, Webhook]:
    """The webhooks as they are now, those that failed too long switched off."""
    _switch_failed_off(state)
    return state.extras.webhooks


def _queue(state: "State", hook: Webhook, happened: list[tuple[str, int]], base: str) -> None:
    from fakes.klaviyo.shapes import event_writer  # noqa: PLC0415  shapes needs the state, which needs us

    now, write = state.clock.now(), event_writer(state, base, None)
    data = ",".join(
        f'{{"topic":{json.dumps(topic)},"external_id":"{state.events.id_of(row)}",'
        f'"payload":{{"data":{write(row)}}}}}'
        for topic, row in happened
    )
    meta: dict[str, Any] = {
        "klaviyo_webhook_id": hook.id,
        "klaviyo_account_id": state.account.public_id,
        "timestamp": now.isoformat(timespec="seconds"),
    }
    body = f'{{"data":[{data}],"meta":{json.dumps(meta)}}}'.encode()
    headers = {"Content-Type": "application/json", "Klaviyo-Webhook-Id": hook.id}
    at = now + timedelta(seconds=state.switches.webhook_delay_s)
    state.push.queue(hook.id, hook.endpoint_url, body, headers, at=at, label=happened[0][0])


def _switch_failed_off(state: "State") -> None:
    for delivery in state.push.deliveries() if state.extras.webhooks else ():
        hook = state.extras.webhooks.get(delivery.target)
        if hook and delivery.state == "dropped" and delivery.attempt_count and delivery.at > hook.updated:
            hook.enabled = False
