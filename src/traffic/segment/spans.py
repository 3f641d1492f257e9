"""Which readings of a sensor are new, in whatever order they arrive.

The state of a sensor holds its newest accepted timestamp, and spans of event time
before it without an accepted reading: always the latest step, and the longest of the
others. A reading after the newest is new, and so is one inside a span, which it splits.
All others are known: accepted before, or too old to tell.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ..policy import FORGET_AFTER_MS, GAP_INTERVALS, HOUR_MS, MOST_SPANS

Span = tuple[int, int]  # event times in ms, both exclusive


class MissingSpans(NamedTuple):
    """The spans of event time in which readings of a sensor are missing (ms).

    The latest step is not included. Spans before *known_since* may have been dropped.
    """

    spans: tuple[Span, ...] = ()
    known_since: int = 0


def first_missing(at: int, clock: int) -> tuple[int, MissingSpans]:
    """Return the step and the missing spans of a sensor whose first reading is of *at*.

    *clock* is the newest event time of its segment: a sensor dropped before was silent
    for `FORGET_AFTER_MS`.
    """
    begin = max(0, clock - FORGET_AFTER_MS)
    begin += -begin % HOUR_MS  # so that sensors added together share it
    return (
        (at - begin, MissingSpans((), begin))
        if at > begin
        else (1, MissingSpans((), at))
    )


def pruned(missing: MissingSpans, now_ms: int) -> MissingSpans:
    """Return *missing* without the span before the first reading, once that is old.

    Until then a device may still send buffered readings, and the stream may retry them.
    """
    for begin, end in missing.spans:
        if begin <= missing.known_since and now_ms - end > FORGET_AFTER_MS:
            others = tuple(span for span in missing.spans if span[0] != begin)
            return MissingSpans(others, end + -end % HOUR_MS)
    return missing


def is_gap(span_ms: int, interval_ms: int) -> bool:
    """Whether a span is longer than a step should be, so that a reading is missing."""
    return span_ms > GAP_INTERVALS * interval_ms


def is_missing(missing: MissingSpans, at: int) -> bool:
    """Whether *at* lies in a span in which readings are missing."""
    return any(begin < at < end for begin, end in missing.spans)


@lru_cache(maxsize=1024)  # sensors of one device stop and start together
def with_span(missing: MissingSpans, span: Span, interval_ms: int) -> MissingSpans:
    """Return *missing* with one more span, if it is a gap.

    Beyond the limit the shortest span is dropped.
    """
    if not is_gap(span[1] - span[0], interval_ms):
        return missing
    spans = sorted((*missing.spans, span))
    if len(spans) <= MOST_SPANS:
        return MissingSpans(tuple(spans), missing.known_since)
    shortest = min(spans, key=lambda one: one[1] - one[0])
    spans.remove(shortest)
    return MissingSpans(tuple(spans), max(missing.known_since, shortest[1]))


def without_instant(missing: MissingSpans, at: int, interval_ms: int) -> MissingSpans:
    """Return *missing* after a reading of *at*, which `is_missing`."""
    (around,) = (span for span in missing.spans if span[0] < at < span[1])
    others = MissingSpans(
        tuple(span for span in missing.spans if span != around), missing.known_since
    )
    first = with_span(others, (around[0], at), interval_ms)
    return with_span(first, (at, around[1]), interval_ms)


def is_stale(missing: MissingSpans, at: int) -> bool:
    """Whether *at* is too old to know if its reading was accepted."""
    return at < missing.known_since
