"""Articles once on the shelf follow the till, for one request a read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from r_till import NOON, Till, last_cursor, stand
from source_shelf import Shelf

from sync.domain.facts import Product
from sync.sources.lightspeed_r.source import LightspeedRSource
from sync.sources.protocol import Page


@dataclass
class Watched(Shelf):
    """A shelf that remembers what was put on it."""

    put_names: list[str] = field(default_factory=list)

    def put(self, products: Sequence[Product]) -> None:
        self.put_names += [product.name for product in products]
        super().put(products)


@pytest.fixture
def till() -> Till:
    made = Till()
    made.clock.advance(1200)
    return made


def read(source: LightspeedRSource, cursor: str | None = None) -> list[Page]:
    return list(source.read("articles", cursor))


def sold(till: Till, source: LightspeedRSource) -> str:
    """Sell a kettle; the name its line is read with."""
    [page] = source.read("sales", f'{{"at":"{till.clock.now().isoformat()}"}}') if till.sell() else []
    product = page.sales[-1].lines[0].product
    assert product is not None
    return product.name


def test_articles_come_before_the_sales_that_name_them(till: Till) -> None:
    feeds = till.source().feeds
    assert feeds.index("articles") < min(feeds.index(each) for each in ("edits", "sales", "shipments"))


def test_the_first_read_imports_nothing_however_large_the_catalogue(till: Till) -> None:
    for number in range(250):
        till.state.add_item(f"Cup {number}", price="1")
    shelf = Watched()
    first = read(till.source(products=shelf))
    assert (till.paths(), shelf.put_names) == (["Item"], [])
    assert stand(first) == "2026-03-04T17:15:00+00:00"


def test_an_empty_catalogue_has_a_beginning_too(till: Till) -> None:
    till.state.items.clear()
    source = till.source(products=Shelf())
    cursor = last_cursor(read(source))
    assert read(source, cursor) == []


def test_a_renamed_article_is_sold_under_its_new_name(till: Till) -> None:
    shelf = Watched()
    source = till.source(products=shelf)
    cursor = last_cursor(read(source))
    assert sold(till, source) == "Kettle"
    till.clock.advance(3600)
    till.rename(till.item_id, "Kettle, green")
    [page] = read(source, cursor)
    assert (page.sales, page.customers, page.row_count) == ((), (), 1)
    assert sold(till, source) == "Kettle, green"
    assert sold(till, till.source(products=shelf)) == "Kettle, green"
    assert till.paths().count("Item") == 3, "the beginning, the sold one, the changed one"


def test_a_new_picture_category_and_brand_replace_the_old(till: Till) -> None:
    shelf = Shelf({till.item_id: Product(till.item_id, "Kettle", "KET-1")})
    source = till.source(products=shelf)
    cursor = last_cursor(read(source))
    item = till.state.items.rows[int(till.item_id)]
    item.category_id = int(till.state.add_category(("Kitchen", "Tea")))
    item.manufacturer_id = int(till.state.add_manufacturer("Acme"))
    till.clock.advance(60)
    till.rename(till.item_id, "Kettle")
    read(source, cursor)
    assert shelf.products[till.item_id] == Product(till.item_id, "Kettle", "KET-1", "Kitchen/Tea", "Acme")


def test_articles_nobody_bought_are_not_kept_and_unchanged_ones_not_written(till: Till) -> None:
    shelf = Watched({till.item_id: Product(till.item_id, "Kettle", "KET-1")})
    source = till.source(products=shelf)
    cursor = last_cursor(read(source))
    till.clock.advance(60)
    till.rename(till.item_id, "Kettle")
    till.state.add_item("Cup", price="1")
    read(source, cursor)
    assert (shelf.put_names, set(shelf.products)) == ([], {till.item_id})


def test_an_archived_article_still_follows(till: Till) -> None:
    shelf = Shelf({till.item_id: Product(till.item_id, "Kettle", "KET-1")})
    source = till.source(products=shelf)
    cursor = last_cursor(read(source))
    till.state.items.rows[int(till.item_id)].archived = True
    till.clock.advance(60)
    till.rename(till.item_id, "Kettle (old model)")
    read(source, cursor)
    assert shelf.products[till.item_id].name == "Kettle (old model)"


def test_a_read_with_nothing_new_is_one_cheap_request_and_no_page(till: Till) -> None:
    for number in range(250):
        till.rename(till.state.add_item(f"Cup {number}", price="1"), f"Mug {number}", NOON)
    source = till.source(products=Shelf())
    cursor = last_cursor(read(source))
    till.clock.advance(3600)
    cost = till.fake.journal.cost
    assert read(source, cursor) == []
    assert till.paths().count("Item") == 2
    assert float(till.fake.journal.cost - cost) == pytest.approx(1.8)


def test_a_row_that_appears_late_is_still_found(till: Till) -> None:
    shelf = Shelf({till.item_id: Product(till.item_id, "Kettle", "KET-1")})
    source = till.source(products=shelf)
    first = last_cursor(read(source))
    till.rename(till.state.add_item("Cup", price="1"), "Mug")
    cursor = last_cursor([*read(source, first), Page("articles", first)])
    till.clock.advance(120)
    till.rename(till.item_id, "Kettle, green", till.clock.now() - timedelta(seconds=240))
    read(source, cursor)
    assert shelf.products[till.item_id].name == "Kettle, green"


def test_a_change_of_the_whole_catalogue_is_spread_over_several_reads(till: Till) -> None:
    source = till.source(products=Shelf())
    cursor = last_cursor(read(source))
    till.clock.advance(3600)
    for second in range(1500):
        till.rename(
            till.state.add_item("Cup", price="1"), "Mug", till.clock.now() - timedelta(seconds=second)
        )
    asked = till.paths().count("Item")
    cursor = last_cursor(read(source, cursor))
    assert till.paths().count("Item") == asked + 10
    assert json.loads(cursor)["at"] == "2026-03-04T18:11:40+00:00", "the 1000th: 8:20 before the last"
    cursor = last_cursor(read(source, cursor))
    assert till.paths().count("Item") == asked + 10 + 6, "its second again, and 500 more"
    assert json.loads(cursor)["at"] == "2026-03-04T18:15:00+00:00", "what is younger may not be all"
    till.clock.advance(3600)
    cursor = last_cursor(read(source, cursor))
    assert till.paths().count("Item") == asked + 10 + 6 + 4
    assert read(source, cursor) == []
    assert till.paths().count("Item") == asked + 10 + 6 + 4 + 1


def test_a_change_of_the_whole_catalogue_just_now_takes_no_longer(till: Till) -> None:
    source = till.source(products=Shelf())
    cursor = last_cursor(read(source))
    for _ in range(1100):
        till.rename(till.state.add_item("Cup", price="1"), "Mug")
    read(source, cursor)
    assert till.paths().count("Item") == 1 + 10


def test_more_articles_of_one_second_than_one_read_takes_do_not_hold_it_up(till: Till) -> None:
    source = till.source(products=Shelf())
    cursor = last_cursor(read(source))
    for _ in range(1100):
        till.rename(till.state.add_item("Cup", price="1"), "Mug", NOON + timedelta(hours=1))
    till.clock.advance(7200)
    first = read(source, cursor)
    assert stand(first) == "2026-03-04T18:00:00+00:00"
    second = read(source, last_cursor(first))
    assert stand(second) == "2026-03-04T18:00:01+00:00"
    assert till.paths().count("Item") == 1 + 10 + 11


def test_what_another_process_read_meanwhile_does_not_stay_old_here(till: Till) -> None:
    ours, theirs = Shelf(), Shelf()
    source, other = till.source(products=ours), till.source(products=theirs)
    cursor = last_cursor(read(source))
    for each in (source, other):
        assert sold(till, each) == "Kettle"
    till.clock.advance(3600)
    till.rename(till.item_id, "Kettle, green")
    till.clock.advance(3600)
    cursor = last_cursor(read(other, cursor))
    till.clock.advance(3600)
    read(source, cursor)
    assert sold(till, source) == "Kettle, green"


def test_an_article_the_till_did_not_know_is_asked_for_again_once_it_changed(till: Till) -> None:
    source = till.source(products=Shelf())
    cursor = last_cursor(read(source))
    held = till.state.items.rows.pop(int(till.item_id))
    till.sell()
    [page] = source.read("sales", None)
    assert page.sales[0].lines[0].product is None
    till.state.items.rows[held.id] = held
    till.clock.advance(60)
    till.rename(till.item_id, "Kettle, green")
    read(source, cursor)
    assert sold(till, source) == "Kettle, green"


def test_an_article_that_cannot_be_read_is_told_once_and_the_others_follow(till: Till) -> None:
    cup = till.state.add_item("Cup", price="1")
    shelf = Shelf({cup: Product(cup, "Cup")})
    source = till.source(products=shelf)
    cursor = last_cursor(read(source))
    till.clock.advance(600)
    till.rename(till.item_id, "Kettle, green")
    till.rename(cup, "Mug")
    till.clock.advance(600)
    till.spoil("/Item.json", '"systemSku":', '"systemSku":[],"x":')
    pages = read(till.source(products=shelf), cursor)
    assert [(each.subject, each.subject_id) for page in pages for each in page.set_aside] == [
        ("product", till.item_id)
    ]
    assert shelf.products[cup].name == "Mug"


def test_the_monitor_reads_no_articles(till: Till) -> None:
    source = till.source()
    pages = [*read(source), *read(source, '{"at":"2026-03-04T16:00:00+00:00"}')]
    assert ([page.row_count for page in pages], till.paths()) == ([0], [])


def test_without_the_right_to_see_articles_it_is_said_once(till: Till) -> None:
    till.fails("status", path="*/Item.json", status=403)
    source = till.source(products=Shelf())
    [page] = read(source)
    assert [(each.subject_id, each.reason) for each in page.set_aside] == [("articles", "missing_scope")]
    assert read(source) == []
