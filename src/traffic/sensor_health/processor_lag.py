"""Whether the processor is behind, so that silence has to be ignored: pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..timestamps import MINUTE_S
from .thresholds import BEHIND_MS, FIGURES_LATE_MS, FIGURES_MS

Series = Mapping[int, float]  # by the second in which a minute begins


def span_s(now_s: int) -> tuple[int, int]:
    """Return start and end (s) of the metrics to read, the current minute included."""
    end = now_s - now_s % MINUTE_S + MINUTE_S
    return end - FIGURES_MS // 1000, end


def is_behind(records: Series, ages_ms: Series, now_s: int) -> bool:
    """Whether readings wait in the stream for longer than `BEHIND_MS`.

    *records* came into the stream, *ages_ms* are the greatest iterator ages. A batch
    tells its age each time that it is tried, so a blocked shard grows old in sight. A
    processor that runs no batch at all tells none: what came in after the last one that
    did is waiting, once there has been time for figures of it.
    """
    if any(age_ms > BEHIND_MS for age_ms in ages_ms.values()):
        return True
    read_s = max(ages_ms, default=0)
    told_s = now_s - FIGURES_LATE_MS // 1000 - MINUTE_S
    return any(came and read_s < at <= told_s for at, came in records.items())
