"""Lambda's rules for reading a Kinesis stream, one by one and as laws."""

from __future__ import annotations

from dataclasses import replace

import pytest

from localcity.kinesis.event_source_model import (
    PAYLOAD_LIMIT_BYTES,
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
