"""JSON:API's envelope, and the references that several endpoints take; unknown members are refused."""

from typing import Generic, Literal, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Document(Struct, Generic[T], forbid_unknown_fields=True):
    """A body, or what a relationship points at."""

    data: T


class ProfileId(Struct, forbid_unknown_fields=True):
    """A profile by its id."""

    type: Literal["profile"]
    id: str


class ListId(Struct, forbid_unknown_fields=True):
    """A list by its id."""

    type: Literal["list"]
    id: str
