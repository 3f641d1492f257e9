"""A sensor sends one reading at a time, as the city takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from trafficctl.errors import UserError
from trafficctl.replay.source import Span, inspected

from .files_of import mapped, opened

AT = 1774000000000  # 2026-03-20T09:46:40Z
MINUTE = 60_000
LANES = "timestamp,road,lane,vehicle_count,average_speed\n" + "".join(
    f"{AT + minute * MINUTE},K1,{lane},{lane},50\n"
    for minute in range(3)
    for lane in range(1, 4)
)


def spanned(tmp_path: Path, content: str, text: str) -> Span:
    source = opened(tmp_path, content, mapped(tmp_path, text))
    return inspected(source, tmp_path / "replay.csv")


def test_several_readings_of_a_sensor_at_one_time_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header, *rows = LANES.splitlines(keepends=True)
    by_lane = header + "".join(rows[n] for lane in range(3) for n in range(lane, 9, 3))

    for content in (LANES, by_lane):
        found = spanned(tmp_path, content, 'segment_id = "road"')

        assert found.repeats == (
            "K1, 2026-03-20T09:46:40.000Z: 3 readings of one sensor, and so 2 times "
            "more - is a column missing in sensor_id? The city takes one, and counts "
            "the others as known"
        )
        assert found.repeats in capsys.readouterr().err


def test_lanes_that_are_sensors_of_their_own_repeat_nothing(tmp_path: Path) -> None:
    mapping = 'segment_id = "road"\nsensor_id = "{road}-{lane}"'

    assert spanned(tmp_path, LANES, mapping).repeats is None


def test_a_sensor_that_is_told_twice_is_named_with_its_segment(tmp_path: Path) -> None:
    content = "timestamp,segment_id,sensor_id,vehicle_count\n" + f"{AT},s,a,5\n" * 2

    told = spanned(tmp_path, content, "").repeats
    assert str(told).startswith("s a, 2026-03-20T09:46:40.000Z: 2 readings of one sen")


@pytest.mark.parametrize(("sensors", "refused"), [(200, False), (201, True)])
def test_a_segment_has_as_many_sensors_as_the_city_takes(
    tmp_path: Path, sensors: int, refused: bool
) -> None:
    rows = "".join(f"{AT},s,{n},5\n" for n in range(sensors))
    content = f"timestamp,segment_id,sensor_id,vehicle_count\n{rows}"

    if not refused:
        assert spanned(tmp_path, content, "").rows == sensors
        return
    with pytest.raises(UserError, match="s has 201 sensors, and the city takes 200"):
        spanned(tmp_path, content, "")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (
            "1500,50,60",
            "at most 15,000 vehicles an hour at 50 km/h .* got 1500 in 60 s",
        ),
        ("255,0,60", "at most 1,200 vehicles an hour at 0 km/h .* got 255 in 60 s"),
        ("251,,60", "at most 15,000 vehicles an hour .* got 251 in 60 s"),
    ],
)
def test_a_count_that_the_city_would_refuse_is_a_bad_row(
    tmp_path: Path, cells: str, said: str
) -> None:
    content = "timestamp,segment_id,q,average_speed,interval\n"

    with pytest.raises(UserError, match=f"line 2, column q: expected {said}"):
        spanned(tmp_path, f"{content}{AT},s,{cells}\n", 'vehicle_count = "q"')


@pytest.mark.parametrize("cells", ["250,,60", "12,0,1", "1500,50,3600", "1500,50,"])
def test_a_count_that_the_city_takes_is_taken(tmp_path: Path, cells: str) -> None:
    content = "timestamp,segment_id,vehicle_count,average_speed,interval\n"

    assert spanned(tmp_path, f"{content}{AT},s,{cells}\n", "").rows == 1
