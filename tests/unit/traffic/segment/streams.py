"""Made-up streams of messages: sensors that lag, lead, repeat themselves and lie."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from .builders import message, reading, record

HOUR_S = 3_600
_LAGS = st.one_of(
    st.integers(-30, 200),
    st.sampled_from([-61, -60, 0, 60, 120, HOUR_S, 24 * HOUR_S, 24 * HOUR_S + 1]),
)
_SPEEDS = st.sampled_from([None, 0, 0.4, 9.96, 33.333, 61.25, 100, 250])
_SCORES = st.sampled_from([None, 0, 12.34, 40, 50, 79.96, 80, 100])
_SHARES = st.sampled_from([None, 0, 0.12345, 0.3, 1])
_INTERVALS = st.sampled_from([None, 0.5, 20, 60, 300])


@st.composite
def _readings(draw: Any, received: int) -> dict[str, Any]:
    said = reading(
        draw(st.sampled_from(["a", "b", "c", "no sensor"])),
        received - draw(_LAGS),
        draw(st.sampled_from([0, 0, 1, 7, 40])),
        draw(_SPEEDS),
        congestion_score=draw(_SCORES),
        occupancy=draw(_SHARES),
        interval=draw(_INTERVALS),
    )
    return {name: value for name, value in said.items() if value is not None}


@st.composite
def streams(draw: Any, most: int = 12) -> list[dict[str, Any]]:
    """Records of one segment, as they came to be."""
    received, made = 0, []
    for sequence in range(1, draw(st.integers(1, most)) + 1):
        received += draw(st.sampled_from([0, 1, 20, 60, 61, 200, HOUR_S]))
        readings = draw(st.lists(_readings(received), min_size=1, max_size=5))
        made.append(record(sequence, message(*readings, received=received)))
    return made


@st.composite
def cuts(draw: Any, stream: Sequence[Any]) -> list[Sequence[Any]]:
    """The stream as batches: each record in one of them, in its order."""
    marks = draw(st.sets(st.integers(0, len(stream))))
    edges = sorted({0, len(stream), *marks})
    return [stream[a:b] for a, b in itertools.pairwise(edges)]


@st.composite
def deliveries(draw: Any, stream: Sequence[Any]) -> list[Sequence[Any]]:
    """The stream as batches of which any may begin again before the last one's end."""
    batches, done = [], 0
    while done < len(stream):
        start = draw(st.integers(0, done))
        end = draw(st.integers(start + 1, len(stream)))
        batches.append(stream[start:end])
        done = max(done, end)
    return batches


def published(stream: Sequence[Any]) -> int:
    """The number of readings in a stream."""
    payloads = (base64.b64decode(one["kinesis"]["data"]) for one in stream)
    return sum(len(json.loads(payload)["readings"]) for payload in payloads)


_names = st.sampled_from(
    ["readings", "sensor_id", "timestamp", "vehicle_count", "average_speed", "x"]
)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["a", "2027-01-15T08:00:00Z", 1_800_000_000_000, 3])
)
anything = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=6)
    ),
    max_leaves=20,
)
