"""Where queues begin, what they cost, and how reliable a corridor is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pytest

from traffic.bottlenecks.corridors import CorridorTimes, corridor_times
from traffic.bottlenecks.find import jams_of
from traffic.bottlenecks.rank import Bottleneck, worst
from traffic.model import Road
from traffic.network.roads import RoadGraph
from traffic.profiles.day_file import ActiveBottleneck
from traffic.profiles.day_records import RECORD_BYTES, UNKNOWN
from traffic.profiles.local_days import SLOTS

BINS = 288
HOURS = [place // 12 for place in range(BINS)]


class Stretch(NamedTuple):
    """A segment's length, free-flow speed and the segments that follow it."""

    length_m: float
    free_flow: float | None
    downstream: Sequence[str] = ()


Stretches = Mapping[str, Stretch]
ROAD = {  # a freeway from A to D, 1 km each
    "A": Stretch(1000, 100, ["B"]),
    "B": Stretch(1000, 100, ["C"]),
    "C": Stretch(1000, 100, ["D"]),
    "D": Stretch(1000, 100),
}


def graph_of(stretches: Stretches) -> RoadGraph:
    return RoadGraph(
        {
            name: Road(length_m=one.length_m, free_flow_speed=one.free_flow)
            for name, one in stretches.items()
        },
        {name: one.downstream for name, one in stretches.items()},
    )


Speeds = dict[str, list[float | None]]


def free(names: Sequence[str] = tuple(ROAD)) -> Speeds:
    return {name: [100.0] * BINS for name in names}


def slowed(speeds: Speeds, name: str, places: Sequence[int], speed: float) -> Speeds:
    series = list(speeds[name])
    for place in places:
        series[place] = speed
    return {**speeds, name: series}


def found(
    speeds: Mapping[str, Sequence[float | None]],
    flow: float | None = 1200,
    road: Stretches = ROAD,
) -> list[ActiveBottleneck]:
    flows = {name: [flow] * BINS for name in speeds}
    return jams_of(graph_of(road), speeds, flows, HOURS)


MORNING = range(96, 108)  # 8 to 9 o'clock


def test_the_head_is_where_the_next_segment_is_much_faster() -> None:
    queue = slowed(slowed(free(), "B", MORNING, 50), "A", MORNING, 50)

    # each of 2 km takes 0.01 h longer than at 100 km/h, for 1,200 vehicles
    assert found(queue) == [ActiveBottleneck("B", "morning", 60, 120.0, 24.0)]


def test_slow_all_the_way_down_is_no_bottleneck_of_ours() -> None:
    queue = free()
    for name in ROAD:
        queue = slowed(queue, name, MORNING, 50)

    assert found(queue) == []


@pytest.mark.parametrize(("after", "is_head"), [(79, False), (80, True)])
def test_the_next_segment_is_faster_by_30_percent_of_free_flow(
    after: float, is_head: bool
) -> None:
    speeds = slowed(slowed(free(), "B", MORNING, 50), "C", MORNING, after)

    assert bool(found(speeds)) == is_head


def test_free_flow_is_each_segment_s_own() -> None:
    street = {
        "A": Stretch(200, 50, ["B"]),
        "B": Stretch(200, 50),
    }
    free_street: Speeds = {name: [45.0] * BINS for name in street}

    assert found(free_street, road=street) == []
    assert len(found(slowed(free_street, "A", MORNING, 20), road=street)) == 1


def test_four_of_seven_five_minutes_are_none_and_five_are() -> None:
    assert found(slowed(free(), "B", (96, 97, 99, 102), 50)) == []
    assert found(slowed(free(), "B", (96, 97, 99, 100, 102), 50)) == [
        ActiveBottleneck("B", "morning", 25, 25.0, 5.0)
    ]


def test_each_shift_is_counted_for_itself() -> None:
    speeds = slowed(free(), "B", range(114, 126), 50)  # 9:30 to 10:30

    assert [(jam.shift, jam.minutes) for jam in found(speeds)] == [
        ("morning", 30),
        ("midday", 30),
    ]
    assert found(slowed(free(), "B", range(36), 50)) == []  # the night has no shift


def test_a_queue_ends_at_the_next_head_so_that_nothing_is_counted_twice() -> None:
    speeds = slowed(free(), "C", MORNING, 55)
    speeds = slowed(slowed(speeds, "B", MORNING, 55), "A", MORNING, 20)

    jams = found(speeds)

    assert [(jam.head, jam.km_minutes) for jam in jams] == [("A", 60.0), ("C", 120.0)]


def test_a_segment_without_data_is_looked_past_within_reach() -> None:
    speeds = slowed(free(), "B", MORNING, 50)
    silent = {name: series for name, series in speeds.items() if name != "C"}
    far = {**ROAD, "C": Stretch(4000, 100, ["D"])}

    assert len(found(silent)) == 1
    assert found(silent, road=far) == []


