"""What holds of an event source mapping for any function and any settings that end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from localcity.kinesis.event_source_model import (
    UNLIMITED,
    Batch,
    Discard,
    Lane,
    MappingConfig,
    Record,
    Response,
    Verdict,
    Wait,
    after_response,
    lane_of,
    next_batch,
)

from .test_event_source_model import EMPTY, FAILED, NOW, numbers, record, records


@dataclass
class Run:
    """One lane driven to its end: what was invoked, what settled and how."""

    config: MappingConfig
    answer: Callable[[Batch], Response]
    invoked: list[Batch] = field(default_factory=list)
    delivered: list[int] = field(default_factory=list)
    discarded: list[int] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)

    def drive(self, fresh: Sequence[Record]) -> None:
        lane, waiting = EMPTY, list(fresh)
        while True:
            step = next_batch(self.config, lane, waiting, self.config.window_s, NOW)
            waiting = waiting[step.taken :]
            lane = step.lane
            if isinstance(step.action, Wait):
                return
            lane = self._do(step.action, lane)

    def _do(self, action: Batch | Discard, lane: Lane) -> Lane:
        if isinstance(action, Discard):
            self._discard(action)
            return lane
        self.invoked.append(action)
        response = self.answer(action)
        after, gone = after_response(self.config, lane, action, response)
        self._deliver(action, after, gone)
        if gone:
            self._discard(gone)
        return after

    def _deliver(self, batch: Batch, after: Lane, gone: Discard | None) -> None:
        again = {n for b in after.unsettled for n in numbers(b)}
        lost = set(numbers(gone.batch)) if gone else set()
        done = [n for n in numbers(batch) if n not in again | lost]
        self.delivered += done
        self.settled += done

    def _discard(self, gone: Discard) -> None:
        self.discarded += numbers(gone.batch)
        self.settled += numbers(gone.batch)


configs = st.builds(
    MappingConfig,
    batch_size=st.integers(1, 7),
    bisect=st.booleans(),
    max_retries=st.integers(0, 3),
    max_age_s=st.sampled_from([UNLIMITED, 60]),
    report_batch_item_failures=st.booleans(),
)
ages = st.lists(st.sampled_from([0, 30, 90]), max_size=20)


def answers(draw: Callable[[st.SearchStrategy[int]], int], config: MappingConfig):
    """A function that answers anything the settings let it answer."""

    def answer(batch: Batch) -> Response:
        kind = draw(st.integers(0, 3))
        if kind == 0:
            return Response(Verdict.SUCCESS)
        if kind == 1 and config.report_batch_item_failures:
            last = len(batch.records) - 1
            return Response(Verdict.PARTIAL, draw(st.integers(0, last)))
        if kind == 2 and draw(st.integers(0, 3)) == 0:
            return Response(Verdict.THROTTLED)
        return Response(Verdict.FAILURE)

    return answer


def aged(found: list[int]) -> list[Record]:
    """Records in the order of their arrival, the oldest first."""
    return [record(i, at=NOW - a) for i, a in enumerate(sorted(found, reverse=True))]


@given(configs, ages, st.data())
def test_every_record_is_delivered_or_discarded_once_and_in_order(
    config: MappingConfig, found: list[int], data: st.DataObject
) -> None:
    run = Run(config, answers(data.draw, config))

    run.drive(aged(found))

    assert run.settled == list(range(len(found)))
    assert sorted(run.delivered + run.discarded) == run.settled


@given(configs, ages, st.data())
def test_no_record_is_tried_more_often_than_the_settings_allow(
    config: MappingConfig, found: list[int], data: st.DataObject
) -> None:
    def answer(batch: Batch) -> Response:
        if not config.report_batch_item_failures:
            return FAILED
        last = len(batch.records) - 1
        return Response(Verdict.PARTIAL, data.draw(st.integers(0, last)))

    run = Run(config, answer)
    run.drive(aged(found))

    splits = config.batch_size - 1 if config.bisect else 0
    tries = [sum(n in numbers(b) for b in run.invoked) for n in range(len(found))]
    assert all(t <= config.max_retries + 1 + splits for t in tries)


@given(st.lists(st.sampled_from("abcdefgh"), max_size=30), st.integers(1, 5))
def test_lanes_keep_the_order_of_each_key(keys: list[str], factor: int) -> None:
    arrived = [record(i, key=k) for i, k in enumerate(keys)]
    seen: dict[str, list[int]] = {}

    for lane in range(factor):
        for r in arrived:
            if lane_of(r.partition_key, factor) == lane:
                seen.setdefault(r.partition_key, []).append(r.offset)

    expected = {k: [i for i, x in enumerate(keys) if x == k] for k in set(keys)}
    assert seen == expected


@given(st.integers(1, 40), st.integers(0, 39))
def test_bisection_isolates_a_poison_record(count: int, poison: int) -> None:
    poison %= count
    config = MappingConfig(batch_size=count, bisect=True, max_retries=2)

    def answer(batch: Batch) -> Response:
        return FAILED if poison in numbers(batch) else Response(Verdict.SUCCESS)

    run = Run(config, answer)
    run.drive(records(count))

    assert run.discarded == [poison]
    assert run.delivered == [n for n in range(count) if n != poison]
