"""Which lanes run: mappings come and go, shards split, children wait for parents."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import error_response_json
from ministack.services import kinesis, lambda_svc

from localcity.kinesis import streams, trimming
from localcity.kinesis.event_source import Source
from localcity.kinesis.lane import Worker
from localcity.patching import Patch

SYNC_EVERY_S = 0.25
AT = "StartingPositionTimestamp"  # of a mapping AT_TIMESTAMP, in s since the epoch

log = logging.getLogger("city.mappings")


class Reader:
    """The workers of one mapping, and how far each shard is settled."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.stream: dict[str, Any] | None = None
        self.factor = 0
        self.workers: dict[str, list[Worker]] = {}
        self.settled: dict[str, int] = {}
        self.finished: set[str] = set()

    def sync(self, enabled: bool) -> None:
        """Start, stop and replace workers so that they fit mapping and stream."""
        stream = self.source.stream()
        if stream is None or stream is not self.stream:
            self._begin(stream)
        factor = self.source.config().parallelization_factor
        if not enabled or stream is None or factor != self.factor:
            self._halt()
            if self.workers:
                return  # a batch is still in hand
            self.factor = factor
        if enabled and stream is not None:
            self._advance(streams.shards(stream))

    def notify(self) -> None:
        """There may be new records."""
        for workers in list(self.workers.values()):
            for worker in workers:
                if not worker.wake.is_set():
                    worker.wake.set()

    def needed(self, shard_id: str) -> int:
        """The offset from which on a shard must keep its records."""
        if shard_id in self.finished:
            return sys.maxsize
        workers = self.workers.get(shard_id)
        if workers:
            return min(worker.settled for worker in workers)
        return self.settled.get(shard_id, 0)

    def _begin(self, stream: dict[str, Any] | None) -> None:
        """Take up a stream where StartingPosition says."""
        for workers in self.workers.values():
            for worker in workers:
                worker.stop()
        self.stream, self.workers, self.settled = stream, {}, {}
        self.finished = set()
        position = self.source.esm.get("StartingPosition")
        for shard in streams.shards(stream) if stream is not None else ():
            if position == "LATEST":
                self.settled[shard.shard_id] = streams.end(shard)
            elif position == "AT_TIMESTAMP":
                at_s = float(self.source.esm[AT])
                self.settled[shard.shard_id] = streams.offset_at(shard, at_s)

    def _halt(self) -> None:
        """Stop the workers; forget those that have stopped, keeping where they were."""
        for shard_id, workers in list(self.workers.items()):
            for worker in workers:
                worker.stop()
            if not any(worker.thread.is_alive() for worker in workers):
                self.settled[shard_id] = min(w.checkpoint() for w in workers)
                del self.workers[shard_id]

    def _advance(self, shards: list[streams.Shard]) -> None:
        for shard in shards:
            if shard.shard_id in self.finished:
                continue
            workers = self.workers.get(shard.shard_id)
            if workers is None:
                if not self._waits_for_parent(shard, shards):
                    self._start(shard)
            elif shard.closed:
                self._finish(shard, workers)

    def _waits_for_parent(
        self, shard: streams.Shard, shards: list[streams.Shard]
    ) -> bool:
        return any(
            other.closed
            and other.generation < shard.generation
            and other.shard_id not in self.finished
            and other.overlaps(shard)
            for other in shards
        )

    def _start(self, shard: streams.Shard) -> None:
        at = self.settled.get(shard.shard_id, 0)
        workers = [Worker(self.source, shard, i, at) for i in range(self.factor)]
        self.workers[shard.shard_id] = workers
        for worker in workers:
            worker.thread.start()

    def _finish(self, shard: streams.Shard, workers: list[Worker]) -> None:
        for worker in workers:
            worker.shard = shard
        if all(worker.finished() for worker in workers):
            for worker in workers:
                worker.stop()
            del self.workers[shard.shard_id]
            self.finished.add(shard.shard_id)


