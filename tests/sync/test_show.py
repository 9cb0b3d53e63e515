"""What people are told while they wait."""

import pytest

from sync.engine.tally import Tally
from sync.show import estimate_text
from sync.sources.protocol import Page

READ = Tally(rows_count=1_000, planned_count=9_000)


def test_the_estimate_uses_the_rate_the_till_has_told() -> None:
    # 149,000 of 150,000 sales are left: 1,490 pages of 1.8 drips at 2.5 a second are 1,072.8 s for them.
    page = Page("sales", None, behind_count=149_000, behind_s=1_072.8)
    assert estimate_text(page, READ) == (
        "about 150,000 sales and 1,350,000 events; the vendors' limits ask for at least 0:09:00 on "
        "Klaviyo's side and 0:18:00 on the till's (at the rate it allows this account)"
    )


def test_the_estimate_assumes_one_register_until_the_till_has_told_its_rate() -> None:
    page = Page("sales", None, behind_count=149_000)
    assert estimate_text(page, READ).endswith("and 0:45:00 on the till's (with one register; less with more)")


@pytest.mark.parametrize("behind_count", [None, 0])
def test_where_nothing_is_left_there_is_nothing_to_estimate(behind_count: int | None) -> None:
    assert estimate_text(Page("sales", None, behind_count=behind_count), READ) == ""
