"""The bench of X-Series limits, small: a till with tiny pages is the tighter limit."""

from scenarios.bench import limited_x


def test_a_backfill_takes_no_longer_than_the_tills_limit_makes_it() -> None:
    figures = limited_x.measure(sales=900, page_rows=2, seed=1, told=lambda _what, _count: None)
    assert (figures.events, figures.till_refused, figures.klaviyo_refused) == (3600, 0, 0)
    assert figures.least_till_requests == 455
    assert figures.least_s == 300
    assert figures.ratio <= limited_x.RATIO_MAX
    assert all(holds for *_, holds in limited_x.checks(figures))
