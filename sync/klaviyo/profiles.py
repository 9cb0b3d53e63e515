"""Bringing profiles up to date in bulk, and adding new ones to a list, without touching anybody's consent.

Import updates or creates by e-mail address. Nothing here subscribes anybody: a subscription would lift
opt-outs. Import is repeatable, so a lost answer is simply asked for again.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import msgspec

from sync.domain.masking import mask_text
from sync.http.client import Response
from sync.http.errors import NotThere, Refused, TryLater
from sync.klaviyo import limits
from sync.klaviyo.client import KlaviyoClient, Listed
from sync.klaviyo.errors import REFUSALS_MAX, UPSTREAM, NothingTaken
from sync.klaviyo.phones import somebody_elses
from sync.klaviyo.refusals import (
    Refusal,
    apart,
    blames_a_row,
    complaints_of,
    in_words,
    phone_ignored,
    refusal,
)

PROFILES_MAX = 10_000  # in one import
BODY_BYTES_MAX = 4_998_000  # of the 5 MB an import may have
LIST_MEMBERS_MAX = 1_000  # in one request to a list
_JOBS = "api/profile-bulk-import-jobs"
_POLL_FIRST_S, _POLL_MAX_S, _POLL_PATIENCE_S = 1.0, 30.0, 900.0
_PROFILE = b'{"type":"profile","attributes":%b}'
_IDS_ONLY = {"page[size]": "100", "fields[profile]": "created"}
_INDEX = re.compile(r"/profiles/data/(\d+)")


@dataclass(frozen=True, slots=True)
class ProfileOut:
    """One customer's row and the attributes `payload.profile_attributes` made of it."""

    row_id: int
    attributes: bytes


@dataclass(frozen=True, slots=True)
class ProfilesSent:
    """Every row of a batch is in one of the two lists."""

    accepted: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    phones_ignored_count: int = 0  # numbers that Klaviyo would not take; the rest of the profile is there


class _JobAttributes(msgspec.Struct):
    status: str
    failed_count: int | None = None


class _JobData(msgspec.Struct):
    id: str
    attributes: _JobAttributes


class _Job(msgspec.Struct):
    data: _JobData


class _Identifiers(msgspec.Struct):
    email: str = ""
    phone_number: str = ""
    external_id: str = ""


class _Source(msgspec.Struct):
    pointer: str | None = None


class _FailureAttributes(msgspec.Struct):
    code: str = ""
    title: str = ""
    detail: str = ""
    source: _Source | None = None
    original_payload: dict[str, object] | None = None


class _Failure(msgspec.Struct):
    attributes: _FailureAttributes


class _Member(msgspec.Struct):
    id: str


_job = msgspec.json.Decoder(_Job).decode
_failures = msgspec.json.Decoder(Listed[_Failure]).decode
_members = msgspec.json.Decoder(Listed[_Member]).decode
_identifiers = msgspec.json.Decoder(_Identifiers).decode


class ProfileWriter:
    """Imports profiles and waits until Klaviyo has worked through them."""

    def __init__(self, client: KlaviyoClient) -> None:
        """The client's clock paces the questions whether an import is done."""
        self._client = client

    def send(
        self, batch: Sequence[ProfileOut], *, list_id: str | None = None, welcome: bool = False
    ) -> ProfilesSent:
        """Create or update every profile, and add them to `list_id` where one is given.

        Without `welcome` the import itself puts them on the list. With it they join through the list's own
        endpoint, which is what starts the flows of those added to it. Rows of one e-mail address are one
        profile: the last row counts, and its fate is theirs. Raises ApiTrouble for what is no row's fault,
        such as NotThere for a list that is gone; all of the batch may then be sent again.
        """
        run = _Import(self._client, list_id, welcome)
        emails = [_name(row) for row in batch]
        last = dict(zip(emails, batch, strict=True))
        for chunk in _chunks(list(last.values())):
            run.deliver(chunk)
        fate = {one.outbox_id: one for one in run.refused}
        sent = ProfilesSent(phones_ignored_count=run.phones_ignored_count)
        for email, row in zip(emails, batch, strict=True):
            refused = fate.get(last[email].row_id)
            if refused is None:
                sent.accepted.append(row.row_id)
            else:
                sent.refused.append(Refusal(row.row_id, refused.reason, refused.detail))
        return sent


