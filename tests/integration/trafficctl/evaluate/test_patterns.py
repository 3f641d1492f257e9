"""Incidents of a carriageway of Los Angeles, a week long."""

from __future__ import annotations

import csv
import json
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from trafficctl.__main__ import main
from trafficctl.evaluate import policies
from trafficctl.evaluate.baseline import TimeSpan
from trafficctl.evaluate.patterns import (
    PARTS,
    IncidentReplay,
    PatternFigures,
    Transitions,
    alerts_by_minute,
    graph_of,
    pattern_figures,
    unusual_times,
    week_transitions,
)
from trafficctl.evaluate.week_days import TEST_DAYS, Learned, day_of, learn
from trafficctl.files import METR_LA
from trafficctl.metr_la import Week, load_week

MINUTE = 60_000


@pytest.fixture(scope="module")
def week() -> Week:
    """The southbound carriageway of US 101."""
    whole = load_week()
    some = [one for one in whole.detectors if (one.freeway, one.direction) == US_101_S]
    return Week(some, {one.detector: whole.speeds[one.detector] for one in some})


US_101_S = ("US-101", "S")


@pytest.fixture(scope="module")
def transitions(week: Week) -> Transitions:
    return week_transitions(week, 60, policies.deployed(), week.detectors)


@pytest.fixture(scope="module")
def learned(week: Week) -> list[Learned]:
    return learn(week)


@pytest.fixture(scope="module")
def parts(
    week: Week, transitions: Transitions, learned: list[Learned]
) -> list[PatternFigures]:
    return pattern_figures(week, transitions, learned)


def test_incidents_are_fewer_than_alerts_and_hold_each_of_them_once(
    parts: list[PatternFigures],
) -> None:
    assert [one.days for one in parts] == list(PARTS)
    for one in parts:
        assert one.alerts > 50
        assert one.alerts_in_one == one.hours_inside == 1.0
        assert one.incident_share is not None
        assert one.incident_share <= 0.21
        assert one.mail_share is not None
        assert one.mail_share <= 0.20
        assert one.alert_mails_day >= 2 * one.alerts / 4


def test_only_unusual_incidents_are_a_twentieth_of_the_messages(
    parts: list[PatternFigures],
) -> None:
    learned_from, tested = parts

    assert learned_from.unusual_mails_day is None
    assert tested.unusual_mails_day is not None
    assert tested.unusual_mail_share is not None
    assert 0 < tested.unusual_mail_share <= 0.05
    assert tested.unusual_mails_day == pytest.approx(
        tested.unusual_mail_share * tested.alert_mails_day
    )


def test_a_segment_is_unusual_since_the_five_minutes_that_said_so(
    learned: list[Learned],
) -> None:
    times = unusual_times(learned)

    (first, known), *more = ((at, one) for at, one in times.items() if one.since)
    assert set(known.since.values()) == {first}
    assert len(times) == 3 * 288
    for (_, before), (at, after) in pairwise(times.items()):
        assert all(after.since[n] in (at, before.since.get(n)) for n in after.since)
    assert more
    one = learned[0]
    noon = day_of(TEST_DAYS[0]).begin_ms + 12 * 3_600_000
    usual = times[noon + 5 * MINUTE].speeds[one.detector.segment_id]
    assert usual == one.usual(TEST_DAYS[0])[24]


def test_each_minute_has_the_alerts_that_are_open_at_its_end(
    transitions: Transitions,
) -> None:
    name, some = next((n, s) for n, s in transitions.items() if len(s) > 1)
    opened, cleared = some[0], next(one for one in some if one.kind == "cleared")
    span = TimeSpan(opened.at - 2 * MINUTE, cleared.at + MINUTE)

    seen = list(alerts_by_minute({name: some}, span))

    times = [at for at, alerts in seen if alerts]
    assert (times[0], times[-1]) == (opened.at, cleared.at - MINUTE)


def test_the_incidents_lie_on_the_carriageway(
    week: Week, transitions: Transitions
) -> None:
    watch, graph = IncidentReplay(graph_of(week)), graph_of(week)
    times = [one.at for some in transitions.values() for one in some]
    watch.run(transitions, TimeSpan(min(times), min(times) + 24 * 60 * MINUTE))

    largest = max(watch.found.values(), key=lambda one: one.peak_segments)
    assert largest.peak_segments >= 4
    assert largest.queue.head in graph.roads
    assert 1 < largest.peak_length_km < 50


def test_the_command_prints_a_row_for_each_part_of_the_week(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (METR_LA / "detectors.csv").open() as file:
        rows = list(csv.DictReader(file))
    some = [one for one in rows if (one["freeway"], one["direction"]) == ("I-210", "E")]
    with (tmp_path / "detectors.csv").open("w") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(some[:3])
    shutil.copy(METR_LA / "speeds-mph.csv.xz", tmp_path)

    assert main(["evaluate", "patterns", "--json", "--data", str(tmp_path)]) == 0

    printed = json.loads(capsys.readouterr().out)
    assert [row["days"] for row in printed] == ["Thu-Sun", "Mon-Wed"]
    assert all(row["alerts_in_one"] == 1.0 for row in printed)
