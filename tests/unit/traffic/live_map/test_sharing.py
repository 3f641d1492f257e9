"""One environment reads the city for all, and no viewer misses a change."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic.live_map import changes
from traffic.live_map.city_view import CityView, pack, unpack
from traffic.live_map.sharing import AGAIN_MS, PATIENCE_MS

from .fakes import NOW_MS, City, Clock, FakeReader, alert, segment
from .memory_views import MemoryViews

STORE = ("claim", "stored", "store", "release")


@dataclass
class Region:
    """A city, and environments that serve it at the same time."""

    reader: FakeReader = field(default_factory=FakeReader)
    views: MemoryViews = field(default_factory=MemoryViews)
    clock: Clock = field(default_factory=Clock)

    def environment(self, name: str) -> City:
        return City(self.reader, clock=self.clock, environment=name, views=self.views)

    def reads(self) -> int:
        return self.reader.count("live")


@pytest.fixture
def region() -> Region:
    made = Region()
    made.reader.put(segment("a"), segment("b"))
    return made


def ids(now: Any) -> list[str]:
    return [row[0] for row in now["segments"]]


def lineage(now: Any) -> str:
    return str(now["version"].split("-")[1])


def test_however_many_environments_answer_the_city_is_read_once_in_two_seconds(
    region: Region,
) -> None:
    several = [region.environment(f"{n:x}") for n in range(5)]
    for _ in range(3):
        versions = {one.get("/api/now")["version"] for one in several}
        assert len(versions) == 1
        region.clock.ms += changes.TTL_MS

    assert region.reads() == 3


def test_a_viewer_passed_on_is_sent_what_changed_and_nothing_twice(
    region: Region,
) -> None:
    one, other = region.environment("a"), region.environment("b")
    version = one.get("/api/now")["version"]
    for name in ("a", "b", "a"):
        region.clock.ms += changes.TTL_MS
        region.reader.put(segment(name, region.clock.ms))
        now = other.get("/api/now", since=version)
        assert (ids(now), now["full"]) == ([name], False)
        assert ids(one.get("/api/now", since=now["version"])) == []
        version, one, other = now["version"], other, one


def test_the_feeds_of_an_environment_that_did_not_read_are_whole(
    region: Region,
) -> None:
    region.reader.warn(alert("a"))
    one, other = region.environment("a"), region.environment("b")

    feeds = [each.get("/feeds/segments.geojson") for each in (one, other)]

    assert feeds[0] == feeds[1]
    assert region.reads() == 1


def test_while_one_reads_the_others_answer_with_what_is_stored(region: Region) -> None:
    one, other = region.environment("a"), region.environment("b")
    before = one.get("/api/now")["version"]
    region.clock.ms += changes.TTL_MS
    claim = region.views.claim(region.clock.ms, region.clock.ms)
    assert claim is not None

    assert other.get("/api/now")["version"] == before
    asked = list(region.views.calls)
    region.clock.ms += AGAIN_MS - 1
    assert other.get("/api/now")["version"] == before
    assert region.views.calls == asked
    region.clock.ms += 1
    other.get("/api/now")
    assert region.views.calls == [*asked, "claim", "stored"]
    assert region.reads() == 1


def test_a_view_that_does_not_come_is_not_waited_for(region: Region) -> None:
    one, other = region.environment("a"), region.environment("b")
    region.views.claim(NOW_MS, NOW_MS)  # by one that dies
    alone = one.get("/api/now")
    assert (ids(alone), region.reads()) == (["a", "b"], 1)

    region.clock.ms += PATIENCE_MS
    assert lineage(one.get("/api/now")) != lineage(other.get("/api/now"))
    assert region.reads() == 3
    assert region.views.packed is None


@pytest.mark.parametrize("method", ["stored", "store", "release"])
def test_without_a_store_each_environment_reads_for_itself(
    region: Region, method: str
) -> None:
    region.environment("c").get("/api/now")
    region.clock.ms += PATIENCE_MS
    region.reader.put(segment("b", region.clock.ms))
    region.views.down = {method}
    one, other = region.environment("a"), region.environment("b")

    found = [each.get("/api/now") for each in (one, other)]

    assert all(
        row[-2] == NOW_MS + PATIENCE_MS for now in found for row in [now["segments"][1]]
    )
    assert one.logged[0] == ("sharing_failed", f"{method} is down")


def test_who_cannot_read_lets_another_try(region: Region) -> None:
    one, other = region.environment("a"), region.environment("b")
    region.reader.is_down = True
    assert one.ask("/api/now")["statusCode"] == 503

    region.reader.is_down = False
    region.clock.ms += changes.TTL_MS
    assert ids(other.get("/api/now")) == ["a", "b"]
    assert region.views.packed is not None


def test_what_a_controller_did_is_read_at_once(region: Region) -> None:
    region.reader.warn(item := alert("a"))
    one, other = region.environment("a"), region.environment("b")
    other.get("/api/now")
    region.clock.ms += 10
    path = f"/api/alerts/{item['alert_id']}/acknowledge"
    assert one.ask(path, "POST")["statusCode"] == 200

    assert one.get("/api/now")["alerts"][0]["acknowledged_by"] is not None
    assert region.reads() == 2


def view(*rounds: list[changes.Row]) -> CityView:
    made = None
    for number, rows in enumerate(rounds, 1):
        made = changes.take_snapshot(made, rows, 1, number * 2_000, number * 2_000 + 9)
    assert made is not None
    items = [{"segment_id": "a", "flow": 0, "speed": 1.5}]
    return CityView("aa", made, items, {"segments": 1}, [{"level": "high"}], [])


def test_a_view_is_unpacked_as_it_was_packed() -> None:
    made = view([("a", 1), ("b", None)], [("a", 2)], [("a", 2), ("c", 3)])

    assert unpack(pack(made)) == made


def test_a_view_of_other_code_is_none() -> None:
    fields = msgspec.msgpack.decode(zlib.decompress(pack(view([("a", 1)]))))
    fields[0].append("new column")

    assert unpack(zlib.compress(msgspec.msgpack.encode(fields))) is None
    assert unpack(zlib.compress(msgspec.msgpack.encode(fields[1:]))) is None
    assert unpack(b"something else") is None


def test_a_view_of_other_code_is_replaced(region: Region) -> None:
    region.environment("a").get("/api/now")
    region.views.packed = b"something else"
    region.clock.ms += changes.TTL_MS

    now = region.environment("b").get("/api/now")

    assert unpack(region.views.packed) is not None
    assert (ids(now), lineage(now)) == (["a", "b"], f"{region.clock.ms:x}")


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 100, 1_900, 6_000, 12_000]),  # ms until the step
        st.sampled_from("abcd"),  # a row that is written before it
        st.integers(0, 2),  # who answers
        st.booleans(),  # whether our viewer polls, or another
        st.frozensets(st.sampled_from(STORE), max_size=2),  # what fails meanwhile
    ),
    max_size=14,
)


@settings(max_examples=200)
@given(STEPS)
def test_a_viewer_ends_with_the_table_whatever_fails_on_the_way(
    steps: list[tuple[int, str, int, bool, frozenset[str]]],
) -> None:
    region = Region()
    region.reader.put(segment("a", NOW_MS))
    several = [region.environment(name) for name in ("a", "b", "c")]
    shown: dict[str, list[Any]] = {}
    held: dict[str, str] = {}

    def poll(one: City) -> None:
        answer = one.ask("/api/now", query=held)
        if answer["statusCode"] != 200:
            return
        now = msgspec.json.decode(answer["body"])
        rows = {row[0]: row for row in now["segments"]}
        known = {} if now["full"] else shown
        fresh = {
            key: row if key not in shown or row[-2] >= shown[key][-2] else shown[key]
            for key, row in rows.items()
        }
        merged = {**known, **fresh}
        shown.clear()
        shown.update(merged)
        held["since"] = now["version"]

    for wait_ms, key, who, is_ours, down in steps:
        region.clock.ms += wait_ms
        region.reader.put(segment(key, region.clock.ms))
        region.views.down = set(down)
        if is_ours:
            poll(several[who])
        else:
            several[who].ask("/api/now")

    region.views.down = set()
    region.clock.ms += 20_000
    poll(several[1])
    assert {key: row[-2] for key, row in shown.items()} == {
        key: item["updated_at"] for key, item in region.reader.segments.items()
    }