class _Import:
    """One call of `send`: what was refused so far; everything else was imported."""

    def __init__(self, client: KlaviyoClient, list_id: str | None, welcome: bool) -> None:
        self.refused: list[Refusal] = []
        self.phones_ignored_count = 0
        self._client = client
        self._list_id = list_id
        self._welcome = welcome
        self._imported_count = 0

    def deliver(self, chunk: list[ProfileOut]) -> None:
        waiting = [self._with_their_own_phones(chunk)]
        while waiting:
            part = waiting.pop()
            try:
                waiting.extend(reversed(self._imported(part)))
            except Refused as trouble:
                if not blames_a_row(trouble):
                    raise
                if len(part) == 1:
                    self._refuse(refusal(part[0].row_id, trouble))
                else:
                    waiting.extend(reversed(apart(part, _accused(part, trouble))))

    def _with_their_own_phones(self, chunk: list[ProfileOut]) -> list[ProfileOut]:
        taken = somebody_elses(self._client, [row.attributes for row in chunk])
        self.phones_ignored_count += len(taken)
        return [_without_phone(row) or row if at in taken else row for at, row in enumerate(chunk)]

    def _refuse(self, refused: Refusal) -> None:
        self.refused.append(refused)
        if not self._imported_count and len(self.refused) >= REFUSALS_MAX:
            raise NothingTaken(len(self.refused), "profiles", refused.detail)

    def _imported(self, part: list[ProfileOut]) -> list[list[ProfileOut]]:
        """Import the part; what must be tried again, and how, comes back."""
        job_id = self._start(part)
        failed_count = self._finished(job_id)
        self._imported_count += len(part) - failed_count
        again = self._failed(part, job_id, failed_count) if failed_count else []
        if self._list_id is not None and self._welcome:
            self._join_list(job_id)
        return again

    def _start(self, part: list[ProfileOut]) -> str:
        lists = b""
        if self._list_id is not None and not self._welcome:
            quoted = msgspec.json.encode(self._list_id)
            lists = b',"relationships":{"lists":{"data":[{"type":"list","id":%b}]}}' % quoted
        body = b'{"data":{"type":"profile-bulk-import-job","attributes":{"profiles":{"data":[%b]}}%b}}' % (
            b",".join([_PROFILE % row.attributes for row in part]),
            lists,
        )
        response = self._post(_JOBS, body, limits.PROFILE_BULK_IMPORT)
        self.phones_ignored_count += phone_ignored(response)
        return self._client.decoded(_job, response, _JOBS).data.id

    def _finished(self, job_id: str) -> int:
        """Wait for the end of the import; how many of its profiles failed."""
        clock = self._client.clock
        wait_s, until_s = _POLL_FIRST_S, clock.monotonic() + _POLL_PATIENCE_S
        while clock.monotonic() < until_s:
            job = self._client.get(
                _job, f"{_JOBS}/{quote(job_id, safe='')}", limits.PROFILE_IMPORT_STATUS
            ).data.attributes
            if job.status == "complete":
                return job.failed_count or 0
            if job.status == "cancelled":
                raise TryLater(UPSTREAM, "the import of profiles was cancelled; it will be started again")
            clock.sleep(wait_s)
            wait_s = min(wait_s * 2, _POLL_MAX_S)
        raise TryLater(UPSTREAM, "the import of profiles is still not done after 15 minutes; try again later")

    def _failed(self, part: list[ProfileOut], job_id: str, failed_count: int) -> list[list[ProfileOut]]:
        """Set aside the rows that failed; those that failed for their phone number come back without it."""
        by_email = {_name(row): row for row in part}
        found = [(_row_of(failure, part, by_email), failure) for failure in self._failures(job_id)]
        named = [(row, failure) for row, failure in found if row is not None]
        if len(named) < max(failed_count, len(found)):
            return self._nobody_named(part)
        retry: list[ProfileOut] = []
        for row, failure in named:
            without = _without_phone(row) if _about_the_phone(failure) else None
            if without is None:
                self._refuse(_as_refusal(row.row_id, failure))
            else:
                self.phones_ignored_count += 1
                retry.append(without)
        return [retry] if retry else []

    def _nobody_named(self, part: list[ProfileOut]) -> list[list[ProfileOut]]:
        if len(part) > 1:
            return apart(part, set())
        self._refuse(Refusal(part[0].row_id, "import_failed", "Klaviyo did not say why"))
        return []

    def _failures(self, job_id: str) -> Iterator[_FailureAttributes]:
        path = f"{_JOBS}/{quote(job_id, safe='')}/import-errors"
        for page in self._client.pages(_failures, path, limits.PROFILE_IMPORT_ERRORS, {"page[size]": "100"}):
            yield from (failure.attributes for failure in page.data)

    def _join_list(self, job_id: str) -> None:
        path = f"{_JOBS}/{quote(job_id, safe='')}/profiles"
        members = [
            member.id
            for page in self._client.pages(_members, path, limits.PROFILE_IMPORT_PROFILES, _IDS_ONLY)
            for member in page.data
        ]
        for start in range(0, len(members), LIST_MEMBERS_MAX):
            some = [{"type": "profile", "id": one} for one in members[start : start + LIST_MEMBERS_MAX]]
            path = f"api/lists/{self._list_id}/relationships/profiles"
            self._post(path, msgspec.json.encode({"data": some}), limits.LIST_ADD)

    def _post(self, path: str, body: bytes, bucket: str) -> Response:
        try:
            return self._client.post(path, body, bucket)
        except NotThere:
            if self._list_id is None:
                raise
            told = f"there is no list {self._list_id}; correct list_id in the settings, or leave it out"
            raise NotThere(UPSTREAM, told) from None


