"""One picture of traffic at any reporting rate: the targets of the rules."""

from __future__ import annotations

import pytest

from trafficctl.evaluate import day, policies, rates
from trafficctl.evaluate.figures import AlertFigures
from trafficctl.metr_la import Week, load_week

POLICY = policies.deployed()
INTERVALS_S = (1, 10, 60)
SLACK_S = 5.0
SCORE_WITHIN = 3.0
ALERTS_WITHIN = 0.1


@pytest.fixture(scope="module")
def week() -> Week:
    return load_week()


@pytest.fixture(scope="module")
def jams(week: Week) -> list[rates.Jam]:
    return rates.certain_jams(week)


def test_every_five_minutes_of_a_certain_jam_are_a_jam(jams: list[rates.Jam]) -> None:
    assert len(jams) == 337
    assert min(jam.score for jam in jams) >= rates.CERTAIN_SCORE
    days = {jam.begin_s // 86_400 for jam in jams}
    assert days == {4, 5, 6}  # Monday to Wednesday


def test_the_same_seed_chooses_the_same_jams_of_each_group(
    jams: list[rates.Jam],
) -> None:
    chosen = rates.sample_jams(jams)

    assert chosen == rates.sample_jams(jams) != rates.sample_jams(jams, seed=2)
    for least, most in rates.GROUPS_KMH:
        assert sum(least <= jam.speed < most for jam in chosen) == rates.EACH


def test_the_rates_report_the_same_vehicles(week: Week, jams: list[rates.Jam]) -> None:
    one, begin = jams[0], rates.begin_ms(jams[0].begin_s)
    counts = []
    for interval in rates.INTERVALS_S:
        lanes = rates.lanes_of(one.detector, week, one.begin_s)
        told = rates.messages(lanes, begin, interval, rates.HOUR_S)
        counts.append(sum(r.vehicle_count for _, readings in told for r in readings))

    assert len(set(counts)) == 1
    assert counts[0] > 1000


def test_without_occupancy_only_the_occupancy_is_missing(
    week: Week, jams: list[rates.Jam]
) -> None:
    lanes = rates.lanes_of(jams[0].detector, week, jams[0].begin_s)
    told = list(rates.messages(lanes, 0, 60, 600))

    for (at, ours), (other_at, bare) in zip(
        told, rates.without_occupancy(told), strict=True
    ):
        assert at == other_at
        for one, other in zip(ours, bare, strict=True):
            assert (other.occupancy, other.interval) == (None, 60)
            assert other.average_speed == one.average_speed
            assert other.vehicle_count == one.vehicle_count


@pytest.fixture(scope="module")
def rows(week: Week, jams: list[rates.Jam]) -> list[rates.JamRow]:
    some = rates.sample_jams(jams, each=3)
    return [
        row
        for interval in INTERVALS_S
        for row in rates.rows_of(interval, some, week, POLICY)
    ]


def test_every_jam_is_an_alert_soon_at_every_rate(rows: list[rates.JamRow]) -> None:
    found = [(row.interval_s, row.occupancy, row.alerted) for row in rows]
    assert found == [(s, sent, 9) for s in INTERVALS_S for sent in (True, False)]
    for row in rows:
        assert row.delay_max_s is not None
        assert row.delay_max_s <= POLICY.hold_s + SLACK_S + row.interval_s, row


def test_no_alert_clears_inside_a_jam(rows: list[rates.JamRow]) -> None:
    assert [row.cleared_inside for row in rows] == [0] * len(rows)


def test_the_mean_score_is_the_true_one_at_every_rate(rows: list[rates.JamRow]) -> None:
    errors = {(row.interval_s, row.occupancy): row.score_error for row in rows}

    assert {k: v for k, v in errors.items() if v > SCORE_WITHIN} == {}


@pytest.fixture(scope="module")
def morning(week: Week) -> dict[int, AlertFigures]:
    """Four hours of six segments."""
    part = day.WeekPart(day.HALF_DAY.begin, 4)
    some = day.detectors_of(week, 40)
    return {s: day.day_figures(week, s, POLICY, some, part) for s in INTERVALS_S}


def test_a_morning_has_the_same_alerts_at_every_rate(
    morning: dict[int, AlertFigures],
) -> None:
    alerts = {interval: found.alerts for interval, found in morning.items()}

    assert alerts[60] >= 5
    for count in alerts.values():
        assert count == pytest.approx(alerts[60], rel=ALERTS_WITHIN, abs=1)


def test_a_morning_is_covered_at_every_rate(morning: dict[int, AlertFigures]) -> None:
    for found in morning.values():
        assert found.cover is not None
        assert found.cover > 0.95


def test_rows_of_a_day_are_compared_with_the_slowest(
    morning: dict[int, AlertFigures],
) -> None:
    made = day.rows_of([*morning.items()])

    assert [row.interval_s for row in made] == [*INTERVALS_S]
    assert made[-1].of_slowest == 1
    assert made[0].of_slowest == made[0].alerts / made[-1].alerts
