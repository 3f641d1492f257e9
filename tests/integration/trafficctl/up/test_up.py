"""`trafficctl up` checks first, and leaves nothing behind when it fails."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trafficctl.errors import CityError, UserError
from trafficctl.local import checks
from trafficctl.local.process import start_time
from trafficctl.up import command as city

from .test_city import BROKEN

Up = Callable[..., Any]


class Said(list[str]):
    """What a command said, and the processes that ran while it did."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self.home = home
        self.pids: set[int] = set()

    def __call__(self, message: str) -> None:
        self.append(message)
        found = city.running(self.home)
        if found is not None:
            self.pids.add(found.pid)


@pytest.fixture
def said(tmp_path: Path) -> Said:
    return Said(tmp_path / ".traffic" / "city")


@pytest.fixture
def up(said: Said, free_port: Any) -> Iterator[Up]:
    """`up(...)`: as the command does it, in a folder that has no state yet."""
    yield lambda **given: city.up(
        said.home, **{"gateway_port": free_port(), "mqtt_port": free_port(), **given}
    )
    city.stop(said.home)


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_wrong_input_is_refused_before_anything_starts(
    up: Up, said: Said, tmp_path: Path
) -> None:
    roads = written(tmp_path, "roads.geojson", "{}")
    for given, expected in (
        ({"template": tmp_path / "none.yaml"}, "none.yaml"),
        ({"parameters": {"Typo": "1"}}, "Typo: no such parameter"),
        ({"roads": roads}, "FeatureCollection"),
    ):
        with pytest.raises(UserError, match=expected):
            up(say=said, **given)

    assert said == []
    assert not said.home.parent.exists()


def test_a_deployment_that_fails_leaves_no_process_and_no_folder(
    up: Up, said: Said, tmp_path: Path
) -> None:
    with pytest.raises(CityError, match=r"Rule \(AWS::IoT::TopicRule\): "):
        up(say=said, template=written(tmp_path, "template.yaml", BROKEN))

    assert len(said.pids) == 1
    assert [start_time(pid) for pid in said.pids] == [None]
    assert not said.home.parent.exists()


def test_an_interrupt_leaves_no_process_and_no_folder(up: Up, said: Said) -> None:
    def interrupted(message: str) -> None:
        said(message)
        if message.startswith("deploying"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        up(say=interrupted)

    assert len(said.pids) == 1
    assert [start_time(pid) for pid in said.pids] == [None]
    assert not said.home.parent.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_command_leaves_nothing_when_it_is_ended(
    tmp_path: Path, free_port: Any, number: signal.Signals
) -> None:
    kept = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
    ports = [f"--port={free_port()}", f"--mqtt-port={free_port()}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "trafficctl", "up", *ports],
        cwd=tmp_path,
        env={**kept, "TRAFFIC_HOME": str(tmp_path / "state")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    next(line for line in process.stderr if line.startswith("deploying"))
    started = city.running(tmp_path / "state" / "city-traffic")

    process.send_signal(number)
    out, said = process.communicate(timeout=120)

    assert started is not None
    assert (process.returncode, out) == (128 + number, "")
    assert "stopped the local city city-traffic" in said
    assert start_time(started.pid) is None
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_before_a_failure_stays(
    up: Up, said: Said, tmp_path: Path
) -> None:
    key = said.home / "devices" / "unit-1.pem"
    key.parent.mkdir(parents=True)
    key.write_text("the only copy of a key")

    with pytest.raises(CityError):
        up(say=said, template=written(tmp_path, "template.yaml", BROKEN))

    assert [path.name for path in said.home.iterdir()] == ["devices"]
    assert key.read_text() == "the only copy of a key"


def test_a_taken_port_leaves_no_folder(up: Up, said: Said) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        with pytest.raises(UserError, match=r"on 127\.0\.0\.1 is in use - choose"):
            up(say=said, gateway_port=busy.getsockname()[1])

    assert not said.home.parent.exists()


def test_a_port_that_another_city_has_is_said_to_be_that_citys(
    local_city: Any, up: Up, said: Said
) -> None:
    beside = local_city.home.parent / "beside"
    for port in (local_city.city.port, local_city.city.mqtt_port):
        with pytest.raises(UserError, match="`trafficctl down --stack test-city`"):
            city.up(beside, port, port, say=said)
    with pytest.raises(UserError, match="by a local city of another state"):
        up(say=said, gateway_port=local_city.city.port)

    assert not beside.exists()
    assert not said.home.parent.exists()


def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(
    tmp_path: Path, free_port: Any
) -> None:
    written(tmp_path, ".traffic", "a file in the way")

    with pytest.raises(UserError, match=r"cannot write .*set TRAFFIC_HOME"):
        city.up(tmp_path / ".traffic" / "city", free_port(), free_port())


def test_a_machine_that_has_too_little_is_told_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"needs Python 3\.10 .*this is 3\.9"):
        checks.check_python((3, 9))
    with pytest.raises(UserError, match="missing Python modules no_such_module"):
        checks.check_modules(["json", "no_such_module"])
    with pytest.raises(UserError, match="needs 100 MB of disk space, 99 MB are free"):
        checks.check_space(tmp_path, checks.FREE_BYTES - 1)

    checks.check_python((3, 10))
    checks.check_modules(checks.MODULES)
    checks.check_space(tmp_path, checks.FREE_BYTES)
