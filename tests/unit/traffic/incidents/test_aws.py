"""The roads are read when they have to be, and not for each sweep."""

from __future__ import annotations

from typing import Any

from traffic.aws.dynamodb import attributes
from traffic.incidents.aws import GRAPH_MS, DynamoStreets


class FakeRoads:
    """A table of segments that counts how often it is read."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.reads = 0
        self.now_ms = 0

    def scan(self, Segment: int, **_request: Any) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.reads += Segment == 0
        rows = [
            {"segment_id": n, "latitude": 0.0, "longitude": 0.0} for n in self.names
        ]
        return {"Items": [attributes(row) for row in rows] if Segment == 0 else []}

    def streets(self) -> DynamoStreets:
        return DynamoStreets(self, "t", lambda _: None, lambda: self.now_ms)


def test_roads_are_kept_for_minutes() -> None:
    table = FakeRoads("a")
    streets = table.streets()
    for minute in range(5):
        table.now_ms = minute * 60_000
        assert streets.graph({"a"}).roads.keys() == {"a"}
    assert table.reads == 1

    table.now_ms = GRAPH_MS
    streets.graph({"a"})
    assert table.reads == 2


def test_a_new_road_is_known_as_soon_as_it_has_an_alert() -> None:
    table = FakeRoads("a")
    streets = table.streets()
    streets.graph({"a"})
    table.names.append("b")

    assert streets.graph({"a", "b"}).roads.keys() == {"a", "b"}


def test_a_segment_that_no_road_file_has_does_not_read_them_each_time() -> None:
    table = FakeRoads("a")
    streets = table.streets()
    for _ in range(5):
        streets.graph({"a", "unknown"})
    assert table.reads == 1

    streets.graph({"unknown", "another"})
    assert table.reads == 2
