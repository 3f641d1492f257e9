"""How many minutes the worst second closes: all clocks turn theirs together. Pure.

The first message after the turn closes a segment's minute. It waits in its lane until a
batch is full, or its window ends; the window opens with a poll. Lanes do not keep time
with each other: how many end in the same second is drawn, for ten hours of minutes.
`python -m trafficctl.cost.minute_burst` writes the table of docs/guides/capacity.md.
"""

from __future__ import annotations

import math
import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from operator import mul
from pathlib import Path
from typing import NamedTuple

from traffic.segment.rows import hour_key, hour_keys
from traffic.timestamps import MINUTE_S
from trafficctl.cost.city_load import POLLS_S, CityLoad
from trafficctl.cost.pages import markdown, marked

PAGE = Path("docs/guides/capacity.md")
KEY_WRITES_S = 1_000  # DynamoDB's limit of a partition, so of a key
MINUTES = 600
MOST_SEGMENTS = 50_000
SIZES = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
HEADERS = (
    "segments",
    "rows in a second",
    "of a key",
    "at worst",
)


class MinuteBurst(NamedTuple):
    """Rows of `segment_history` written in the worst second of a minute.

    Of all keys, and of the fullest key of the index by_hour: in the median minute, and
    in the worst of ten hours.
    """

    rows: int
    of_a_key: int
    worst_of_a_key: int


class MinuteDraw(NamedTuple):
    """What a burst depends on."""

    segments: int
    messages_s: float
    lanes: int
    round_s: float  # from one batch of a lane to the next


class LaneSegments(NamedTuple):
    """The segments of a lane: all, and as many as have each key."""

    total: int
    of_keys: tuple[int, ...]


def minute_burst(load: CityLoad) -> MinuteBurst:
    """What the minutes of *load* come to; the same load gives the same.

    A city of more than `MOST_SEGMENTS` is so many times the burst of its part.
    """
    parts = max(1.0, load.segments / MOST_SEGMENTS)
    waited_s = POLLS_S + load.window_s
    round_s = min(waited_s, load.largest_batch * load.lanes / load.messages_s)
    lanes = math.ceil(load.lanes / parts)
    segments = round(load.segments / parts)
    draw = MinuteDraw(segments, load.peak_messages_s / parts, lanes, round_s)
    return MinuteBurst(*(math.ceil(n * parts) for n in _burst(draw)))


@lru_cache(maxsize=64)
def _burst(draw: MinuteDraw) -> MinuteBurst:
    chance = random.Random(draw.segments)  # noqa: S311 - a model, no secret
    lanes = _lanes(draw.segments, draw.lanes, chance)
    drawn = [_worst_second(draw, lanes, chance) for _ in range(MINUTES)]
    of_all, of_a_key = zip(*drawn, strict=True)
    return MinuteBurst(
        math.ceil(statistics.median(of_all)),
        math.ceil(statistics.median(of_a_key)),
        math.ceil(max(of_a_key)),
    )


def _lanes(segments: int, count: int, chance: random.Random) -> list[LaneSegments]:
    lanes: list[Counter[str]] = [Counter() for _ in range(count)]
    for n in range(segments):
        chance.choice(lanes)[_key(n)] += 1
    keys = hour_keys(0)
    return [
        LaneSegments(lane.total(), tuple(lane[key] for key in keys)) for lane in lanes
    ]


@cache
def _key(n: int) -> str:
    return hour_key(f"segment-{n:05}", 0)


def _worst_second(
    draw: MinuteDraw, lanes: Sequence[LaneSegments], chance: random.Random
) -> tuple[float, float]:
    """The most rows that one second of a minute writes, and those of one key."""
    ended: defaultdict[int, list[tuple[float, LaneSegments]]] = defaultdict(list)
    for lane in lanes:
        for second, share in _batches(draw, chance.random()):
            ended[second].append((share, lane))
    of_all = {
        second: sum(share * lane.total for share, lane in batches)
        for second, batches in ended.items()
    }
    of_a_key = 0.0
    for second in sorted(of_all, key=of_all.__getitem__, reverse=True):
        if of_all[second] <= of_a_key:
            break  # none of its keys has more
        shares, ending = zip(*ended[second], strict=True)
        keys = zip(*(lane.of_keys for lane in ending), strict=True)
        of_a_key = max(of_a_key, *(sum(map(mul, shares, key)) for key in keys))
    return max(of_all.values(), default=0), of_a_key


def _batches(draw: MinuteDraw, start: float) -> Iterator[tuple[int, float]]:
    """The second in which each batch of a lane ends, and its share of the minutes."""
    all_heard_s = draw.segments / draw.messages_s  # every segment has sent by then
    most_s, before_s, end_s = min(all_heard_s, MINUTE_S), 0.0, start * draw.round_s
    while before_s < most_s:
        until_s = end_s if end_s < all_heard_s else all_heard_s  # min() takes longer
        yield int(end_s), (until_s - before_s) / all_heard_s
        before_s, end_s = until_s, end_s + draw.round_s


def table() -> str:
    """The table of the page: cities that differ from the default in their size."""
    return markdown(HEADERS, map(_line, SIZES), texts=0)


def _line(segments: int) -> tuple[str, ...]:
    sensors = CityLoad.sensors * segments // CityLoad.segments
    load = replace(CityLoad(), sensors=sensors, segments=segments)
    burst = minute_burst(load)
    cells = (segments, *burst)
    return tuple(f"{cell:,.0f}" for cell in cells)


def page(text: str) -> str:
    """The page *text* with its table updated."""
    return marked(text, {"minute_burst": table()})


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
    print(f"wrote {PAGE}")
