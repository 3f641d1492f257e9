"""The demo from start to end: city, traffic, watching, draining, result."""

from __future__ import annotations

import fcntl
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from trafficctl import metr_la
from trafficctl.audit.command import audit, settle
from trafficctl.audit.evidence import Evidence
from trafficctl.aws import session as aws
from trafficctl.aws.city_tables import DynamoCity
from trafficctl.cli.output import console, say, show
from trafficctl.demo import alerts, board, summary, ticker
from trafficctl.demo.plan import (
    BEGIN,
    SPEEDUP,
    STEP_MS,
    WEEK,
    DemoSchedule,
    endless_rows,
)
from trafficctl.demo.probe import Probe, percentile
from trafficctl.demo.publishing import DemoPublisher
from trafficctl.demo.viewer import Viewer
from trafficctl.demo.worker import PeriodicThread
from trafficctl.errors import CHECK_FAILED, OK, UserError
from trafficctl.local.state_dir import ensure_home, state_path
from trafficctl.map.proxy import Proxy, ProxyTarget
from trafficctl.replay.command import messages
from trafficctl.roads.network import parse
from trafficctl.roads.store import load_segments
from trafficctl.up import command as city
from trafficctl.users import command as users
from trafficctl.watch.views import recent_days

PROBE_EVERY_S = 1.0
LOOK_EVERY_S = 2.0
REPORT_EVERY_S = 15.0
WORKERS = 2  # one for each shard
DRAIN_S = 30.0
ALERT_DRAIN_S = 30.0
ALERT_QUIET_S = 3.0
PARAMETERS = {
    # Readings arrive every 1.7 s: a single one neither opens nor closes an alert.
    "AlertHoldSeconds": "1",
    "AlertClearSeconds": "1",
    # The whole city shares a few cores: larger batches, not more of them.
    "EventParallelizationFactor": "1",
}
CONTROLLER = "controller@city.example"
NOTE = (
    f"A recording: real speeds of Los Angeles (METR-LA) from {BEGIN:%A}, {BEGIN.day} "
    f"{BEGIN:%B %Y}, {BEGIN:%H:%M} on, {SPEEDUP} times as fast.\n"
    "Counts and occupancy are derived from the speeds. Each reading is stamped with "
    "its publishing time;\n"
    "alerts here and the map show the recording's own time."
)
ENDLESS = (
    f"The week takes {WEEK / SPEEDUP / timedelta(minutes=1):.0f} minutes and then "
    "repeats."
)


@dataclass(frozen=True)
class DemoContext:
    """Everything that runs during the demo."""

    session: Any
    outputs: dict[str, str]
    directory: Path
    queue: alerts.AlertQueue
    traffic: DemoPublisher
    viewer: Viewer
    plan: DemoSchedule


def run(stack: str, seconds: float | None, port: int) -> int:
    """Run the demo for *seconds* (None: until Ctrl-C); 0 if all checks pass, else 1."""
    directory = ensure_home(stack)
    with _exclusive(directory), _proxy(port) as proxy:
        with _local_city(directory, proxy.address) as (local, outputs):
            target = _signed_in(local, outputs)
            scene = _start_publishing(local.session(), outputs, directory)
            recording = {"recording": scene.plan.recording()}
            proxy.target = replace(target, settings=recording)
            note = NOTE if seconds else f"{NOTE}\n{ENDLESS}"
            say(f"\nThe live map: {proxy.address}    (Ctrl-C ends the demo)\n{note}\n")
            outcome = _play(scene, seconds)
        show(summary.view(outcome))
    return OK if summary.all_passed(outcome) else CHECK_FAILED


