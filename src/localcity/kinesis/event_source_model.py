"""The rules by which Lambda reads a Kinesis stream, as pure functions.

One `Lane` is what one worker handles in order: a shard, or the share of a shard's
partition keys that one of ParallelizationFactor workers takes. Three questions are
answered here, and nothing is read or called:

- `next_batch`: what is to be invoked, discarded or waited for now?
- `interpret`: what did the function's answer mean?
- `after_response`: what follows from it (advance, retry, bisect, discard)?

Sources: the Lambda developer guide's pages on Kinesis parameters, batch failure
reporting and failure destinations. Where they are silent the stricter reading is
taken and named. Times are seconds; ages count from a record's arrival in the stream.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

UNLIMITED = -1
PAYLOAD_LIMIT_BYTES = 6 * 1024 * 1024
# What the event adds to a record's data: names of the fields, ARNs, numbers.
ENVELOPE_BYTES = 512


@dataclass(frozen=True)
class MappingConfig:
    """The settings of one event source mapping; UNLIMITED (-1) lifts a bound."""

    batch_size: int = 100
    window_s: float = 0.0
    parallelization_factor: int = 1
    bisect: bool = False
    max_retries: int = UNLIMITED
    max_age_s: float = UNLIMITED
    report_batch_item_failures: bool = False


class Record(NamedTuple):
    """One record of a shard; `data` is base64 text, `offset` its place in the shard."""

    sequence_number: str
    partition_key: str
    data: str
    arrived_at: float
    offset: int = 0

    @property
    def payload_bytes(self) -> int:
        """Its share of the invocation's payload."""
        return len(self.data) + len(self.partition_key) + ENVELOPE_BYTES


@dataclass(frozen=True)
class Batch:
    """Records to be invoked together; `failures` are the tries that count."""

    records: tuple[Record, ...]
    failures: int = 0
    invocations: int = 0


class Condition(str, Enum):
    """Why a batch was discarded, in the words of the failure destination."""

    RETRIES = "RetryAttemptsExhausted"
    AGE = "RecordAgeExceeded"


@dataclass(frozen=True)
class Discard:
    """A batch that leaves for the failure destination, as a whole."""

    batch: Batch
    condition: Condition


@dataclass(frozen=True)
class Wait:
    """Nothing to do for `seconds`; None means until a record arrives."""

    seconds: float | None


@dataclass(frozen=True)
class Lane:
    """Batches that must be settled, in this order, before anything new is taken."""

    unsettled: tuple[Batch, ...] = ()


class Verdict(Enum):
    """What a function's answer says of the whole batch."""

    SUCCESS = "success"
    FAILURE = "failure"
    PARTIAL = "partial"
    THROTTLED = "throttled"


@dataclass(frozen=True)
class Response:
    """An answer understood; `checkpoint` is the first index that must come again."""

    verdict: Verdict
    checkpoint: int = 0


@dataclass(frozen=True)
class Step:
    """What `next_batch` decided, the lane it leaves, how many fresh records it took."""

    action: Batch | Discard | Wait
    lane: Lane
    taken: int = 0


@functools.lru_cache(maxsize=65_536)  # each lane of a shard asks of each record
def lane_of(partition_key: str, parallelization_factor: int) -> int:
    """The lane, 0 to factor - 1, that keeps this key's records in order."""
    if parallelization_factor == 1:
        return 0
    digest = hashlib.md5(partition_key.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:4], "big") % parallelization_factor


def next_batch(
    config: MappingConfig,
    lane: Lane,
    fresh: Sequence[Record],
    waited_s: float,
    now: float,
) -> Step:
    """The next thing to do in a lane.

    `fresh` are records read and not yet taken, `waited_s` how long ago the first of
    them was read. Unsettled batches come first; of each, and of what is fresh, the
    records that have grown too old are discarded before the rest is invoked.
    """
    if lane.unsettled:
        return _from_unsettled(config, lane, now)
    if not fresh:
        return Step(Wait(None), lane)
    taken = _full_or_due(config, fresh, waited_s)
    if taken == 0:
        return Step(Wait(config.window_s - waited_s), lane)
    batch = Batch(tuple(fresh[:taken]))
    step = _from_unsettled(config, Lane((batch,)), now)
    return replace(step, taken=taken)