class Supervisor:
    """All mappings of Kinesis streams, looked after by one thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers: dict[str, Reader] = {}
        self._started = False

    def attend(self) -> None:
        """A mapping was made or changed: see to it at once."""
        with self._lock:
            self._sync()
            if not self._started:
                self._started = True
                streams.on_records(self.notify)
                trimming.on_trim(self.needed)
                thread = threading.Thread(target=self._run, daemon=True)
                thread.name = "mappings"
                thread.start()

    def notify(self) -> None:
        """There may be new records."""
        for reader in list(self._readers.values()):
            reader.notify()

    def needed(self, stream: dict[str, Any], shard_id: str) -> int:
        """The offset from which on a shard must keep its records: 0 if nobody reads."""
        readers = [r for r in list(self._readers.values()) if r.stream is stream]
        return min((reader.needed(shard_id) for reader in readers), default=0)

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(SYNC_EVERY_S)
            with self._lock:
                try:
                    self._sync()
                except Exception:  # a fault here must not end every mapping
                    log.exception("mappings")

    def _sync(self) -> None:
        sources = {source.mapping_id: source for source in kinesis_sources()}
        for mapping_id, source in sources.items():
            reader = self._readers.setdefault(mapping_id, Reader(source))
            reader.sync(enabled=bool(source.esm.get("Enabled", True)))
        for mapping_id in set(self._readers) - set(sources):
            reader = self._readers[mapping_id]
            reader.sync(enabled=False)
            if not reader.workers:
                del self._readers[mapping_id]


def kinesis_sources() -> list[Source]:
    """The mappings that read a Kinesis stream."""
    return [
        Source(account, region, esm)
        for account, region, esm in lambda_svc._iter_all_esms()
        if parse_arn(esm["EventSourceArn"]).service == "kinesis"
        and (esm.get("StartingPosition") != "AT_TIMESTAMP" or AT in esm)
    ]


def _creating(create: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Refuse a second mapping of a stream and function, and keep where one begins."""

    def created(data: Any) -> Any:
        twin = _twin(data)
        if twin is not None:
            return error_response_json(
                "ResourceConflictException",
                "The event source arn and function provided mapping already exists. "
                f"Please update or delete the existing mapping with UUID {twin}",
                409,
            )
        if data.get("StartingPosition") == "AT_TIMESTAMP" and AT not in data:
            return lambda_svc._invalid_parameter_value(
                f"{AT} is required when StartingPosition is AT_TIMESTAMP."
            )
        answer = create(data)
        if AT in data and answer[0] == 202:
            lambda_svc._esms[json.loads(answer[2])["UUID"]][AT] = data[AT]
        return answer

    return created


def _twin(data: Any) -> str | None:
    """The mapping that already reads that stream for that function or alias."""
    name, qualifier, _ = lambda_svc._resolve_existing_esm_function(
        data.get("FunctionName", "")
    )
    wanted = data.get("EventSourceArn"), name, qualifier
    for esm in lambda_svc._esms.values():
        if (esm["EventSourceArn"], esm["FunctionName"], esm["Qualifier"]) == wanted:
            return str(esm["UUID"])
    return None


def _apply() -> None:
    supervisor = Supervisor()
    ensure = lambda_svc._ensure_poller

    def ensuring() -> None:
        ensure()
        supervisor.attend()

    lambda_svc._poll_kinesis = lambda: False
    lambda_svc._ensure_poller = ensuring
    lambda_svc._create_esm = _creating(lambda_svc._create_esm)


PATCHES = (
    Patch(
        "kinesis mappings",
        "MiniStack's poller knows no window, no partial failure, no retry limit, "
        "no bisection, no failure destination and no start at an instant, and it makes "
        "two mappings of one stream and function",
        [
            (lambda_svc, "_execute_function"),
            (lambda_svc, "_get_func_record_for_qualifier"),
            (lambda_svc, "_iter_all_esms"),
            (lambda_svc, "_ensure_poller"),
            (lambda_svc, "_esms"),
            (lambda_svc, "_invalid_parameter_value"),
            (lambda_svc, "_resolve_existing_esm_function"),
            (kinesis, "_streams"),
        ],
        [
            (lambda_svc, "_poll_kinesis", "0d590120d060"),
            (lambda_svc, "_create_esm", "d351521bb6cd"),
        ],
        _apply,
    ),
)
