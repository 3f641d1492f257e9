"""What an invocation is measured by, and the batch that it gets. Pure."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Optional

PARSE, HANDLER, REST, WHOLE = "parse of the event", "handler", "rest", "whole"
CALLS = (
    *("BatchGetItem", "BatchExecuteStatement", "TransactWriteItems"),
    *("PutObject", "PutEvents"),
)
COLD, PEAK_MB, PACKAGE = "cold start", "peak memory, MB", "package, MB"
SPENT, PEAK = "spent", "peak_kb"  # of a line that the probe prints


def stages(
    noted: Iterable[tuple[str, float]], handler_s: float, whole_s: float
) -> dict[str, float]:
    """Return the seconds of each stage, from those *noted* of calls and of the parse.

    The handler is what it took without its calls.
    """
    seconds_of: dict[str, float] = defaultdict(float)
    for stage, seconds in noted:
        seconds_of[stage] += seconds
    parse_s = seconds_of.pop(PARSE, 0.0)
    own_s, rest_s = handler_s - sum(seconds_of.values()), whole_s - parse_s - handler_s
    return {PARSE: parse_s, HANDLER: own_s, **seconds_of, REST: rest_s, WHOLE: whole_s}


def told(log: str) -> list[dict[str, Any]]:
    """Return what the probe printed to *log*, by invocation."""
    lines = [line for line in log.splitlines() if line.startswith(f'{{"{SPENT}"')]
    return [json.loads(line) for line in lines]


def medians(invocations: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return the median of each stage, in ms, in the order of an invocation."""
    spent = [one[SPENT] for one in invocations]
    names = [PARSE, HANDLER, *CALLS, REST, WHOLE]
    return {
        name: 1000 * statistics.median(one.get(name, 0.0) for one in spent)
        for name in names
        if any(name in one for one in spent)
    }


def ratio(ours: Optional[float], peer: Optional[float]) -> Optional[float]:
    """How often ours goes into the peer's."""
    return peer / ours if ours and peer is not None else None
