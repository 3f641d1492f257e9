"""Which readings of a sensor are new, whatever the order in which they come.

A sensor remembers its newest accepted timestamp, and the spans of event time before it
in which nothing from it was accepted: always the latest step, and the longest of the
others. A reading after the newest is new, and so is one inside a span, which it
narrows. Everything else is known: it was accepted, or its place is closed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ..policy import FORGET_AFTER_MS, GAP_INTERVALS, HOUR_MS, MOST_SPANS

Span = tuple[int, int]  # event times in ms; both ends are outside


class Past(NamedTuple):
    """The spans of event time in which readings of a sensor are missing (ms).

    The latest step is not among them. Before *closed* such spans may be forgotten.
    """

    spans: tuple[Span, ...] = ()
    closed: int = 0


def first_past(at: int, clock: int) -> tuple[int, Past]:
    """Return the step and the past of a sensor whose first reading is of *at*.

    *clock* is the newest event time of its segment so far: a sensor that was forgotten
    since then had been silent for `FORGET_AFTER_MS`.
    """
    begin = max(0, clock - FORGET_AFTER_MS)
    begin += -begin % HOUR_MS  # so that sensors that came together share it
    return (at - begin, Past((), begin)) if at > begin else (1, Past((), at))


def settled(past: Past, now_ms: int) -> Past:
    """Return the past without the span before the first reading, once that is old.

    Until then a device may still send what it buffered, and the stream may retry it.
    """
    for begin, end in past.spans:
        if begin <= past.closed and now_ms - end > FORGET_AFTER_MS:
            others = tuple(span for span in past.spans if span[0] != begin)
            return Past(others, end + -end % HOUR_MS)
    return past


def is_gap(span_ms: int, interval_ms: int) -> bool:
    """Whether a reading is missing in a span: it is longer than a step should be."""
    return span_ms > GAP_INTERVALS * interval_ms


def is_missing(past: Past, at: int) -> bool:
    """Whether *at* lies in a span in which readings are missing."""
    return any(begin < at < end for begin, end in past.spans)


@lru_cache(maxsize=1024)  # sensors of one device stop and start together
def with_span(past: Past, span: Span, interval_ms: int) -> Past:
    """Return *past* with one span more, if it is a gap.

    The shortest goes where there is no room.
    """
    if not is_gap(span[1] - span[0], interval_ms):
        return past
    spans = sorted((*past.spans, span))
    if len(spans) <= MOST_SPANS:
        return Past(tuple(spans), past.closed)
    shortest = min(spans, key=lambda one: one[1] - one[0])
    spans.remove(shortest)
    return Past(tuple(spans), max(past.closed, shortest[1]))


def filled(past: Past, at: int, interval_ms: int) -> Past:
    """Return the past after a reading of *at*, which `is_missing`."""
    (around,) = (span for span in past.spans if span[0] < at < span[1])
    others = Past(tuple(span for span in past.spans if span != around), past.closed)
    first = with_span(others, (around[0], at), interval_ms)
    return with_span(first, (at, around[1]), interval_ms)


def is_stale(past: Past, at: int) -> bool:
    """Whether a known reading may never have been accepted: its place is forgotten."""
    return at < past.closed
