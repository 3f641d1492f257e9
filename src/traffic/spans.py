"""Which readings of a sensor are new, whatever the order in which they come.

A sensor remembers its newest accepted timestamp, and the spans of event time before it
in which nothing from it was accepted: always the latest step, and the longest of the
others. A reading after the newest is new, and so is one inside a span, which it
narrows. Everything else is known: it was accepted, or its place is closed.
"""

from __future__ import annotations

from typing import NamedTuple

from .policy import FORGET_AFTER_MS, GAP_INTERVALS, HOUR_MS, MOST_SPANS

Span = tuple[int, int]  # event times in ms; both ends are outside


class Past(NamedTuple):
    """The event time before a sensor's newest reading (ms).

    *step_ms* is how long the latest step took; *spans* are the other spans in which
    readings are missing. Before *closed* such spans may have been forgotten.
    """

    step_ms: int
    spans: tuple[Span, ...] = ()
    closed: int = 0


def first_past(at: int, clock: int) -> Past:
    """Return the past of a sensor whose first reading is of *at*.

    *clock* is the newest event time of its segment so far: a sensor that was forgotten
    since then had been silent for `FORGET_AFTER_MS`.
    """
    begin = max(0, clock - FORGET_AFTER_MS)
    begin += -begin % HOUR_MS  # so that sensors that came together share it
    return Past(at - begin, (), begin) if at > begin else Past(1, (), at)


def settled(past: Past, now_ms: int) -> Past:
    """Return the past without the span before the first reading, once that is old.

    Until then a device may still send what it buffered, and the stream may retry it.
    """
    for begin, end in past.spans:
        if begin <= past.closed and now_ms - end > FORGET_AFTER_MS:
            others = tuple(span for span in past.spans if span[0] != begin)
            return past._replace(spans=others, closed=end + -end % HOUR_MS)
    return past


def is_gap(span: Span, interval_ms: int) -> bool:
    """Whether a reading is missing in a span: it is longer than a step should be."""
    return span[1] - span[0] > GAP_INTERVALS * interval_ms


def stepped(past: Past, newest: int, at: int, interval_ms: int) -> Past:
    """Return the past after a reading of *at*, later than the *newest* one."""
    step = (newest - past.step_ms, newest)
    if is_gap(step, interval_ms):
        past = _with(past, step)
    return past._replace(step_ms=at - newest)


def is_missing(past: Past, newest: int, at: int) -> bool:
    """Whether nothing was accepted at *at*, earlier than the *newest* reading."""
    if newest - past.step_ms < at < newest:
        return True
    return any(begin < at < end for begin, end in past.spans)


def filled(past: Past, newest: int, at: int, interval_ms: int) -> Past:
    """Return the past after a reading of *at*, which `is_missing`."""
    begin = newest - past.step_ms
    if begin < at < newest:
        past, rest = past._replace(step_ms=newest - at), [(begin, at)]
    else:
        (around,) = (span for span in past.spans if span[0] < at < span[1])
        others = tuple(span for span in past.spans if span != around)
        past, rest = past._replace(spans=others), [(around[0], at), (at, around[1])]
    for span in rest:
        if is_gap(span, interval_ms):
            past = _with(past, span)
    return past


def _with(past: Past, span: Span) -> Past:
    """Return *past* with one span more; the shortest goes where there is no room."""
    spans = sorted((*past.spans, span))
    if len(spans) <= MOST_SPANS:
        return past._replace(spans=tuple(spans))
    shortest = min(spans, key=lambda one: one[1] - one[0])
    spans.remove(shortest)
    return past._replace(spans=tuple(spans), closed=max(past.closed, shortest[1]))


def is_stale(past: Past, at: int) -> bool:
    """Whether a known reading may never have been accepted: its place is forgotten."""
    return at < past.closed
