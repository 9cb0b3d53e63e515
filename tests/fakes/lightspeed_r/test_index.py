"""The sorted index under the lists: whatever came in out of order is in its place when asked."""

from fakes.lightspeed_r.index import Index


def test_a_row_added_out_of_order_is_found_at_its_place_by_position_too() -> None:
    index = Index([(10, 1), (30, 3)])
    index.add(20, 2)
    assert [index.id_at(position) for position in range(3)] == [1, 2, 3]


def test_rows_of_one_value_stand_in_the_order_of_their_ids() -> None:
    index = Index()
    for row_id in (9, 4, 7):
        index.add(5, row_id)
    assert index.ids(0, 3) == [4, 7, 9]
    assert index.before(5, 7) == 1
    assert index.through(5) == 3


def test_a_removed_row_is_gone_and_the_others_stay() -> None:
    index = Index([(1, 1), (2, 2), (3, 3)])
    index.remove(2, 2)
    assert index.ids(0, len(index)) == [1, 3]
