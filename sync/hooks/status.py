"""What came by webhook, for people and for machines."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sync.app import App
from sync.hooks.counts import KINDS
from sync.store import inbox
from sync.store.inbox import InboxStatus


@dataclass(frozen=True, slots=True)
class HookStatus:
    """One account's inbox at an instant."""

    account: str
    now_at: datetime
    inbox: InboxStatus

    @property
    def oldest_s(self) -> float | None:
        """How long the oldest of those that wait has waited."""
        oldest_ms = self.inbox.oldest_ms
        return None if oldest_ms is None else max(0.0, self.now_at.timestamp() - oldest_ms / 1000)

    def wait_s(self, share: float) -> float | None:
        """The wait that this share of the latest sales did not exceed, from arrival to Klaviyo's answer."""
        waits = self.inbox.waits_ms
        return waits[min(len(waits) - 1, int(share * len(waits)))] / 1000 if waits else None


def statuses(app: App, name: str | None = None) -> list[HookStatus]:
    """Of one account, or of all. Raises WrongSettings for an unknown one."""
    found = []
    for one in app.names(name):
        number = app.number(one)
        with app.store.reading() as connection:
            found.append(HookStatus(one, app.now(), inbox.status(connection, number)))
    return found


def text_of(one: HookStatus) -> str:
    """A few lines: what waits, then what came, then how long it took."""
    found = one.inbox
    waits = f"{found.waiting_count:,} waiting" if found.waiting_count else "nothing waits"
    oldest = f", the oldest for {one.oldest_s:,.0f} s" if one.oldest_s is not None else ""
    last = "nothing came yet"
    if found.last_s is not None:
        last = f"the last delivery came at {datetime.fromtimestamp(found.last_s, UTC):%Y-%m-%d %H:%M:%S} UTC"
    lines = [f"{one.account}: {waits}{oldest}; {last}"]
    if found.given_up_count:
        lines.append(f"  {found.given_up_count:,} given up; see `tillproof sync dead-letters list`")
    told = [f"{found.counts[kind]:,} {kind.replace('_', ' ')}" for kind in KINDS if found.counts.get(kind)]
    if told:
        lines.append(f"  deliveries: {', '.join(told)}")
    p50, p99 = one.wait_s(0.5), one.wait_s(0.99)
    if p50 is not None and p99 is not None:
        lines.append(f"  from arrival to Klaviyo: half within {p50:.2f} s, 99 of 100 within {p99:.2f} s")
    return "\n".join(lines)


def as_data(one: HookStatus) -> dict[str, Any]:
    """The same as plain data; a stable interface."""
    found = one.inbox
    return {
        "account": one.account,
        "waiting": found.waiting_count,
        "given_up": found.given_up_count,
        "oldest_s": one.oldest_s,
        "last_delivery_at": None
        if found.last_s is None
        else datetime.fromtimestamp(found.last_s, UTC).isoformat(),
        "deliveries": {kind: found.counts.get(kind, 0) for kind in KINDS},
        "wait_p50_s": one.wait_s(0.5),
        "wait_p99_s": one.wait_s(0.99),
    }