@contextmanager
def _exclusive(directory: Path) -> Iterator[None]:
    """Lock the directory for this demo. Raises UserError if another demo runs."""
    with (directory / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            msg = f"a demo is running in {directory} - stop it, or use another --stack"
            raise UserError(msg) from exc
        yield


@contextmanager
def _proxy(port: int) -> Iterator[Proxy]:
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()


def _signed_in(local: city.City, outputs: dict[str, str]) -> ProxyTarget:
    """The live map, with every visitor signed in as the demo's controller.

    Sign-in and authorizer are the template's: only the form is filled in.
    """
    password = users.random_password()
    users.create_controller(local.session(), outputs, CONTROLLER, password)
    return ProxyTarget(local.endpoint, outputs["LiveApiId"], CONTROLLER, password)


@contextmanager
def _local_city(
    directory: Path, site: str
) -> Iterator[tuple[city.City, dict[str, str]]]:
    """A fresh city on free ports, always stopped at the end."""
    city.stop(directory)  # left by a killed demo
    try:
        parameters = {**PARAMETERS, "SiteUrl": site}
        yield city.up(directory, _free_port(), _free_port(), parameters=parameters)
    finally:
        city.stop(directory)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start_publishing(
    session: Any, outputs: dict[str, str], directory: Path
) -> DemoContext:
    week = metr_la.load_week()
    network = parse(metr_la.road_network(week), "METR-LA")
    load_segments(session, outputs["RoadSegmentsTable"], network)
    say(f"{len(network)} road segments of Los Angeles loaded")
    _wake(session, outputs["ProcessorFunction"])
    queue = alerts.subscribe(session, outputs, f"{directory.name}-alerts-told")
    segments = [road.segment_id for road in network]
    traffic = DemoPublisher(session, directory.name, outputs, segments)
    played = DemoSchedule(began_ms=time.time_ns() // 1_000_000)
    step_ms = STEP_MS / SPEEDUP
    probe = Probe(played.began_ms + step_ms, step_ms)  # a reading ends its step
    reader = DynamoCity(aws.client(session, "dynamodb"), outputs)
    viewer = Viewer(reader, probe, played.street_time)
    traffic.begin(messages(endless_rows(week), played, batch=1, units=1))
    return DemoContext(session, outputs, directory, queue, traffic, viewer, played)


def _wake(session: Any, function: str) -> None:
    """Start the processor's workers, which run all the time in a real city."""
    client = aws.client(session, "lambda")
    nothing = json.dumps({"Records": []})

    def invoke(_number: int) -> None:
        client.invoke(FunctionName=function, Payload=nothing)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(invoke, range(WORKERS)))


def _play(scene: DemoContext, seconds: float | None) -> summary.DemoResult:
    """Watch until the time is up or Ctrl-C, then drain and count."""
    workers = [
        PeriodicThread(scene.viewer.glance, PROBE_EVERY_S),
        PeriodicThread(scene.viewer.look, LOOK_EVERY_S),
        PeriodicThread(lambda: scene.viewer.hear(scene.queue.receive())),
    ]
    start_s = time.monotonic()
    try:
        with suppress(KeyboardInterrupt):
            _watch(scene, workers, seconds)
        lasted_s = time.monotonic() - start_s
        say("\nStopped publishing; waiting for readings in flight")
        return _outcome(scene, lasted_s)
    finally:
        for worker in workers:
            worker.stop()


def _watch(
    scene: DemoContext, workers: list[PeriodicThread], seconds: float | None
) -> None:
    reporter = Reporter(scene)
    start_s = reported_s = now_s = time.monotonic()
    while seconds is None or now_s - start_s < seconds:
        if now_s - reported_s >= REPORT_EVERY_S:
            reported_s = now_s
            reporter.print_state()
        left_s = REPORT_EVERY_S if seconds is None else start_s + seconds - now_s
        time.sleep(min(1.0, 0.05 + left_s))
        now_s = time.monotonic()
        reporter.print_alerts()
        scene.traffic.check()
        for worker in workers:
            worker.check()


class Reporter:
    """Prints alerts as they arrive, and a status line regularly."""

    def __init__(self, scene: DemoContext) -> None:
        self._scene = scene
        self._console = console()
        self._printed = 0

    def print_alerts(self) -> None:
        """Print the alerts that have arrived since the last call."""
        viewer = self._scene.viewer
        fresh = viewer.alerts[self._printed :]
        self._printed += len(fresh)
        for line in ticker.lines(fresh, viewer.clock):
            self._console.print(line, no_wrap=True, overflow="ellipsis")

    def print_state(self) -> None:
        """Print one status line on the city and the delays."""
        viewer = self._scene.viewer
        levels = board.levels(viewer.segments)
        clock = viewer.clock(time.time_ns() // 1_000_000)
        worst = percentile(viewer.probe.delays_s, 99)
        say(
            f"-- {clock:%a %H:%M}, {self._scene.traffic.published:,} readings "
            f"published; {levels['severe']} segments severe, {levels['high']} high, "
            f"{levels['none']} without alert"
            + ("" if worst is None else f"; p99 reading to viewer {worst:.1f} s")
        )


def _outcome(scene: DemoContext, lasted_s: float) -> summary.DemoResult:
    scene.traffic.end()
    dynamodb = aws.client(scene.session, "dynamodb")
    s3 = aws.client(scene.session, "s3")
    evidence = Evidence(
        dynamodb, s3, scene.outputs, state_path(scene.directory, dynamodb)
    )
    report = settle(lambda: audit(evidence), DRAIN_S)
    _drain_alerts(scene)
    viewer, reader = scene.viewer, DynamoCity(dynamodb, scene.outputs)
    viewer.glance()
    viewer.look()
    recorded = _alerts_of_days(reader)
    return summary.DemoResult(
        report=report,
        segments=len(viewer.segments),
        segments_heard=sum("observed_at" in item for item in viewer.segments),
        freshness_s=list(viewer.probe.delays_s),
        alert_delays_s=list(viewer.alert_delays_s),
        transitions=viewer.transitions(),
        alerts_recorded=len(recorded),
        alerts_unmatched=scene.queue.unmatched,
        seconds=lasted_s,
    )


def _drain_alerts(scene: DemoContext) -> None:
    """Wait until no alert has arrived for a while and all are matched."""
    deadline = time.monotonic() + ALERT_DRAIN_S
    count, since = -1, 0.0
    while (now := time.monotonic()) < deadline:
        if len(scene.viewer.alerts) != count:
            count, since = len(scene.viewer.alerts), now
        if now - since >= ALERT_QUIET_S and scene.queue.unmatched == 0:
            return
        time.sleep(0.2)


def _alerts_of_days(reader: DynamoCity) -> set[str]:
    """The ids of all alerts opened during the demo, from the table."""
    days = recent_days(time.time_ns() // 1_000_000, days=3)
    alerts = [alert for day in days for alert in reader.alerts_of_day(day)]
    return {alert["alert_id"] for alert in alerts}
