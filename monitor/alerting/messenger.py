"""The process that talks to the services. Reads parcels as JSON on standard input, tells what became of each.

Run by `monitor.alerting.courier`; of no use by itself.
"""

import json
import logging
import re
import sys
from typing import Any

from monitor.alerting.guard import is_private

# Apprise's own services that speak plain HTTP; each has one that encrypts.
_PLAIN = {"json", "xml", "form"}
_STATUS = re.compile(r"error=(\d{3})")
_TIME_OUT_S = 8.0


class Refused(OSError):
    """The connection would lead into a private network, or a command would be run."""


class Watch:
    """The audit hook. It cannot be taken off; between messages it is told what the next one may do."""

    def __init__(self) -> None:
        """Watch nothing yet: Python itself is still being set up."""
        self.on = False
        self.allow_private = False
        self.refused = ""

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Look at what is about to happen."""
        if not self.on:
            return
        if event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pty.spawn"):
            self.refused = "it would run a command on this machine"
            raise Refused(self.refused)
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and not self.allow_private:
            self._check(arguments[1])

    def _check(self, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) and address else ""
        if is_private(str(host)):
            self.refused = "it leads into a private network; allow_private = true in the route permits that"
            raise Refused(self.refused)


class Heard(logging.Handler):
    """Keeps the status a service answered with; the rest of what it says may hold secrets."""

    def __init__(self) -> None:
        """Nothing heard yet."""
        super().__init__(logging.DEBUG)
        self.status = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Listen for a status."""
        found = _STATUS.search(record.getMessage())
        if found is not None:
            self.status = found[1]


def main() -> None:
    """Deliver what standard input holds."""
    parcels = json.loads(sys.stdin.buffer.read())
    out = sys.stdout
    sys.stdout = sys.stderr  # whatever a service prints is not ours to tell
    watch, heard = Watch(), Heard()
    sys.addaudithook(watch)
    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [heard], False
    logger.setLevel(logging.INFO)
    for parcel in parcels:
        why = _deliver(parcel, watch, heard)
        print(json.dumps([parcel["number"], not why, why]), file=out, flush=True)


def _deliver(parcel: dict[str, Any], watch: Watch, heard: Heard) -> str:
    """Why it failed; empty when it did not. What a service says is not repeated: it may say its address."""
    heard.status, watch.refused = "", ""
    watch.allow_private = bool(parcel["allow_private"])
    try:
        why = _ping(parcel, watch) if parcel["ping"] else _notify(parcel, watch)
    except Exception as problem:  # noqa: BLE001 - services raise anything; none of it may end the others
        why = f"the service failed ({type(problem).__name__})"
    finally:
        watch.on = False
    if not why:
        return ""
    if watch.refused:
        return f"refused: {watch.refused}"
    return f"it answered with status {heard.status}" if heard.status else why


def _notify(parcel: dict[str, Any], watch: Watch) -> str:
    import apprise  # noqa: PLC0415 - only once there is something to send

    _follow_nothing()
    scheme = parcel["url"].partition(":")[0].strip().lower()
    if scheme in _PLAIN and not watch.allow_private:
        return f"refused: {scheme}:// is not encrypted; use {scheme}s://"
    service = apprise.Apprise.instantiate(parcel["url"], suppress_exceptions=True)
    if service is None:
        return "the address is no Apprise URL; see its list of services"
    levels = {level.value: level for level in apprise.NotifyType}
    told = apprise.Apprise()
    told.add(service)
    watch.on = True
    sent = told.notify(
        body=parcel["body"],
        title=parcel["title"],
        notify_type=levels.get(parcel["level"], apprise.NotifyType.WARNING),
        body_format=apprise.NotifyFormat.TEXT,
    )
    return "" if sent else "the service could not be reached or did not take it"


def _ping(parcel: dict[str, Any], watch: Watch) -> str:
    import requests  # noqa: PLC0415 - only once there is something to ping

    _follow_nothing()
    if not parcel["url"].startswith("https://") and not watch.allow_private:
        return "refused: the address must begin with https://"
    watch.on = True
    answer = requests.get(parcel["url"], timeout=_TIME_OUT_S, stream=True)
    answer.close()
    return "" if answer.ok and not answer.is_redirect else f"it answered with status {answer.status_code}"


def _follow_nothing() -> None:
    """No redirects: what was meant for one address is never handed to another."""
    import requests  # noqa: PLC0415 - as above

    def nowhere(_self: object, resp: object) -> None:  # noqa: ARG001 - the name is requests' own
        return None

    requests.Session.get_redirect_target = nowhere  # type: ignore[assignment,method-assign]  # our own process


if __name__ == "__main__":
    main()