def _chunks(rows: list[ProfileOut]) -> Iterator[list[ProfileOut]]:
    chunk: list[ProfileOut] = []
    size = 0
    for row in rows:
        more = len(row.attributes) + len(_PROFILE)
        if chunk and (len(chunk) == PROFILES_MAX or size + more > BODY_BYTES_MAX):
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += more
    if chunk:
        yield chunk


def _name(row: ProfileOut) -> str:
    """What the profile is known by: its address, else its phone number, else its number elsewhere."""
    found = _identifiers(row.attributes)
    return found.email or found.phone_number or found.external_id


def _accused(part: list[ProfileOut], trouble: Refused) -> set[int]:
    found = [_INDEX.search(complaint.pointer) for complaint in complaints_of(trouble)]
    return {at for match in found if match is not None and (at := int(match[1])) < len(part)}


def _row_of(
    failure: _FailureAttributes, part: list[ProfileOut], by_email: dict[str, ProfileOut]
) -> ProfileOut | None:
    """The row an import error is about, by the e-mail address it quotes, else by the place it points to."""
    name = _quoted_name(failure.original_payload or {})
    if name in by_email:
        return by_email[name]
    found = _INDEX.search(failure.source.pointer or "") if failure.source else None
    return part[int(found[1])] if found is not None and int(found[1]) < len(part) else None


def _quoted_name(payload: dict[str, object]) -> str:
    # Whether the payload is quoted whole or only its attributes is not documented.
    for field_name in ("email", "phone_number", "external_id"):
        for level in (payload, payload.get("attributes"), payload.get("data")):
            if isinstance(level, dict):
                inner = level.get("attributes")
                name = level.get(field_name) or (inner.get(field_name) if isinstance(inner, dict) else None)
                if isinstance(name, str):
                    return name.lower() if field_name == "email" else name
    return ""


def _about_the_phone(failure: _FailureAttributes) -> bool:
    # A number that belongs to another profile conflicts although each of the two identifiers is fine.
    pointer = (failure.source.pointer or "") if failure.source else ""
    return "phone_number" in pointer or failure.code == "duplicate_profile"


def _without_phone(row: ProfileOut) -> ProfileOut | None:
    """The profile without its phone number, or else its number elsewhere, as long as something names it."""
    attributes = msgspec.json.decode(row.attributes)
    if attributes.pop("phone_number", None) is None and attributes.pop("external_id", None) is None:
        return None
    if not (attributes.get("email") or attributes.get("external_id")):
        return None
    return ProfileOut(row.row_id, msgspec.json.encode(attributes))


def _as_refusal(row_id: int, failure: _FailureAttributes) -> Refusal:
    pointer = (failure.source.pointer or "") if failure.source else ""
    words = in_words(mask_text(failure.detail or failure.title), pointer)
    return Refusal(row_id, failure.code or "import_failed", words)
