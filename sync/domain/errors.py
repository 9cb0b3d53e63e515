"""Errors of reading records. Named for what happens next; they carry no payload and nothing personal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetAside:
    """One record that could not be handled. It goes to the dead letters and is counted.

    `subject` names the record (such as `sale`), `subject_id` is the vendor's id or empty when it had none,
    `reason` is a stable code, `detail` says in plain words what was wrong, without quoting values.
    """

    subject: str
    subject_id: str
    reason: str
    detail: str


class CannotRead(ValueError):
    """A vendor's record contradicts itself or lacks something required."""

    def __init__(self, reason: str, detail: str) -> None:
        """Keep a stable code and a sentence that quotes nothing of the record."""
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
