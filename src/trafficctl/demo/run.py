"""The demo from start to end: city, traffic, watching, draining, result."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from traffic.segment.alerts import LEVELS, NONE
from trafficctl import metr_la
from trafficctl.audit.command import audit, settle
from trafficctl.audit.evidence import Evidence
from trafficctl.aws import session as aws
from trafficctl.aws.city_tables import DynamoCity, scan
from trafficctl.cli.output import console, say, show
from trafficctl.demo import alerts, board, summary, ticker
from trafficctl.demo.days_before import holidays, learn
from trafficctl.demo.functions import sweeper, wake
from trafficctl.demo.plan import (
    BUFFERED,
    DAYS_BEFORE,
    STEP_S,
    DemoSchedule,
    buffered,
    first_live_ms,
    live,
    schedule_at,
)
from trafficctl.demo.probe import Probe, percentile
from trafficctl.demo.publishing import DemoPublisher
from trafficctl.demo.viewer import Viewer
from trafficctl.demo.worker import PeriodicThread
from trafficctl.errors import CHECK_FAILED, OK, UserError
from trafficctl.local.ports import free_ports
from trafficctl.local.state_dir import ensure_home, state_path
from trafficctl.map.proxy import Proxy, ProxyTarget
from trafficctl.roads.network import parse
from trafficctl.roads.store import load_segments
from trafficctl.up import command as city
from trafficctl.users import command as users

PROBE_EVERY_S = 1.0
LOOK_EVERY_S = 2.0
REPORT_EVERY_S = 15.0
SWEEP_EVERY_S = 20.0  # the clock of the stack does it once a minute
DRAIN_S = 30.0
ALERT_DRAIN_S = 30.0
ALERT_QUIET_S = 3.0
PARAMETERS = {
    # The whole city shares a few cores: larger batches, not more of them.
    "EventParallelizationFactor": "1",
}
CONTROLLER = "controller@city.example"
NOTE = (
    "A recording: real speeds of Los Angeles (METR-LA) on Thursday, 1 March 2012, from "
    "{now:%H:%M} on.\n"
    "Counts and occupancy are derived from the speeds, which are interpolated from "
    "five-minute values.\n"
    "What is usual is learned from the other working days of that week. "
    "The city's time zone is\n"
    "{zone}, where the clock shows the recorded time."
)


@dataclass(frozen=True)
class DemoContext:
    """Everything that runs during the demo."""

    session: Any
    outputs: dict[str, str]
    directory: Path
    queue: alerts.AlertQueue
    sweep: Callable[[], object]
    traffic: DemoPublisher
    viewer: Viewer
    plan: DemoSchedule


def run(stack: str, seconds: float | None, port: int) -> int:
    """Run the demo for *seconds* (None: until Ctrl-C); 0 if all checks pass, else 1."""
    directory = ensure_home(stack)
    with _exclusive(directory), _proxy(port) as proxy:
        planned = schedule_at(_now_ms())
        with _local_city(directory, proxy.address, planned) as (local, outputs):
            target = _signed_in(local, outputs)
            scene = _start_publishing(local.session(), outputs, directory, planned)
            recording = {"recording": scene.plan.recording()}
            proxy.target = replace(target, settings=recording)
            now = scene.plan.street_time(scene.plan.began_ms)
            note = NOTE.format(now=now, zone=scene.plan.zone)
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
    directory: Path, site: str, planned: DemoSchedule
) -> Iterator[tuple[city.City, dict[str, str]]]:
    """A fresh city on free ports, always stopped at the end."""
    city.stop(directory)  # left by a killed demo
    try:
        parameters = {
            **PARAMETERS,
            "SiteUrl": site,
            "ReportTimeZone": planned.zone,
            "Holidays": holidays(planned),
        }
        gateway, mqtt = free_ports(2)
        yield city.up(directory, gateway, mqtt, parameters=parameters)
    finally:
        city.stop(directory)


def _start_publishing(
    session: Any, outputs: dict[str, str], directory: Path, planned: DemoSchedule
) -> DemoContext:
    week = metr_la.load_week()
    network = parse(metr_la.road_network(week), "METR-LA")
    load_segments(session, outputs["RoadSegmentsTable"], network)
    say(f"{len(network)} road segments of Los Angeles loaded")
    learn(session, outputs, week, planned)
    say(f"usual speeds learned from {len(DAYS_BEFORE)} days before")
    wake(session, outputs["ProcessorFunction"])
    queue = alerts.subscribe(session, outputs, f"{directory.name}-alerts-told")
    segments = [road.segment_id for road in network]
    traffic = DemoPublisher(session, directory.name, outputs, segments)
    say(f"sending what they buffered for {BUFFERED / timedelta(minutes=1):.0f} minutes")
    back = replace(planned, began_ms=_now_ms())
    reader = DynamoCity(aws.client(session, "dynamodb"), outputs)
    probe = Probe(0, STEP_S * 1000)
    viewer = Viewer(reader, probe, back.street_time, back.began_ms)
    traffic.flush(buffered(week, back), viewer.has_all)
    played = replace(planned, began_ms=_now_ms())
    probe.first_ms = first_live_ms(played)
    traffic.begin(live(week, played))
    sweep = sweeper(session, directory.name)
    return DemoContext(
        session, outputs, directory, queue, sweep, traffic, viewer, played
    )


def _play(scene: DemoContext, seconds: float | None) -> summary.DemoResult:
    """Watch until the time is up or Ctrl-C, then drain and count."""
    workers = [
        PeriodicThread(scene.viewer.glance, PROBE_EVERY_S),
        PeriodicThread(scene.viewer.look, LOOK_EVERY_S),
        PeriodicThread(lambda: scene.viewer.hear(scene.queue.receive())),
        PeriodicThread(scene.sweep, SWEEP_EVERY_S),
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
    """Prints incidents as they arrive, and a status line regularly."""

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
        clock = viewer.clock(_now_ms())
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
    viewer = scene.viewer
    viewer.glance()
    viewer.look()
    table = scene.outputs["TrafficIncidentsTable"]
    fields = ("reported_at", "peak_level", "unusual")
    recorded = [
        row
        for row in scan(dynamodb, table, fields, consistent=True)
        if "reported_at" in row and row["peak_level"] != LEVELS[NONE]
    ]
    return summary.DemoResult(
        report=report,
        segments=len(viewer.segments),
        segments_heard=sum("observed_at" in item for item in viewer.segments),
        freshness_s=list(viewer.probe.delays_s),
        alert_delays_s=list(viewer.alert_delays_s),
        transitions=viewer.transitions(),
        incidents_recorded=len(recorded),
        incidents_unusual=sum(row.get("unusual", 0) for row in recorded),
        alerts_unmatched=scene.queue.unmatched,
        seconds=lasted_s,
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


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
