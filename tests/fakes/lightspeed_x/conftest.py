"""The fixture `store` for every test of the X-Series fake."""

from collections.abc import Iterator

import pytest
from x_store import Store, open_store


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store()
    with opened.http:
        yield opened
