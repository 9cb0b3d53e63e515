"""What the tests of the R-Series source share."""

import pytest
from r_till import Till


@pytest.fixture
def till() -> Till:
    return Till()
