"""A sale is tied to what it sold and what it returns: articles, discounts and originals."""

from datetime import timedelta

import pytest
from r_till import NOON, Till, read
from source_shelf import Shelf

from fakes.lightspeed_r.records import LineIn


def test_articles_are_asked_for_once_and_kept_on_the_shelf(till: Till) -> None:
    category = till.state.add_category(("Kitchen", "Tea"))
    brand = till.state.add_manufacturer("Acme")
    pot = till.state.add_item("Pot", category_id=category, manufacturer_id=brand, price="20", sku="POT",
                              image_public_id="pic1")  # fmt: skip
    till.state.sell(till.shop_id, NOON, [LineIn(pot, 1, "20"), LineIn(pot, 1, "20")])
    shelf = Shelf()
    source = till.source(products=shelf)
    [page] = source.read("sales", None)
    product = page.sales[0].lines[0].product
    assert product is not None
    assert (product.name, product.sku, product.category, product.brand) == (
        "Pot",
        "POT",
        "Kitchen/Tea",
        "Acme",
    )
    assert product.image_url.endswith("/pic1.jpg")
    list(source.read("sales", None))
    list(till.source(products=shelf).read("sales", None))
    assert till.paths().count("Item") == 1
    assert set(shelf.products) == {pot}


def test_an_article_the_till_no_longer_knows_is_asked_for_once(till: Till) -> None:
    till.state.sell(till.shop_id, NOON, [LineIn(till.item_id, 1, "20")])
    till.fails("status", path="*/Item.json", status=200, times=1, body='{"@attributes":{"next":""}}')
    source = till.source(products=Shelf())
    assert [page.sales[0].lines[0].product for page in source.read("sales", None)] == [None]
    list(source.read("sales", None))
    assert till.paths().count("Item") == 1


def test_a_named_discount_is_named_on_its_line(till: Till) -> None:
    staff = till.state.add_discount("Staff 40%", percent="0.4")
    line = LineIn(till.item_id, 1, "10", discount="4", discount_id=staff)
    till.state.sell(till.shop_id, NOON, [line])
    [page] = till.source(products=Shelf()).read("sales", None)
    [found] = page.sales[0].lines
    assert (found.discount_name, found.discount_minor, found.total_minor) == ("Staff 40%", 400, 600)


def test_a_refund_knows_the_sale_it_returns_whether_read_just_now_or_long_ago(till: Till) -> None:
    ann = till.person()
    sold = till.sell("10", "5", at=NOON - timedelta(days=40), customer_id=ann)
    first, second = till.state.lines_of(sold)
    part = till.state.refund(sold, NOON, {first: 1})
    together = {sale.sale_id: sale for page in read(till, "sales") for sale in page.sales}
    asked = till.paths().count("SaleLine")
    assert asked == 0, "the original was on the same page"
    [alone] = till.source().read_sales([part]).sales
    assert till.paths().count("SaleLine") == 1
    for refund in (together[part], alone):
        [original] = refund.originals
        assert (original.sale_id, original.customer_id) == (sold, ann)
        assert dict(original.quantities) == {first: 1, second: 1}
        assert original.customer is not None
        assert original.customer.email == "ann@mail.org"


def test_remembered_sales_are_bounded_and_forgotten_ones_are_read_again(till: Till) -> None:
    sold = [till.sell(at=NOON - timedelta(minutes=300 - i)) for i in range(210)]
    refunds = [till.state.refund(each, NOON - timedelta(minutes=5)) for each in (sold[0], sold[-1])]
    source = till.source(remembered_max=100)
    found = {sale.sale_id: sale for page in source.read("sales", None) for sale in page.sales}
    assert [found[each].originals[0].sale_id for each in refunds] == [sold[0], sold[-1]]
    assert till.paths().count("SaleLine") == 1


def test_a_return_without_a_receipt_has_no_original(till: Till) -> None:
    till.state.sell(till.shop_id, NOON, [LineIn(till.item_id, -1, "10")])
    [page] = till.source().read("sales", None)
    assert (page.sales[0].total_minor, page.sales[0].originals) == (-1000, ())
    assert till.paths().count("SaleLine") == 0


@pytest.mark.parametrize("of", ["SaleLine", "Sale"])
def test_a_refund_whose_line_or_sale_the_till_no_longer_has_stays_unlinked(till: Till, of: str) -> None:
    sold = till.sell("10", "5", at=NOON - timedelta(days=40))
    refund = till.state.refund(sold, NOON)
    nothing = '{"@attributes":{"next":"","previous":""}}'
    source = till.source()
    if of == "SaleLine":
        till.fails("status", path="*/SaleLine.json", status=200, body=nothing)
    else:  # the second list of sales is that of the originals
        rule = {"kind": "status", "match": {"method": "*", "path": "*/Sale.json"}, "every": 2, "times": 1}
        till.fake.faults.add({**rule, "status": 200, "body": nothing})
    [found] = source.read_sales([refund]).sales
    assert [line.total_minor for line in found.lines] == [-1000, -500]
    assert all(line.parent_line_id for line in found.lines)
    assert found.originals == ()


def test_an_exchange_keeps_both_sides_and_its_original(till: Till) -> None:
    sold = till.sell("10", at=NOON - timedelta(days=1))
    [line] = till.state.lines_of(sold)
    swap = till.state.exchange(sold, NOON, {line: 1}, [LineIn(till.item_id, 1, "25")])
    [found] = till.source().read_sales([swap]).sales
    assert (found.total_minor, sorted(each.total_minor for each in found.lines)) == (1500, [-1000, 2500])
    assert [each.sale_id for each in found.originals] == [sold]
