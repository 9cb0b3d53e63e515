"""Unknown articles are asked for in full hundreds, and every sale still has its names."""

from datetime import timedelta

import pytest
from r_till import NOON, Till
from source_shelf import Shelf

from fakes.lightspeed_r.records import LineIn


@pytest.fixture
def till() -> Till:
    """Six full pages of sales; every third sale is of an article nobody sold before, 200 in all."""
    made = Till()
    items = [made.state.add_item(f"Cup {number}", price="2") for number in range(200)]
    for number in range(600):
        at = NOON - timedelta(minutes=700 - number)
        made.state.sell(made.shop_id, at, [LineIn(items[number // 3], 1, "2")])
    return made


def test_two_hundred_unknown_articles_on_six_pages_take_two_requests(till: Till) -> None:
    pages = list(till.source(products=Shelf()).read("sales", None))
    assert sum(len(page.sales) for page in pages) == 600
    assert till.paths().count("Item") == 2


def test_every_line_has_the_name_of_its_article(till: Till) -> None:
    pages = list(till.source(products=Shelf()).read("sales", None))
    names = [
        line.product.name for page in pages for sale in page.sales for line in sale.lines if line.product
    ]
    assert names == [f"Cup {number // 3}" for number in range(600)]


def test_pages_keep_their_order_and_their_cursors(till: Till) -> None:
    pages = list(till.source(products=Shelf()).read("sales", None))
    bare = list(till.source().read("sales", None))
    assert [page.cursor for page in pages] == [page.cursor for page in bare]
    assert [sale.sale_id for page in pages for sale in page.sales] == [
        sale.sale_id for page in bare for sale in page.sales
    ]


def test_known_articles_are_not_asked_for_again(till: Till) -> None:
    shelf = Shelf()
    list(till.source(products=shelf).read("sales", None))
    list(till.source(products=shelf).read("sales", None))
    assert till.paths().count("Item") == 2


def test_without_a_shelf_no_article_is_asked_for(till: Till) -> None:
    list(till.source().read("sales", None))
    assert till.paths().count("Item") == 0