def test_a_segment_of_unknown_free_flow_is_looked_past_as_well() -> None:
    unknown = {**ROAD, "C": Stretch(1000, None, ["D"])}

    (jam,) = found(slowed(free(), "B", MORNING, 50), road=unknown)
    assert jam.head == "B"


def test_without_links_there_is_no_bottleneck() -> None:
    unlinked = {name: Stretch(1000, 100) for name in ROAD}

    assert found(slowed(free(), "B", MORNING, 50), road=unlinked) == []


def test_where_a_road_divides_every_branch_has_to_be_faster() -> None:
    fork = {**ROAD, "B": Stretch(1000, 100, ["C", "D"])}
    speeds = slowed(slowed(free(), "B", MORNING, 50), "D", MORNING, 50)

    assert found(speeds, road=fork) == []


def test_without_a_flow_the_minutes_count_and_the_cost_is_nothing() -> None:
    assert found(slowed(free(), "B", MORNING, 50), flow=None) == [
        ActiveBottleneck("B", "morning", 60, 60.0, 0.0)
    ]


def test_standing_traffic_costs_as_traffic_at_walking_pace() -> None:
    lost = found(slowed(free(), "B", MORNING, 0.0), flow=100)[0].vehicle_hours

    assert lost == pytest.approx(100 * 0.99, abs=0.1)


def test_a_ring_road_has_an_end_all_the_same() -> None:
    ring = {**ROAD, "D": Stretch(1000, 100, ["A"])}
    speeds = free()
    for name in "ABC":
        speeds = slowed(speeds, name, MORNING, 50)

    assert [(jam.head, jam.km_minutes) for jam in found(speeds, road=ring)] == [
        ("C", 180.0)
    ]


DAYS = [
    [
        ActiveBottleneck("A", "morning", 60, 60, 10),
        ActiveBottleneck("B", "morning", 30, 90, 30),
    ],
    [
        ActiveBottleneck("A", "morning", 30, 60, 20),
        ActiveBottleneck("A", "afternoon", 90, 30, 60),
    ],
    [],
]


def test_the_worst_cost_most_and_days_without_any_count() -> None:
    assert worst(DAYS) == [
        Bottleneck("A", None, 2, 60.0, 0.83, 30.0),
        Bottleneck("B", None, 1, 10.0, 3.0, 10.0),
    ]


def test_a_shift_is_ranked_for_itself() -> None:
    assert worst(DAYS, "morning", most=1) == [
        Bottleneck("A", "morning", 2, 30.0, 1.33, 10.0)
    ]
    assert worst([]) == []


def day(**speeds: int) -> dict[str, bytes]:
    """A day's records of ROAD and E: 100 km/h, where *speeds* give no other."""
    return {name: record(speeds.get(name, 100)) for name in (*ROAD, "E")}


def record(speed: int, **other: int) -> bytes:
    """The medians of a day are *speed*, apart from the slots of *other* (`s16=10`)."""
    medians = [other.get(f"s{slot}", speed) for slot in range(SLOTS)]
    return bytes(medians).ljust(RECORD_BYTES, bytes([UNKNOWN]))


def ends(road: Stretches) -> set[tuple[str, str]]:
    times = corridor_times(graph_of(road), [day()])
    return {(one.first, one.last) for one in times}


def test_a_corridor_is_a_chain_without_junctions() -> None:
    joined = {**ROAD, "E": Stretch(500, 50, ["C"])}
    forked = {**ROAD, "B": Stretch(1000, 100, ["C", "E"]), "E": Stretch(500, 50)}
    ring = {**ROAD, "D": Stretch(1000, 100, ["A"])}

    assert ends(ROAD) == {("A", "D")}
    assert ends(joined) == ends(forked) == set()  # A, B and C, D are too short
    assert ends(ring) == set()


def test_a_corridor_has_no_segment_of_unknown_free_flow() -> None:
    ramp = {**ROAD, "E": Stretch(500, None, ["C"])}
    longer = {**ROAD, "D": Stretch(1000, 100, ["E"]), "E": Stretch(500, None)}

    assert ends(ramp) == ends(longer) == {("A", "D")}


def test_travel_time_is_mean_and_95th_percentile_over_free_flow() -> None:
    # one of twenty half hours is slow: 24 minutes instead of 2.4
    late = dict.fromkeys(ROAD, record(100, s16=10))

    morning = corridor_times(graph_of(ROAD), [day(), late])[0]
    worse = corridor_times(graph_of(ROAD), [late, late])[0]

    assert morning == CorridorTimes("A", "D", "morning", 4.0, 3.5, 1.45, 1.0, 0.0)
    assert worse == CorridorTimes("A", "D", "morning", 4.0, 4.6, 1.9, 10.0, 4.26)


def test_a_half_hour_without_data_of_a_segment_is_left_out() -> None:
    silent = {name: record(100) for name in "ACD"}

    assert corridor_times(graph_of(ROAD), [day(B=UNKNOWN)]) == []
    assert corridor_times(graph_of(ROAD), [silent]) == []
