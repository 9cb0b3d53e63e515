"""Suppressions: who may not be mailed, put on and lifted in bulk."""

from typing import TYPE_CHECKING

from fakes.klaviyo.consent import suppress, unsuppress
from fakes.klaviyo.profiles import Profile
from fakes.klaviyo.records import SuppressionJob

if TYPE_CHECKING:
    from fakes.klaviyo.state import State


def run_suppression(state: "State", job: SuppressionJob) -> None:
    """Suppress everybody the job names, or lift what an earlier job put on; others are skipped."""
    for person in _people(state, job):
        if person is None:
            job.skipped_count += 1
            continue
        changed = unsuppress(state, person) if job.lifts else suppress(state, person, "USER_SUPPRESSED")
        job.completed_count += int(changed)
        job.skipped_count += int(not changed)


def _people(state: "State", job: SuppressionJob) -> list[Profile | None]:
    """The people, None for an address nobody has; suppressing makes a profile for it, as an import would."""
    if job.emails is not None:
        if not job.lifts:
            return [state.profile(email) for email in job.emails]
        return [state.profiles.owner("email", email) for email in job.emails]
    group = state.lists.get(job.list_id or "") or state.extras.segments.get(job.segment_id or "")
    members = list(group.members) if group else []
    return [person for person in (state.profiles.by_id[i] for i in members) if "email" in person.attributes]
