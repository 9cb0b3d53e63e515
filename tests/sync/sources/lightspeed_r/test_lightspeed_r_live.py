"""Live polling is quick, spends at most its share of the bucket, and nothing is ever refused."""

from datetime import timedelta

from r_till import NOON, Till, last_cursor, sale_ids
from source_shelf import Shelf

from sync.sources.lightspeed_r.source import LightspeedRSource


def polled(source: LightspeedRSource, cursor: str) -> tuple[list[str], str]:
    found = []
    for page in source.read("sales", cursor):
        found += [sale.sale_id for sale in page.sales]
        cursor = page.cursor or cursor
    return found, cursor


def test_an_hour_of_sixty_sales_is_seen_within_seconds_for_half_the_drip() -> None:
    till = Till(share=0.5, limits=True)
    people = [till.person(f"p{i}@mail.org") for i in range(10)]
    due = [NOON + timedelta(seconds=60 * i + i % 7) for i in range(60)]
    for i, at in enumerate(due):
        till.sell("10", "3", at=at, customer_id=people[i % 10])
    source = till.source(live=True, products=Shelf())
    source.account()
    cursor = '{"at":"2026-03-04T16:59:00+00:00"}'
    before, started_s = till.fake.journal.cost, till.clock.monotonic()
    seen = {}
    while till.clock.now() < NOON + timedelta(hours=1):
        till.clock.sleep(source.poll_pause_s())
        found, cursor = polled(source, cursor)
        seen.update({sale_id: till.clock.now() for sale_id in found if sale_id not in seen})
        assert len(found) == len(set(found))
    spent_a_second = (till.fake.journal.cost - before) / (till.clock.monotonic() - started_s)
    lags_s = sorted((seen[str(i + 1)] - at).total_seconds() for i, at in enumerate(due))
    assert len(seen) == 60
    assert spent_a_second <= 0.5
    assert lags_s[-1] <= 10
    assert till.fake.journal.counts["status.429"] == 0


def test_a_poll_with_nothing_new_is_one_request_and_no_page() -> None:
    till = Till()
    till.sell()
    source = till.source(live=True)
    found, cursor = polled(source, '{"at":"2026-03-04T16:00:00+00:00"}')
    assert found == ["1"]
    till.clock.advance(5)
    asked = len(till.paths())
    assert list(source.read("sales", cursor)) == []
    assert len(till.paths()) == asked + 1


def test_details_are_read_only_of_what_changed() -> None:
    till = Till()
    till.sell()
    source = till.source(live=True)
    _, cursor = polled(source, '{"at":"2026-03-04T16:00:00+00:00"}')
    till.clock.advance(30)
    new = till.sell()
    asked = len(till.paths())
    [page] = source.read("sales", cursor)
    assert (sale_ids([page]), page.row_count) == ([new], 1)
    assert till.paths()[asked:] == ["Sale", "Sale"]


def test_a_sale_that_cannot_be_read_is_told_once_not_at_every_poll() -> None:
    till = Till()
    till.sell("7")
    till.spoil("/Sale.json", '"calcTotal":"7"', '"calcTotal":"99.99"')
    source = till.source(live=True)
    cursor = '{"at":"2026-03-04T16:00:00+00:00"}'
    [page] = source.read("sales", cursor)
    assert [each.subject_id for each in page.set_aside] == ["1"]
    asked = len(till.paths())
    assert list(source.read("sales", last_cursor([page]))) == []
    assert len(till.paths()) == asked + 1


def test_a_whole_import_under_the_vendor_s_limits_is_paced_by_the_drip_alone() -> None:
    till = Till(limits=True)
    for i in range(4000):
        till.sell(at=NOON - timedelta(minutes=4000 - i))
    source = till.source()
    for _ in range(4):
        assert len(sale_ids(source.read("sales", None))) == 4000
    least_s = till.fake.journal.cost - till.fake.limits.bucket.size
    assert least_s > 200
    assert till.clock.monotonic() <= least_s * 1.05
    assert till.fake.journal.counts["status.429"] == 0


def test_before_the_first_answer_nothing_needs_to_be_waited_for() -> None:
    assert Till().source().poll_pause_s() == 0