def _from_unsettled(config: MappingConfig, lane: Lane, now: float) -> Step:
    batch, *others = lane.unsettled
    old = _expired(config, batch.records, now)
    if old == 0:
        return Step(batch, Lane(tuple(others)))
    gone = Discard(replace(batch, records=batch.records[:old]), Condition.AGE)
    if old < len(batch.records):
        others.insert(0, replace(batch, records=batch.records[old:]))
    return Step(gone, Lane(tuple(others)))


def _expired(config: MappingConfig, records: Sequence[Record], now: float) -> int:
    """How many records at the front are over the maximum age."""
    if config.max_age_s == UNLIMITED:
        return 0
    fresh = (i for i, r in enumerate(records) if now - r.arrived_at <= config.max_age_s)
    return next(fresh, len(records))


def _full_or_due(
    config: MappingConfig, fresh: Sequence[Record], waited_s: float
) -> int:
    """How many fresh records make a batch now; 0 while the window is open."""
    fitting = _fitting(fresh[: config.batch_size])
    full = fitting == config.batch_size or fitting < len(fresh)
    return fitting if full or waited_s >= config.window_s else 0


def _fitting(records: Sequence[Record]) -> int:
    """How many go into one payload; a record that fits into none still goes alone."""
    size = 0
    for index, record in enumerate(records):
        size += record.payload_bytes
        if size > PAYLOAD_LIMIT_BYTES:
            return max(index, 1)
    return len(records)


def interpret(config: MappingConfig, batch: Batch, body: object) -> Response:
    """Read the answer of a function that did not raise.

    Without ReportBatchItemFailures any answer is success. With it, anything empty
    (null, "", [], {}) and a null or empty list are success; anything else must be a
    list of identifiers of this batch, or the whole batch has failed. The lowest
    sequence number is the checkpoint.
    """
    if not config.report_batch_item_failures or body in (None, "", [], {}):
        return Response(Verdict.SUCCESS)
    if not isinstance(body, dict):
        return Response(Verdict.FAILURE)
    failures = body.get("batchItemFailures")
    if not failures and (failures is None or isinstance(failures, list)):
        return Response(Verdict.SUCCESS)
    indexes = _indexes(batch, failures)
    if not indexes:
        return Response(Verdict.FAILURE)
    return Response(Verdict.PARTIAL, min(indexes))


def _indexes(batch: Batch, failures: object) -> list[int]:
    """Places in the batch of the failed items; empty if any item is not of it."""
    if not isinstance(failures, list):
        return []
    known = {r.sequence_number: i for i, r in enumerate(batch.records)}
    named = [f.get("itemIdentifier") if isinstance(f, dict) else None for f in failures]
    if not all(isinstance(name, str) and name in known for name in named):
        return []
    return [known[str(name)] for name in named]


def after_response(
    config: MappingConfig, lane: Lane, batch: Batch, response: Response
) -> tuple[Lane, Discard | None]:
    """The lane after a batch was invoked, and what of it is to be discarded.

    A throttled batch comes again and is charged nothing. A failure is charged one
    retry unless it splits the batch. Where some records were settled the rest keeps
    the batch's count: the documentation does not say that progress resets it.
    """
    tried = replace(batch, invocations=batch.invocations + 1)
    if response.verdict is Verdict.SUCCESS:
        return lane, None
    if response.verdict is Verdict.THROTTLED:
        return _first(lane, batch), None
    rest = replace(tried, records=tried.records[response.checkpoint :])
    if config.bisect:
        halves = _split(rest, already=response.checkpoint > 0)
        if halves:
            return _first(lane, *halves), None
    return _charge(config, lane, rest)


def _split(rest: Batch, already: bool) -> tuple[Batch, ...]:
    """The parts a failed batch is bisected into; none if it is a single record.

    A checkpoint inside the batch is the split: what stood before it is settled.
    """
    if already:
        return (rest,)
    middle = len(rest.records) // 2
    if middle == 0:
        return ()
    first, second = rest.records[:middle], rest.records[middle:]
    return replace(rest, records=first), replace(rest, records=second)


def _charge(
    config: MappingConfig, lane: Lane, batch: Batch
) -> tuple[Lane, Discard | None]:
    charged = replace(batch, failures=batch.failures + 1)
    if config.max_retries != UNLIMITED and charged.failures > config.max_retries:
        return lane, Discard(charged, Condition.RETRIES)
    return _first(lane, charged), None


def _first(lane: Lane, *batches: Batch) -> Lane:
    return Lane((*batches, *lane.unsettled))
