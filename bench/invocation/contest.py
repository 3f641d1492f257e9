"""The handlers beside each other, each under AWS's runtime client.

Each has its folder, as Lambda lays out its package, and a canned DynamoDB over TLS.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bench.events import Event, Shape, event
from bench.peer.pythons import REQUIREMENTS, ROOT
from bench.segments import CannedTables, Item, stored_items
from bench.service_time import OPERATIONS, asked
from bench.wire import base64_text
from tests.integration.lambda_runtime.canned_aws import CannedAws, default_answer
from tests.integration.lambda_runtime.function import running
from tests.integration.lambda_runtime.pythons import unpacked
from tests.integration.lambda_runtime.runtime_api import RuntimeApi
from tests.integration.lambda_runtime.test_real_pythons import SETTINGS
from tests.unit.trafficctl.publishing.mqtt_broker import Authority

from .stages import COLD, PACKAGE, PEAK, PEAK_MB, SPENT, WHOLE, medians, told

OURS, PEER, OTHER = "ours", "peer", "other"
STARTS = 5
PROBE = "bench.invocation.probe.handler"
TABLES = {"SEGMENTS_TABLE": "road_segments", "HISTORY_TABLE": "segment_history"}
STORED = """\
import json, sys
from bench.peer.powertools import stored_items
json.dump(stored_items(json.load(sys.stdin), sys.argv[1] == "1"), sys.stdout)
"""

Figures = dict[str, dict[str, float]]  # by handler, then by name


class Batch(NamedTuple):
    """One reading of each sensor, from *start_ms* on."""

    shape: Shape
    start_ms: int

    def event(self, records: int | None = None) -> Event:
        """The batch, or only so many *records* of it."""
        shape = self.shape
        each = shape.segments * shape.sensors // shape.per_message
        return {"Records": event(shape, self.start_ms)["Records"][: records or each]}

    def is_bare(self) -> str:
        """Whether a message is one reading, as the peer is told."""
        return "1" if self.shape.per_message == 1 else "0"


class Contest:
    """The handlers under *python*; *other* is a folder with another `traffic`."""

    def __init__(self, python: Path, home: Path, other: Path | None) -> None:
        self._python, self._home = python, home
        self._authority = Authority(home)
        self._roots = {OURS: unpacked(home / OURS), PEER: home / PEER}
        self._install_peer()
        if other is not None:
            root = self._roots[OTHER] = home / OTHER
            ignore = shutil.ignore_patterns("traffic")
            shutil.copytree(self._roots[OURS], root, ignore=ignore)
            shutil.copytree(
                other / "traffic",
                root / "traffic",
                ignore=shutil.ignore_patterns("__pycache__"),
            )

    def _install_peer(self) -> None:
        """Install what the peer's package has, and Lambda's runtime has not."""
        lines = REQUIREMENTS.read_text().splitlines()
        wanted = [one for one in lines if one.startswith(("aws-lambda-p", "pydantic"))]
        pip = [str(self._python), "-m", "pip", "install", "--quiet", "--no-compile"]
        pip += ["--disable-pip-version-check", f"--target={self._roots[PEER]}"]
        subprocess.run([*pip, *wanted], check=True)

    def batches(self, batch: Batch, rounds: int) -> Figures:
        """Return the CPU of each stage of a batch, and the peak of memory."""
        full = batch.event()
        with ExitStack() as stack:
            started = {
                name: stack.enter_context(self._started(name, batch))
                for name in self._roots
            }
            turns = [api for api, _ in started.values()]
            for _ in range(rounds + 1):
                for api in turns:
                    _invoke(api, full)
                turns.append(turns.pop(0))  # or one would always follow the same
            logs = {name: told(log.read_text()) for name, (_, log) in started.items()}
        return {
            name: {**medians(lines[1:]), PEAK_MB: lines[-1][PEAK] / 1024}
            for name, lines in logs.items()  # the first line is of the start
        }

    def starts(self, batch: Batch) -> Figures:
        """Return the CPU of a start and a first record, and the size of the package."""
        cold: dict[str, list[float]] = {name: [] for name in self._roots}
        for _ in range(STARTS):
            for name, times in cold.items():
                with self._started(name, batch) as (api, log):
                    _invoke(api, batch.event(1))
                    times.append(1000 * told(log.read_text())[0][SPENT][WHOLE])
        return {
            name: {COLD: statistics.median(times), PACKAGE: _mb(self._roots[name])}
            for name, times in cold.items()
        }

    @contextmanager
    def _started(self, name: str, batch: Batch) -> Iterator[tuple[RuntimeApi, Path]]:
        log, api = self._home / f"{name}.log", RuntimeApi()
        aws = CannedAws(self._answer(name, batch), self._authority.issue("aws"))
        settings = {
            **SETTINGS,
            **TABLES,
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_CA_BUNDLE": str(self._authority.file),
            "BENCH_HANDLER": name,
            "BENCH_BARE": batch.is_bare(),
            "POWERTOOLS_SERVICE_NAME": name,
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
        }
        version = self._python.parents[1].name
        root = self._roots[name]
        with running(version, root, PROBE, api, settings, log, self._python):
            yield api, log
        api.close()
        aws.close()

    def _answer(self, name: str, batch: Batch) -> Any:
        items = self._peers(batch) if name == PEER else stored_items(batch.shape)
        plain = json.loads(json.dumps(items, default=base64_text))
        tables = CannedTables(plain)

        def answer(operation: str, body: Any) -> Any:
            call = OPERATIONS.get(operation)
            if call is None:
                return default_answer(operation, body)
            return getattr(tables, call)(**asked(body))

        return answer

    def _peers(self, batch: Batch) -> dict[str, Item]:
        """Return what the peer's table holds, by its own packages."""
        done = subprocess.run(
            [self._python, "-c", STORED, batch.is_bare()],
            input=json.dumps(batch.event()),
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        items: dict[str, Item] = json.loads(done.stdout)
        return items


def _invoke(api: RuntimeApi, batch: Event) -> None:
    answer = api.invoke(batch)
    if answer != ("response", {"batchItemFailures": []}):
        raise RuntimeError(f"the batch failed: {answer}")


def _mb(root: Path) -> float:
    files: Sequence[Path] = [one for one in root.rglob("*") if one.is_file()]
    return sum(one.stat().st_size for one in files) / 1e6
