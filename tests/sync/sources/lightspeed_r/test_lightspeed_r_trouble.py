"""What a till sends that it should not, or not at all, costs no sale."""

from datetime import timedelta

import pytest
from r_till import NOON, Till, read, sale_ids

from sync.http.errors import Refused, Unintelligible


@pytest.mark.parametrize("zero_rows", ["absent", "empty_string", "empty_list"])
@pytest.mark.parametrize("feed", ["sales", "edits", "voids", "shipments", "customers", "lookback"])
def test_nothing_new_is_fine_in_every_feed_and_every_shape(till: Till, feed: str, zero_rows: str) -> None:
    till.fake.switches.zero_rows = zero_rows
    pages = read(till, feed)
    assert sale_ids(pages) == []
    cursors = [page.cursor for page in pages if page.cursor]
    if cursors:
        assert sale_ids(read(till, feed, cursors[-1])) == []


def test_one_bad_sale_is_set_aside_and_its_page_goes_on(till: Till) -> None:
    good = till.sell("1", at=NOON - timedelta(seconds=2))
    bad = till.sell("7", at=NOON - timedelta(seconds=1))
    last = till.sell("1", at=NOON)
    till.spoil("/Sale.json", '"calcTotal":"7"', '"calcTotal":"99.99"')
    [page] = read(till, "sales", '{"at":"2026-01-01T00:00:00+00:00"}')
    assert sale_ids([page]) == [good, last]
    assert [(each.subject_id, each.reason) for each in page.set_aside] == [(bad, "lines_contradict_total")]
    assert page.row_count == 3


@pytest.mark.parametrize("kind", ["html", "truncated", "reset_before", "reset_after", "rate_limit"])
def test_trouble_on_the_way_is_overcome_without_losing_a_sale(till: Till, kind: str) -> None:
    sold = [till.sell(at=NOON - timedelta(minutes=150 - i)) for i in range(150)]
    till.fake.faults.add({"kind": kind, "match": {"method": "GET", "path": "*/Sale.json"}, "every": 2})
    assert sale_ids(read(till, "sales")) == sold


@pytest.mark.parametrize("status", [500, 504])
def test_a_page_too_heavy_for_the_vendor_is_asked_for_in_smaller_ones(till: Till, status: int) -> None:
    sold = [till.sell(at=NOON - timedelta(minutes=60 - i)) for i in range(60)]
    till.fails("status", path="*/Sale.json", times=5, status=status)
    assert sale_ids(read(till, "sales", '{"at":"2026-01-01T00:00:00+00:00"}')) == sold
    asked = [entry.query for entry in till.fake.journal.entries() if entry.status == 200]
    assert "limit=25" in asked[-1]


def test_a_next_page_on_another_host_is_not_followed(till: Till) -> None:
    evil = '{"@attributes":{"next":"https://evil.test/API/V3/Account/797/Sale.json?after=x","previous":""}}'
    till.fails("status", path="*/Sale.json", status=200, body=evil)
    with pytest.raises(Unintelligible, match="another host"):
        read(till, "sales", '{"at":"2026-01-01T00:00:00+00:00"}')


def test_html_that_stays_says_so(till: Till) -> None:
    till.fails("html", path="*/Sale.json")
    with pytest.raises(Unintelligible, match="not complete JSON"):
        read(till, "sales", '{"at":"2026-01-01T00:00:00+00:00"}')


def test_a_refusal_carries_the_vendor_s_reason(till: Till) -> None:
    said = '{"httpCode":"422","message":"timeStamp of ann@mail.org is wrong","errorClass":"Exception"}'
    till.fails("status", path="*/Sale.json", status=422, body=said)
    with pytest.raises(Refused, match="is wrong") as caught:
        read(till, "sales", '{"at":"2026-01-01T00:00:00+00:00"}')
    assert "ann@mail.org" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"lineType":""', '"lineType":"hologram"'),
        ('"receiptPreference":"printed"', '"receiptPreference":"carrier pigeon","brandNew":{"a":["b"]}'),
    ],
)
def test_values_and_fields_nobody_has_seen_yet_do_not_stop_a_sale(till: Till, old: str, new: str) -> None:
    sold = till.sell()
    till.spoil("/Sale.json", old, new)
    assert sale_ids(read(till, "sales", '{"at":"2026-01-01T00:00:00+00:00"}')) == [sold]


def test_a_sale_of_five_megabytes_passes(till: Till) -> None:
    sold = till.sell()
    till.spoil("/Sale.json", '"lineType":""', '"lineType":"","padding":"' + "x" * 5_000_000 + '"')
    assert sale_ids(read(till, "sales", '{"at":"2026-01-01T00:00:00+00:00"}')) == [sold]
