"""The arithmetic behind the pictures."""

from monitor.charts import SCALE, WIDTH_MIN, Bar, Step, StepKind, share, waterfall


def test_each_step_begins_where_the_one_before_it_ended() -> None:
    bars = waterfall(
        [
            Step(StepKind.TOTAL, 100),
            Step(StepKind.DOWN, 30),
            Step(StepKind.DOWN, 10),
            Step(StepKind.RESULT, 60),
            Step(StepKind.UP, 5),
            Step(StepKind.RESULT, 65),
        ]
    )
    assert bars == (
        Bar(0, 1000, 1000),
        Bar(700, 300, 700),
        Bar(600, 100, 600),
        Bar(0, 600, 600),
        Bar(600, 50, 650),
        Bar(0, 650, 650),
    )


def test_one_missing_among_a_million_is_still_seen() -> None:
    bars = waterfall([Step(StepKind.TOTAL, 1_000_000), Step(StepKind.DOWN, 1)])
    assert bars[1] == Bar(SCALE - WIDTH_MIN, WIDTH_MIN, 1000)


def test_nothing_is_drawn_for_nothing() -> None:
    assert waterfall([Step(StepKind.TOTAL, 0), Step(StepKind.DOWN, 0)]) == (Bar(0, 0, 0), Bar(0, 0, 0))
    assert waterfall([]) == ()


def test_amounts_below_zero_stay_inside_the_picture() -> None:
    bars = waterfall([Step(StepKind.TOTAL, 100), Step(StepKind.DOWN, 150), Step(StepKind.RESULT, -50)])
    assert bars == (Bar(333, 667, 1000), Bar(0, 1000, 0), Bar(0, 333, 0))


def test_taking_away_what_is_below_zero_goes_up() -> None:
    bars = waterfall([Step(StepKind.TOTAL, 100), Step(StepKind.DOWN, -100)])
    assert bars == (Bar(0, 500, 500), Bar(500, 500, 1000))


def test_the_remainder_is_drawn_from_zero_and_moves_nothing() -> None:
    bars = waterfall([Step(StepKind.TOTAL, 100), Step(StepKind.APART, 10), Step(StepKind.UP, 0)])
    assert bars[1] == Bar(0, 100, 0)
    assert bars[2].level_x == 1000


def test_a_share_is_bounded_and_visible() -> None:
    assert [share(*pair) for pair in ((50, 100), (1, 10**9), (0, 5), (7, 0), (9, 3))] == [500, 6, 0, 0, 1000]
