"""Lambda's rules for reading a Kinesis stream, one by one and as laws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trafficctl.local.mapping import (
    PAYLOAD_LIMIT_BYTES,
    UNLIMITED,
    Batch,
    Condition,
    Discard,
    Lane,
    MappingConfig,
    Record,
    Response,
    Verdict,
    Wait,
    after_response,
    interpret,
    lane_of,
    next_batch,
)

NOW = 1_000.0
EMPTY = Lane()
REPORTING = MappingConfig(report_batch_item_failures=True)


def record(number: int, key: str = "a", at: float = NOW, data: str = "eA==") -> Record:
    return Record(f"{number:05d}", key, data, at, number)


def records(count: int) -> list[Record]:
    return [record(n) for n in range(count)]


def numbers(batch: Batch) -> list[int]:
    return [r.offset for r in batch.records]


def batch_of(*offsets: int) -> Batch:
    return Batch(tuple(record(n) for n in offsets))


# What is invoked, and when


def test_without_a_window_a_single_record_is_invoked_at_once() -> None:
    step = next_batch(MappingConfig(), EMPTY, records(1), waited_s=0, now=NOW)

    assert step.action == Batch((record(0),))
    assert step.taken == 1


def test_an_open_window_waits_for_what_is_left_of_it() -> None:
    config = MappingConfig(batch_size=10, window_s=2)

    step = next_batch(config, EMPTY, records(3), waited_s=0.5, now=NOW)

    assert step.action == Wait(1.5)
    assert step.taken == 0


def test_a_full_batch_does_not_wait_for_its_window() -> None:
    config = MappingConfig(batch_size=3, window_s=300)

    step = next_batch(config, EMPTY, records(5), waited_s=0, now=NOW)

    assert step.taken == 3


def test_a_window_that_has_ended_takes_what_there_is() -> None:
    config = MappingConfig(batch_size=10, window_s=2)

    assert next_batch(config, EMPTY, records(4), waited_s=2, now=NOW).taken == 4


def test_an_idle_lane_waits_for_a_record() -> None:
    assert next_batch(MappingConfig(), EMPTY, [], 0, NOW).action == Wait(None)


def test_six_megabytes_end_a_batch_before_its_window() -> None:
    big = "x" * (PAYLOAD_LIMIT_BYTES // 3)
    fresh = [record(n, data=big) for n in range(3)]
    config = MappingConfig(batch_size=100, window_s=300)

    assert next_batch(config, EMPTY, fresh, waited_s=0, now=NOW).taken == 2


def test_a_record_too_big_for_any_batch_goes_alone() -> None:
    fresh = [record(0, data="x" * PAYLOAD_LIMIT_BYTES), record(1)]

    assert next_batch(MappingConfig(), EMPTY, fresh, 0, NOW).taken == 1


def test_what_is_unsettled_comes_before_what_is_new() -> None:
    lane = Lane((batch_of(1, 2), batch_of(3)))

    step = next_batch(MappingConfig(), lane, [record(4)], 0, NOW)

    assert step.action == batch_of(1, 2)
    assert step.lane == Lane((batch_of(3),))
    assert step.taken == 0


# Age


def test_only_the_records_that_are_too_old_are_discarded() -> None:
    config = MappingConfig(max_age_s=60)
    fresh = [record(0, at=NOW - 61), record(1, at=NOW - 60), record(2)]

    step = next_batch(config, EMPTY, fresh, 0, NOW)

    assert step.action == Discard(Batch(tuple(fresh[:1])), Condition.AGE)
    assert step.lane == Lane((Batch(tuple(fresh[1:])),))
    assert step.taken == 3


def test_a_batch_grows_too_old_while_it_is_retried() -> None:
    config = MappingConfig(max_age_s=60)
    lane = Lane((replace(batch_of(1), failures=3, invocations=3),))

    step = next_batch(config, lane, [], 0, NOW + 61)

    assert isinstance(step.action, Discard)
    assert step.action.batch.invocations == 3
    assert step.lane == EMPTY


# What an answer means


@pytest.mark.parametrize(
    "body",
    [None, "", [], {}, {"batchItemFailures": []}, {"batchItemFailures": None}],
)
def test_an_empty_answer_is_success(body: object) -> None:
    assert interpret(REPORTING, batch_of(1), body) == Response(Verdict.SUCCESS)


@pytest.mark.parametrize(
    "body",
    [
        "failed",
        7,
        {"batchItemFailures": "00001"},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": "99999"}]},
        {"batchItemFailures": [{"id": "00001"}]},
        {"batchItemFailures": [{"itemIdentifier": "00001"}, {"itemIdentifier": 1}]},
        {"batchItemFailures": ["00001"]},
    ],
)
def test_an_answer_that_names_no_record_of_the_batch_fails_it(body: object) -> None:
    assert interpret(REPORTING, batch_of(1), body) == Response(Verdict.FAILURE)


def test_the_lowest_sequence_number_is_the_checkpoint() -> None:
    body = {"batchItemFailures": [{"itemIdentifier": f"{n:05d}"} for n in (7, 6, 8)]}

    found = interpret(REPORTING, batch_of(5, 6, 7, 8), body)

    assert found == Response(Verdict.PARTIAL, checkpoint=1)


def test_without_reporting_any_answer_is_success() -> None:
    body = {"batchItemFailures": [{"itemIdentifier": "00001"}]}

    assert interpret(MappingConfig(), batch_of(1), body).verdict is Verdict.SUCCESS


# What follows


FAILED = Response(Verdict.FAILURE)


def test_success_advances() -> None:
    lane = Lane((batch_of(9),))

    found = after_response(
        MappingConfig(), lane, batch_of(1), Response(Verdict.SUCCESS)
    )

    assert found == (lane, None)


def test_everything_from_the_checkpoint_on_comes_again() -> None:
    lane, gone = after_response(
        REPORTING, EMPTY, batch_of(1, 2, 3), Response(Verdict.PARTIAL, 1)
    )

    assert [numbers(b) for b in lane.unsettled] == [[2, 3]]
    assert lane.unsettled[0].failures == 1
    assert gone is None


def test_a_failed_batch_is_split_in_two_without_consuming_a_retry() -> None:
    config = MappingConfig(bisect=True, max_retries=0)

    lane, gone = after_response(config, EMPTY, batch_of(1, 2, 3), FAILED)

    assert [numbers(b) for b in lane.unsettled] == [[1], [2, 3]]
    assert [b.failures for b in lane.unsettled] == [0, 0]
    assert gone is None


def test_a_batch_is_bisected_at_the_returned_sequence_number() -> None:
    config = replace(REPORTING, bisect=True, max_retries=0)

    lane, gone = after_response(
        config, EMPTY, batch_of(1, 2, 3, 4), Response(Verdict.PARTIAL, 3)
    )

    assert [numbers(b) for b in lane.unsettled] == [[4]]
    assert lane.unsettled[0].failures == 0
    assert gone is None


def test_retries_exhausted_discard_the_batch_as_a_whole() -> None:
    config = MappingConfig(max_retries=1)
    tried = replace(batch_of(1, 2), failures=1, invocations=1)

    lane, gone = after_response(config, EMPTY, tried, FAILED)

    assert lane == EMPTY
    assert gone is not None
    assert gone.condition is Condition.RETRIES
    assert numbers(gone.batch) == [1, 2]
    assert gone.batch.invocations == 2


def test_a_throttle_costs_no_retry() -> None:
    config = MappingConfig(max_retries=0)

    found = after_response(config, EMPTY, batch_of(1), Response(Verdict.THROTTLED))

    assert found == (Lane((batch_of(1),)), None)


def test_a_key_always_has_the_same_lane() -> None:
    keys = [f"segment-{n}" for n in range(200)]
    lanes = {lane_of(key, 4) for key in keys}

    assert lanes == {0, 1, 2, 3}
    assert [lane_of(k, 4) for k in keys] == [lane_of(k, 4) for k in keys]
    assert {lane_of(key, 1) for key in keys} == {0}


# Laws, for any function and any settings that end


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
