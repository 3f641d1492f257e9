"""What the processor takes for a batch: CPU, measured, and calls of tables. Pure.

`python -m bench.service_time` measures the CPU, boto3 included, and prints it beside
the constants in force. What a call waits for the network and the table is a guess.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from traffic.aws.dynamodb import MOST_KEYS, MOST_STATEMENTS
from traffic.segment.rows import MOST_ACTIONS

VCPU_MB = 1_769  # memory that buys a whole vCPU; more buys no faster Python
CALL_S = 0.010
CALLS_AT_ONCE = 4
SWEEP_S = 0.5  # of the function incidents, a guess
MINUTES_PER_WRITE = MOST_ACTIONS // 2  # each writes a row and its segment


class ServiceTime(NamedTuple):
    """Seconds of one vCPU for each batch, segment, reading and closed minute in it."""

    batch: float
    segment: float
    reading: float
    minute: float


MEASURED = ServiceTime(1.2e-3, 0.17e-3, 4.5e-6, 0.08e-3)


def batch_s(readings: float, segments: float, minutes: float, memory_mb: int) -> float:
    """Seconds of an invocation whose *segments* close *minutes* of theirs."""
    each = (1, segments, readings, minutes)
    cpu_s = sum(n * s for n, s in zip(each, MEASURED, strict=True))
    reads = _rounds(segments, MOST_KEYS)
    writes = _rounds(segments - minutes, MOST_STATEMENTS)
    writes += _rounds(minutes, MINUTES_PER_WRITE)
    return cpu_s / min(1.0, memory_mb / VCPU_MB) + (reads + writes) * CALL_S


def _rounds(items: float, per_call: int) -> int:
    """How often in turn calls are made for so many items."""
    return math.ceil(math.ceil(items / per_call) / CALLS_AT_ONCE)
