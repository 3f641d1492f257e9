"""What the world learns of an alert: events, rows and the segment's own item."""

from __future__ import annotations

from typing import Any

from traffic.model import Road, StoredSegment
from traffic.segment.alert_events import place_of
from traffic.segment.rows import actions_of, alert_rows

from .builders import POLICY, START, Told, message, ms, reading, records, say, tell_all


def jam(seconds: float, speed: float = 10.0) -> bytes:
    return message(reading(seconds=seconds, count=12, speed=speed))


def free(seconds: float) -> bytes:
    return jam(seconds, 100)


def rows(told: Told) -> dict[str, Any]:
    return alert_rows(told.last, POLICY.retention_days)


def test_an_event_tells_all_a_controller_needs() -> None:
    told = say(jam(0), message(reading(seconds=60, count=12, speed=10), received=62))

    assert list(told.stored.outbox) == [
        {
            "event_id": f"s@{ms(60)}/opened@{ms(60)}",
            "alert_id": f"s@{ms(60)}",
            "transition": "opened",
            "reason": "traffic",
            "level": "severe",
            "previous_level": "none",
            "segment_id": "s",
            "name": "I-405 N",
            "district": "Los Angeles",
            "latitude": 34.05214,
            "longitude": -118.44782,
            "place": "I-405 N, Los Angeles",
            "congestion_score": 90.0,
            "peak_congestion": 90.0,
            "speed": 10.0,
            "free_flow_speed": 100.0,
            "traffic": "10 of 100 km/h",
            "travel_time_index": 10.0,
            "level_of_service": "F",
            "speed_estimated": None,
            "opened_at": ms(60),
            "since": "2027-01-15 09:01 CET",
            "observed_at": ms(60),
            "received_at": ms(62),
            "decided_at": START,
            "duration_s": 0,
            "link": "https://traffic.example/#segment=s",
        }
    ]


def test_a_speed_that_no_sensor_measures_is_unknown_not_an_empty_road() -> None:
    counted = [
        message(reading(seconds=s, count=12, speed=None, congestion_score=90))
        for s in (0, 60)
    ]
    (event,) = say(*counted).stored.outbox

    assert (event["speed"], event["traffic"]) == (None, "speed unknown")


def test_a_jam_that_ends_as_the_road_empties_says_so() -> None:
    empty = [
        message(reading(seconds=s, count=0, speed=None)) for s in range(120, 720, 60)
    ]
    told = say(jam(0), jam(60), *empty)

    assert told.stored.outbox[-1]["traffic"] == "an empty road"


def test_all_events_of_an_alert_carry_its_id_and_each_its_own() -> None:
    stream = [jam(0, 40), jam(60, 40), jam(90), jam(150)]
    stream += [jam(s, 90) for s in (210, 270, 330, 390)]

    told = say(*stream)

    alert = f"s@{ms(60)}"
    events = told.stored.outbox
    assert [event["alert_id"] for event in events] == [alert] * 4
    assert [event["event_id"] for event in events] == [
        f"{alert}/opened@{ms(60)}",
        f"{alert}/escalated@{ms(150)}",
        f"{alert}/eased@{ms(330)}",
        f"{alert}/cleared@{ms(390)}",
    ]
    assert [event["duration_s"] for event in events] == [0, 90, 270, 330]


def test_a_replay_at_another_time_tells_the_same_event() -> None:
    """Only `decided_at` reads the clock, and it stays out of the id."""
    told = say(jam(0), jam(60))
    again = tell_all([records(jam(0)), records(jam(60), first=2)])

    assert again.stored.outbox == told.stored.outbox


def test_unsent_events_wait_behind_one_another() -> None:
    told = say(jam(0, 40), jam(60, 40), jam(90), jam(150))

    transitions = [event["transition"] for event in told.stored.outbox]
    assert transitions == ["opened", "escalated"]


def test_an_open_alert_has_a_row_that_says_so() -> None:
    told = say(jam(0), jam(60))

    assert rows(told) == {
        f"s@{ms(60)}": {
            "segment_id": "s",
            "name": "I-405 N",
            "district": "Los Angeles",
            "latitude": 34.05214,
            "longitude": -118.44782,
            "free_flow_speed": 100.0,
            "alert_status": "open",
            "open_flag": "open",
            "level": "severe",
            "peak_level": "severe",
            "peak_congestion": 90.0,
            "day": "2027-01-15",
            "opened_at": ms(60),
            "level_since": ms(60),
            "cleared_at": None,
            "cleared_by": None,
            "duration_s": None,
            "expires_at": None,
            "speed": 10.0,
        }
    }


def test_a_cleared_alert_is_open_no_longer_and_will_expire() -> None:
    told = say(jam(0), jam(60), *(jam(s, 100) for s in (120, 180, 240, 300)))

    (row,) = rows(told).values()
    assert row["alert_status"] == "cleared"
    assert row["open_flag"] is None
    assert (row["level"], row["peak_level"]) == ("high", "severe")
    assert (row["opened_at"], row["cleared_at"]) == (ms(60), ms(300))
    assert row["cleared_by"] == "traffic"
    assert row["duration_s"] == 240
    assert row["expires_at"] == ms(300) // 1000 + 30 * 86_400


def test_an_alert_of_many_changes_is_one_row() -> None:
    told = say(jam(0, 40), jam(60, 40), jam(90), jam(150))

    (row,) = rows(told).values()
    assert (row["level"], row["level_since"]) == ("severe", ms(150))
    assert actions_of(told.last) == 3  # the segment, the closed minute, the alert


def test_the_peak_is_the_worst_that_was_seen_while_open() -> None:
    """By 12 / (12 / 2 + 12 / 10 / e^2) km/h at 120 s, and never as slow again."""
    told = say(jam(0), jam(60), jam(120, 2), *map(free, range(180, 540, 60)))

    (row,) = rows(told).values()
    assert row["peak_congestion"] == 97.8


def test_the_segment_names_its_open_alert_and_since_when_its_level_holds() -> None:
    told = say(jam(0, 40), jam(60, 40), jam(90), jam(150))

    assert told.live["alert_level"] == "severe"
    assert told.live["alert_id"] == f"s@{ms(60)}"
    assert told.live["alert_since"] == ms(150)


def test_a_place_is_named_by_what_is_known_of_it() -> None:
    def place(**known: Any) -> str:
        return place_of(StoredSegment("s", road=Road(**known)))

    assert place(name="I-405 N", district="Los Angeles") == "I-405 N, Los Angeles"
    assert place(name="I-405 N") == "I-405 N"
    assert place(district="Los Angeles") == "Los Angeles"
    assert place() == "s"
