"""Bulk profile imports: accepted as a whole, carried out later, their failures kept one by one."""

from typing import TYPE_CHECKING, Any

from fakes.klaviyo.account import ImportJob
from fakes.klaviyo.profiles import WRITABLE, IdentifierTaken, UnknownProfile
from fakes.klaviyo.values import Bad, checked_patch

if TYPE_CHECKING:
    from fakes.klaviyo.state import State


def run_import(state: "State", job: ImportJob) -> None:
    """Create or update every profile of the job; what cannot be is one of its errors."""
    for number, payload in enumerate(job.payloads):
        try:
            profile_id = _import_one(state, payload)
        except Bad as bad:
            job.errors.append(
                _error(state, payload, "invalid", bad.detail, f"{number}/attributes/{bad.member}")
            )
        except IdentifierTaken:
            detail = "A profile already exists with one of these identifiers."
            job.errors.append(_error(state, payload, "duplicate_profile", detail, f"{number}/attributes"))
        except UnknownProfile:
            detail = "A profile with this id does not exist."
            job.errors.append(_error(state, payload, "not_found", detail, f"{number}/id"))
        else:
            job.profile_ids.append(profile_id)
            for list_id in job.list_ids:
                if list_id in state.lists:
                    state.lists[list_id].members.setdefault(profile_id, state.clock.now())


def _import_one(state: "State", payload: dict[str, Any]) -> str:
    attributes = payload.get("attributes") or {}
    for name in attributes:
        if name not in WRITABLE:
            raise Bad(f"'{name}' is not a valid field for the resource 'profile'.", name)
    partial = state.switches.phone_partial_in_bulk
    clean, _ = state.profiles.cleaned(attributes, partial_phone=partial)
    if not payload.get("id") and not any(clean.get(n) for n in ("email", "phone_number", "external_id")):
        raise Bad("At least one profile identifier is required", "")
    patch = checked_patch(payload.get("meta"))
    person, _ = state.profiles.upsert(clean, payload.get("id"), patch, state.clock.now())
    return person.id


def _error(state: "State", payload: dict[str, Any], code: str, detail: str, place: str) -> dict[str, Any]:
    return {
        "type": "import-error",
        "id": state.ids.uuid(),
        "attributes": {
            "code": code,
            "title": "Invalid input." if code == "invalid" else "Conflict.",
            "detail": detail,
            "source": {"pointer": f"/data/attributes/profiles/data/{place}"},
            "original_payload": payload,
        },
    }
