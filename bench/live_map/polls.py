"""What each request of a viewer costs: units, bytes, CPU of one environment."""

from __future__ import annotations

import base64
import random
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from tests.unit.traffic.live_map.fakes import ENVIRONMENT, FakeAssets, event
from tests.unit.traffic.live_map.memory_views import MemoryViews
from traffic.aws.dynamodb import Tables
from traffic.live_map import changes, views
from traffic.live_map.api import LiveApi
from traffic.live_map.aws import DynamoReader
from traffic.live_map.ports import LiveMapPorts
from traffic.live_map.settings import read

from .table import NOW_MS, PAST_MINUTE, CannedTable, change, city, history, segment_id

ROUNDS = 5  # of each measure; the median counts


class Cost(NamedTuple):
    """What a request cost; *plain_bytes* before compression."""

    units: float
    plain_bytes: int
    sent_bytes: int
    cpu_s: float


class Region:
    """A city and its environments, which share their views."""

    def __init__(self, segments: int) -> None:
        stored = city(segments)
        self.table = CannedTable(stored, history(stored))
        self.now_ms = NOW_MS
        self.views = MemoryViews()
        self.chance = random.Random(0)  # noqa: S311 - traffic, no secret

    def environment(self, name: str) -> LiveApi:
        """An environment without a memory."""
        tables = Tables("s", "h", "a")
        ports = LiveMapPorts(
            DynamoReader(self.table.wire.client, tables, "i", lambda _: None),
            self.views,
            FakeAssets(),
            lambda: self.now_ms,
            name,
            lambda *_: None,
        )
        return LiveApi(ports, read(ENVIRONMENT))

    def turn(self, step: int) -> None:
        """Let the view grow old, and every *step*-th segment change meanwhile."""
        self.now_ms += changes.TTL_MS
        if step:
            change(self.table.stored[::step], self.now_ms, self.chance)

    def ask(self, api: LiveApi, path: str, **query: str) -> Cost:
        """Ask, and return what it cost; the canned table's own CPU is not counted."""
        table, begun = self.table, time.process_time()
        units, own_s = table.units, sum(table.wire.own_s)
        request = event(path, query=query, headers={"accept-encoding": "gzip"})
        answer = api.answer(request)
        cpu_s = time.process_time() - begun - (sum(table.wire.own_s) - own_s)
        sent = answer["body"]
        size = len(base64.b64decode(sent) if answer.get("isBase64Encoded") else sent)
        units = table.units - units
        plain = api.answer(event(path, query=query))["body"]
        return Cost(units, len(plain.encode()), size, cpu_s)


def version(api: LiveApi) -> str:
    """The version that a viewer would hold now."""
    now = msgspec.json.decode(api.answer(event("/api/now"))["body"])
    return str(now["version"])


def measure(segments: int) -> dict[str, Cost]:
    """What each kind of request costs."""
    region = Region(segments)
    reader, other = region.environment("a"), region.environment("b")

    def first() -> list[Cost]:
        region.turn(1)
        return [region.ask(region.environment("c"), "/api/now")]

    def poll(step: int) -> list[Cost]:
        held = version(reader)
        version(other)
        region.turn(step)
        environments = (reader, reader, other, other)
        return [region.ask(one, "/api/now", since=held) for one in environments]

    def past() -> list[Cost]:
        return [region.ask(reader, "/api/at", time=str(PAST_MINUTE * 60))]

    (found,) = medians(first)
    costs = {"first poll, city read": found}
    costs["roads, all pages"] = medians(lambda: [roads(region, segments)])[0]
    for name, step in (
        ("none changed", 0),
        ("1 in 10 changed", 10),
        ("all changed", 1),
    ):
        read_, same, taken, again = medians(lambda step=step: poll(step))  # type: ignore[misc]
        costs[f"poll, {name}, city read"] = read_
        if step:
            costs[f"poll, {name}, stored view taken"] = taken
            costs[f"poll, {name}, view and answer kept"] = same._replace(
                cpu_s=min(same.cpu_s, again.cpu_s)
            )
    costs["minute of the past"] = medians(past)[0]
    return costs


def roads(region: Region, segments: int) -> Cost:
    """What all pages of the roads cost a new viewer of a new environment."""
    api, after, pages = region.environment("d"), "", list[Cost]()
    while after != segment_id(segments - 1):
        pages.append(region.ask(api, "/api/roads", after=after))
        last = min(len(pages) * views.ROADS_PER_PAGE, segments) - 1
        after = segment_id(last)
    return Cost(*map(sum, zip(*pages, strict=True)))


def medians(measured: Callable[[], list[Cost]]) -> list[Cost]:
    """The median CPU of some rounds; the rest is that of the last."""
    rounds = [measured() for _ in range(ROUNDS)]
    return [
        several[-1]._replace(cpu_s=statistics.median(one.cpu_s for one in several))
        for several in zip(*rounds, strict=True)
    ]
