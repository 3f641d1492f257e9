"""One lane of an event source mapping: the shell around the pure `event_source_model`.

A thread reads, asks the model what to do, invokes the function by MiniStack's executor
and asks again. The function's role is held to what AWS demands of it for reading and
for the failure destination.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections import deque
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import lambda_svc

from localcity import s3_delivery
from localcity.iam import roles
from localcity.kinesis import streams
from localcity.kinesis.event_source import Source
from localcity.kinesis.event_source_metrics import MappingCounts
from localcity.kinesis.event_source_model import (
    Batch,
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
from localcity.kinesis.failure_record import failure_object, kinesis_event, object_key

READ_ACTIONS = ("kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards")
DESCRIBE_ACTIONS = ("kinesis:DescribeStreamSummary", "kinesis:DescribeStream")
READ_LIMIT = 10_000  # records in one GetRecords call
WINDOW_TICK_S = 0.05  # how often an open window looks whether it has become full
IDLE_TICK_S = 1.0
RETRY_PAUSE_S = 0.2  # before a failed or throttled batch comes again

log = logging.getLogger("city.mappings")


class Worker:
    """One lane: a thread, what it has read, and what is unsettled."""

    def __init__(self, source: Source, shard: streams.Shard, lane: int, at: int):
        self.source = source
        self.counts = MappingCounts(source)
        self.shard = shard
        self.index = lane
        self.offset = at
        self.settled = at  # the checkpoint when no batch was in hand
        self.state = Lane()
        self.fresh: deque[Record] = deque()
        self.read_at = 0.0
        self.busy = False
        self.stopped = False
        self.wake = threading.Event()
        name = f"mapping-{shard.shard_id[-4:]}-{lane}"
        self.thread = threading.Thread(target=self._run, daemon=True, name=name)

    def checkpoint(self) -> int:
        """The offset up to which all is settled."""
        unsettled = self.state.unsettled
        if unsettled:
            return unsettled[0].records[0].offset
        return self.fresh[0].offset if self.fresh else self.offset

    def finished(self) -> bool:
        """Whether a closed shard holds nothing more for this lane."""
        read_all = self.shard.closed and self.offset >= streams.end(self.shard)
        return read_all and not (self.fresh or self.state.unsettled or self.busy)

    def stop(self) -> None:
        """Let the batch in hand end, then stop."""
        self.stopped = True
        self.wake.set()

    def _run(self) -> None:
        while not self.stopped:
            try:
                self._turn()
            except Exception:  # a fault here must not end the lane
                log.exception("mapping %s: lane failed", self.source.mapping_id)
                time.sleep(RETRY_PAUSE_S)

    def _turn(self) -> None:
        self.wake.clear()
        self.settled = self.checkpoint()
        function, stream = self.source.function(), self.source.stream()
        if function is None or stream is None:
            self.wake.wait(IDLE_TICK_S)
            return
        if not self._may_read(function, stream):
            time.sleep(RETRY_PAUSE_S)
            return
        self._read()
        self._act(function)

    def _may_read(self, function: dict[str, Any], stream: dict[str, Any]) -> bool:
        actor, arn = self.source.actor(function), self.source.stream_arn
        try:
            for action in READ_ACTIONS:
                roles.require(actor, action, arn)
            roles.require_any(actor, DESCRIBE_ACTIONS, arn)
            if stream.get("EncryptionType") == "KMS":
                roles.require_key(actor, "kms:Decrypt", stream["KeyId"], "kinesis")
        except roles.RefusedError as exc:
            self._result(f"PROBLEM: Cannot access stream {arn}. {exc}")
            return False
        return True

    def _read(self) -> None:
        config = self.source.config()
        limit = max(READ_LIMIT - len(self.fresh), 0)
        records = streams.read(self.shard, self.offset, limit)
        if not records:
            if limit:
                self.counts.polled(0, 0.0)
            return
        factor = config.parallelization_factor
        mine = [r for r in records if lane_of(r.partition_key, factor) == self.index]
        self.counts.polled(len(mine), max(time.time() - records[-1].arrived_at, 0.0))
        if mine and not self.fresh:
            self.read_at = time.monotonic()
        self.fresh.extend(mine)
        self.offset = records[-1].offset + 1

    def _act(self, function: dict[str, Any]) -> None:
        config = self.source.config()
        waited = time.monotonic() - self.read_at
        step = next_batch(config, self.state, self.fresh_slice(), waited, time.time())
        if isinstance(step.action, Wait):
            self._wait(step.action)
            return
        self.busy = True
        self.state = step.lane
        for _ in range(step.taken):
            self.fresh.popleft()
        self.read_at = time.monotonic()
        try:
            self._do(config, function, step.action)
        except Exception:
            pending = (
                step.action.batch if isinstance(step.action, Discard) else step.action
            )
            self.state = Lane((pending, *step.lane.unsettled))
            raise
        finally:
            self.busy = False

    def _do(
        self, config: MappingConfig, function: dict[str, Any], action: Batch | Discard
    ) -> None:
        if isinstance(action, Discard):
            self._discard(function, action, raised=False)
        else:
            self._invoke(config, function, action)

    def fresh_slice(self) -> list[Record]:
        """One more than a batch may hold, so that the model sees it is full."""
        count = min(len(self.fresh), self.source.config().batch_size + 1)
        return [self.fresh[i] for i in range(count)]

    def _wait(self, wait: Wait) -> None:
        if wait.seconds is None:
            self.wake.wait(IDLE_TICK_S)
        else:
            # Not on the event: each record would wake us, thousands a second.
            time.sleep(min(wait.seconds, WINDOW_TICK_S))

    def _invoke(
        self, config: MappingConfig, function: dict[str, Any], batch: Batch
    ) -> None:
        self.counts.invoked(batch.records, time.time())
        result = self._execute(function, batch.records)
        response = _understood(config, batch, result)
        if response.verdict is not Verdict.SUCCESS:
            self.counts.failed(len(batch.records) - response.checkpoint)
        self.state, gone = after_response(config, self.state, batch, response)
        if gone is not None:
            self._discard(function, gone, raised=bool(result.get("error")))
        elif response.verdict is Verdict.SUCCESS:
            self._result("OK")
        else:
            self._result(f"PROBLEM: Function call failed. {result.get('body')}")
            if response.checkpoint == 0:
                time.sleep(RETRY_PAUSE_S)

    def _execute(
        self, function: dict[str, Any], records: tuple[Record, ...]
    ) -> dict[str, Any]:
        event = self._event(function, records)
        with request_scope(self.source.account, self.source.region):
            result = lambda_svc._execute_function(function, event)
        if result.get("error"):
            log.warning("%s failed: %s", self.shard.shard_id, result.get("body"))
        return dict(result)

    def _event(
        self, function: dict[str, Any], records: tuple[Record, ...]
    ) -> dict[str, Any]:
        return kinesis_event(
            records,
            shard_id=self.shard.shard_id,
            stream_arn=self.source.stream_arn,
            role_arn=function["config"].get("Role", ""),
            region=self.source.region,
        )

    def _discard(self, function: dict[str, Any], gone: Discard, raised: bool) -> None:
        on_failure = (self.source.esm.get("DestinationConfig") or {}).get("OnFailure")
        target = (on_failure or {}).get("Destination", "")
        count, why = len(gone.batch.records), gone.condition.value
        self._result(f"PROBLEM: {count} records discarded: {why}")
        if not target.startswith("arn:aws:s3:::"):
            log.error("%d records lost: no S3 failure destination", count)
            self.counts.dropped(count, refused=False)
            return
        try:
            self._to_s3(function, gone, target.rsplit(":", 1)[-1], raised)
            self.counts.delivered(count)
        except (roles.RefusedError, s3_delivery.ActionError):
            # As AWS: the batch is gone, and DestinationDeliveryFailures counts it.
            log.exception("%d records lost: failure destination refused", count)
            self.counts.dropped(count, refused=True)

    def _to_s3(
        self, function: dict[str, Any], gone: Discard, bucket: str, raised: bool
    ) -> None:
        actor, now = self.source.actor(function), time.time()
        roles.require(actor, "s3:ListBucket", f"arn:aws:s3:::{bucket}")
        body = failure_object(
            gone,
            event=self._event(function, gone.batch.records),
            function_arn=self.source.esm["FunctionArn"],
            function_raised=raised,
            shard_id=self.shard.shard_id,
            stream_arn=self.source.stream_arn,
            now=now,
            request_id=str(uuid.uuid4()),
        )
        mapping_id, random_id = self.source.mapping_id, str(uuid.uuid4())
        key = object_key(mapping_id, self.shard.shard_id, now, random_id)
        s3_delivery.put_object(actor, bucket, key, json.dumps(body).encode())

    def _result(self, text: str) -> None:
        self.source.esm["LastProcessingResult"] = text


def _understood(
    config: MappingConfig, batch: Batch, result: dict[str, Any]
) -> Response:
    if result.get("throttle"):
        return Response(Verdict.THROTTLED)
    if result.get("error"):
        return Response(Verdict.FAILURE)
    return interpret(config, batch, result.get("body"))
