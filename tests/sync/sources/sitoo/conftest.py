"""What the tests of the Sitoo source share."""

import pytest
from sitoo_till import SitooTill


@pytest.fixture
def till() -> SitooTill:
    return SitooTill()
