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

    *records* came into the stream, *ages_ms* are the greatest iterator ages. Each
    attempt of a batch reports its age, so the age of a blocked shard is known. A
    processor that runs no batch reports none: records that came in after its last batch
    are waiting, as soon as CloudWatch would have an age for them.
    """
    if any(age_ms > BEHIND_MS for age_ms in ages_ms.values()):
        return True
    read_s = max(ages_ms, default=0)
    complete_s = now_s - FIGURES_LATE_MS // 1000 - MINUTE_S
    return any(came and read_s < at <= complete_s for at, came in records.items())
