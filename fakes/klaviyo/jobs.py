"""Work that Klaviyo queues: imports, suppressions, merges, deletions; done when their time comes."""

from typing import TYPE_CHECKING

from fakes.klaviyo.account import ImportJob
from fakes.klaviyo.imports import run_import
from fakes.klaviyo.merging import delete_profile, merge
from fakes.klaviyo.records import DeletionJob, MergeJob, SuppressionJob
from fakes.klaviyo.suppressing import run_suppression

if TYPE_CHECKING:
    from fakes.klaviyo.state import State

Job = ImportJob | SuppressionJob | MergeJob | DeletionJob


def run_due(state: "State") -> None:
    """Carry out every job whose time has come, in the order they were queued."""
    if not state.undone:
        return
    now = state.clock.now()
    for job in [one for one in state.undone if one.due <= now]:
        _run(state, job)
        job.done = True
        state.undone.remove(job)


def unfinished(state: "State") -> list[Job]:
    """The jobs still to be done, found anew after loading a state."""
    every: list[Job] = [*state.jobs.values(), *state.extras.suppression_jobs.values()]
    every += [*state.extras.merges, *state.extras.deletions]
    return sorted((job for job in every if not job.done), key=lambda job: job.due)


def _run(state: "State", job: Job) -> None:
    match job:
        case ImportJob():
            run_import(state, job)
        case SuppressionJob():
            run_suppression(state, job)
        case MergeJob():
            merge(state, job.source_id, job.destination_id)
        case DeletionJob():
            for profile_id in job.profile_ids:
                delete_profile(state, profile_id)
