"""What alerts are worth, by hand."""

from __future__ import annotations

import pytest

from traffic.model import Reading
from trafficctl.evaluate.baseline import BIN_MS, Bins, TimeSpan, score, spans
from trafficctl.evaluate.core import Alert
from trafficctl.evaluate.figures import AlertFigures, figures, open_most, overlap

MINUTE, HOUR = 60_000, 3_600_000
DAY = TimeSpan(0, 24 * HOUR)


def alert(begin: float, end: float | None, segment: str = "s") -> Alert:
    """An alert from one minute to another."""
    cleared = None if end is None else round(end * MINUTE)
    return Alert(segment, round(begin * MINUTE), cleared)


def judged(*alerts: Alert, plain: list[TimeSpan] | None = None) -> AlertFigures:
    """The figures of one segment's day."""
    return figures({"s": alerts}, {"s": plain or []}, DAY)


def test_an_alert_is_short_if_it_clears_before_ten_minutes_have_passed() -> None:
    found = judged(alert(0, 9.9), alert(100, 110), alert(1439, None))

    assert (found.alerts, found.short_share) == (3, pytest.approx(1 / 3))


def test_an_alert_is_reopened_if_the_next_opens_within_half_an_hour() -> None:
    found = judged(alert(0, 20), alert(50, 60), alert(90.1, 100), alert(101, None))

    assert found.reopened_share == pytest.approx(2 / 4)


def test_another_segment_reopens_nothing() -> None:
    some = {"a": [alert(0, 20, "a")], "b": [alert(21, 40, "b")]}

    assert figures(some, {}, DAY).reopened_share == 0


def test_cover_is_the_share_of_the_plain_hours_inside_an_alert() -> None:
    plain = [TimeSpan(0, HOUR), TimeSpan(2 * HOUR, 3 * HOUR)]
    found = judged(alert(10, 130), plain=plain)

    assert found.cover == pytest.approx((50 + 10) / 120)
    assert found.hours_ratio == pytest.approx(1)
    assert (found.hours, found.plain_hours) == (2, 2)


def test_an_open_alert_lasts_to_the_end() -> None:
    assert judged(alert(23 * 60, None)).hours == 1


def test_segments_without_an_alert_count() -> None:
    found = figures({"a": [alert(0, 60, "a")], "b": []}, {}, DAY)

    assert (found.segments, found.days, found.per_segment_day) == (2, 1, 0.5)


def test_without_alerts_or_plain_hours_shares_are_absent_not_zero() -> None:
    found = judged()

    assert (found.alerts, found.open_most) == (0, 0)
    shares = (found.short_share, found.reopened_share, found.cover, found.hours_ratio)
    assert shares == (None, None, None, None)
    assert judged(plain=[TimeSpan(0, HOUR)]).cover == 0


def test_open_at_once_counts_no_alert_that_ends_as_another_begins() -> None:
    assert (
        open_most(
            [TimeSpan(0, 10), TimeSpan(10, 20), TimeSpan(15, 30), TimeSpan(16, 17)]
        )
        == 3
    )
    assert open_most([TimeSpan(0, 10), TimeSpan(10, 20)]) == 1


def test_overlap_of_spans_is_counted_once() -> None:
    ours = [TimeSpan(0, 10), TimeSpan(20, 30), TimeSpan(40, 50)]

    assert overlap(ours, [TimeSpan(5, 25)]) == 10
    assert overlap(ours, [TimeSpan(5, 8), TimeSpan(8, 9), TimeSpan(45, 99)]) == 9
    assert overlap(ours, [TimeSpan(10, 20)]) == overlap([], ours) == 0


def test_plain_spans_join_where_they_touch() -> None:
    scores = [(0, 50.0), (BIN_MS, 60.0), (2 * BIN_MS, 49.9), (3 * BIN_MS, 100.0)]

    assert spans(scores, 50) == [
        TimeSpan(0, 2 * BIN_MS),
        TimeSpan(3 * BIN_MS, 4 * BIN_MS),
    ]


def test_the_plain_score_falls_with_speed_and_stays_between_0_and_100() -> None:
    assert [score(v, 80) for v in (0, 20, 80, 100)] == [100, 75, 0, 0]


def binned(
    *readings: Reading, free_flow: float | None = 100
) -> list[tuple[int, float]]:
    bins = Bins(free_flow)
    for reading in readings:
        bins.add(int(reading.timestamp), reading)
    return sorted(bins.scores())


def test_a_reading_belongs_to_the_five_minutes_in_which_it_was_measured() -> None:
    found = binned(
        Reading("a", BIN_MS, 1, 50.0),
        Reading("a", BIN_MS + 1, 1, 20.0),
    )
    assert found == [(0, 50.0), (BIN_MS, 80.0)]


def test_five_minutes_have_the_space_mean_speed_of_all_sensors() -> None:
    found = binned(
        Reading("a", 1000, 1, 60.0), Reading("b", 2000, 1, 30.0), Reading("b", 3000, 0)
    )
    assert found == [(0, pytest.approx(60.0))]


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (Reading("a", 1, 0, None, None, 0.9), 100.0),
        (Reading("a", 1, 0, None, None, 0.0), 0.0),
        (Reading("a", 1, 0), 0.0),
        (Reading("a", 1, 9, 100.0, 70.0), 70.0),
        (Reading("a", 1, 1, 0.0), 99.0),
        (Reading("a", 1, None, 40.0), 60.0),
    ],
)
def test_five_minutes_without_a_moving_vehicle(
    reading: Reading, expected: float
) -> None:
    assert binned(reading) == [(0, pytest.approx(expected))]


def test_without_a_free_flow_only_reported_scores_count() -> None:
    assert binned(Reading("a", 1, 1, 10.0), free_flow=None) == [(0, 0.0)]
    assert binned(Reading("a", 1, 1, 10.0, 55.0), free_flow=None) == [(0, 55.0)]
