"""What Klaviyo says when it says no, and what we find out before it could.

Klaviyo's pages forbid parsing the wording of an error, so decisions here rest on status, code and pointer;
the words are only passed on, with e-mail addresses masked.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from sync.domain.masking import mask_text
from sync.http.errors import ApiTrouble, NotPermitted, NotThere, Reconnect, Refused, TryLater

UPSTREAM = "klaviyo"
REFUSALS_MAX = 100  # without any acceptance, before the fault is sought elsewhere than in single rows
_SCOPE = re.compile(r"\b[a-z-]+:(?:read|write)\b")


class CannotSend(ValueError):
    """Klaviyo would refuse or swallow this. It belongs in the dead letters with `reason` and `detail`.

    `reason` is a stable code, `detail` a plain sentence that quotes nothing personal.
    """

    def __init__(self, reason: str, detail: str) -> None:
        """Keep the code and the sentence."""
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Complaint:
    """One entry of an error answer; `pointer` is the place in our body, or the query parameter."""

    code: str
    detail: str
    pointer: str


class EntriesRefused(Refused):
    """A refusal with every complaint Klaviyo made, so that the entries it points to can be set aside."""

    def __init__(self, status: int, complaints: tuple[Complaint, ...]) -> None:
        """Show the first complaint as the refusal's own."""
        first = complaints[0] if complaints else Complaint("", "", "")
        super().__init__(UPSTREAM, status, code=first.code, detail=first.detail, pointer=first.pointer)
        self.complaints = complaints


class NothingTaken(ApiTrouble):
    """Row after row was refused and none was taken: no single row is to blame, and none is set aside."""

    def __init__(self, count: int, what: str, example: str) -> None:
        """`count` of `what` were refused; `example` is what was said about one of them."""
        super().__init__(
            UPSTREAM,
            f"refused {count} {what} one after the other and took none, so no single one is to blame. "
            f"None of them was set aside; all wait. It says: {example}. Mend that, then run it again",
        )


class _Source(msgspec.Struct):
    pointer: str | None = None
    parameter: str | None = None


class _Error(msgspec.Struct):
    code: str = ""
    title: str = ""
    detail: str = ""
    source: _Source | None = None


class _Errors(msgspec.Struct):
    errors: list[_Error]


_decode = msgspec.json.Decoder(_Errors).decode


def complaints_in(content: bytes) -> tuple[Complaint, ...] | None:
    """The complaints of a JSON:API error body; None when it is not one, such as an HTML page of the edge."""
    try:
        errors = _decode(content).errors
    except msgspec.DecodeError:
        return None
    return tuple(
        Complaint(error.code, mask_text(error.detail or error.title), _pointer(error.source))
        for error in errors
    )


def namer(key_setting: str, scopes: str) -> Callable[[int, Mapping[str, str], bytes], ApiTrouble | None]:
    """A function that names a 4xx answer for what must be done about it.

    `key_setting` says where the key is configured, `scopes` what the endpoint needs.
    """

    def name(status: int, _headers: Mapping[str, str], content: bytes) -> ApiTrouble | None:
        if status == 401:
            return Reconnect(UPSTREAM, _dead_key(key_setting), status=status)
        complaints = complaints_in(content)
        if complaints is None and content and status != 413:
            return TryLater(UPSTREAM, _challenged(status), status=status)
        told = complaints or ()
        if status == 403:
            return _not_permitted(told, key_setting, scopes)
        if status == 404:
            return NotThere(UPSTREAM, told[0].detail if told else "there is no such thing")
        if status == 410:
            return NotThere(UPSTREAM, "this endpoint or revision is retired; update tillproof", status=status)
        return EntriesRefused(status, told)

    return name


def _pointer(source: _Source | None) -> str:
    return "" if source is None else source.pointer or source.parameter or ""


def _challenged(status: int) -> str:
    # The edge in front of Klaviyo now and then answers with a page meant for people; asking again helps.
    return (
        f"its edge answered {status} with a web page instead of JSON; try again later: nothing is lost, the "
        "next run sends what waits. If it lasts for hours, ask Klaviyo's support to let this server in"
    )


def _dead_key(key_setting: str) -> str:
    return (
        f"the API key was rejected. Create a private key in Klaviyo under Settings > API keys and put it "
        f"into {key_setting}"
    )


def _not_permitted(complaints: tuple[Complaint, ...], key_setting: str, scopes: str) -> NotPermitted:
    told = " ".join(_SCOPE.findall(" ".join(complaint.detail for complaint in complaints)))
    scope = told or scopes
    return NotPermitted(
        UPSTREAM,
        f"the API key lacks the scope {scope}. A key's scopes cannot be changed: create a new private key "
        f"with it in Klaviyo under Settings > API keys and put it into {key_setting}",
        scope=scope,
    )
