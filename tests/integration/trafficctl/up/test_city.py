"""The city begins and ends by its own record, on this machine alone."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trafficctl.errors import CityError, UserError
from trafficctl.local.process import purge, start_time
from trafficctl.up import command as city
from trafficctl.up.command import export_lines

LOOPBACK = ("0100007F", "00000000000000000000000001000000")
LISTEN = "0A"
BROKEN = """
Metadata:
  Code: build/traffic.zip
Resources:
  Rule:
    Type: AWS::IoT::TopicRule
    Properties:
      TopicRulePayload: {Sql: "SELECT nonsense FROM", Actions: []}
"""


def listening(pid: int) -> list[str]:
    """The addresses, as /proc writes them, on which a process listens."""
    inodes = {
        os.readlink(link)
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if link.is_symlink()
    }
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and f"socket:[{fields[9]}]" in inodes:
                found.append(fields[1])
    return found


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux's /proc")
def test_it_listens_on_its_two_ports_and_on_loopback_alone(local_city: Any) -> None:
    found = listening(local_city.city.pid)

    ports = {int(entry.rpartition(":")[2], 16) for entry in found}
    assert {entry.rpartition(":")[0] for entry in found} <= set(LOOPBACK)
    assert ports == {local_city.city.port, local_city.city.mqtt_port}


@pytest.mark.parametrize(("option", "index"), [("--port", 0), ("--mqtt-port", 1)])
def test_a_busy_port_is_an_error_that_names_the_option(
    tmp_path: Path, free_port: Any, option: str, index: int
) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        ports = [free_port(), free_port()]
        ports[index] = busy.getsockname()[1]

        with pytest.raises(UserError, match=f"{ports[index]} on .* {option}"):
            city.start(tmp_path / "city", *ports)

    assert city.running(tmp_path / "city") is None


def test_it_starts_and_ends_and_leaves_no_process(
    tmp_path: Path, free_port: Any
) -> None:
    home = tmp_path / "city"
    for name in ("devices", "local/devices"):
        (home / name).mkdir(parents=True)
        (home / name / "unit-1.pem").write_text("the only copy of a key")
    (home / "local" / "tally.jsonl").write_text("{}\n")

    begun = city.start(home, free_port(), free_port())

    assert city.running(home) == begun
    assert not (home / "local").exists()  # keys and tally of a city that is gone
    assert (home / "devices" / "unit-1.pem").exists()  # of the stack on AWS
    assert city.stop(home) == begun
    assert city.running(home) is None
    assert start_time(begun.pid) != begun.started
    assert city.stop(home) is None


def test_down_leaves_a_process_alone_that_took_over_the_id(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) as other:
        _record(tmp_path, other.pid, started="long ago")

        city.stop(tmp_path)

        assert other.poll() is None
        other.kill()


def _record(home: Path, pid: int, started: str) -> None:
    found = city.City(
        "s", "http://127.0.0.1:1", "127.0.0.1", 2, "ca", "r", pid, started, "log"
    )
    (home / "city.json").write_text(json.dumps(found.__dict__))


def test_a_record_that_is_none_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "city.json").write_text("{}")

    with pytest.raises(UserError, match=r"city\.json"):
        city.running(tmp_path)


def test_a_second_up_updates_the_running_city(local_city: Any) -> None:
    found, outputs = city.up(local_city.home, say=lambda _message: None)

    assert found == local_city.city
    assert outputs == local_city.outputs


def test_a_running_city_keeps_its_ports(local_city: Any, free_port: Any) -> None:
    with pytest.raises(UserError, match=r"running with --mqtt-port \d+"):
        city.up(local_city.home, mqtt_port=free_port())


def test_a_failed_deployment_names_its_first_cause(
    local_city: Any, tmp_path: Path
) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(BROKEN)
    broken = replace(local_city.city, stack="broken")

    for _attempt in ("first", "again"):  # what failed is in the way of nothing
        with pytest.raises(CityError, match=r"Rule \(AWS::IoT::TopicRule\): "):
            city.deploy(broken, template, {}, say=lambda _message: None)


def test_an_unknown_parameter_is_an_error_that_names_the_known_ones(
    local_city: Any,
) -> None:
    with pytest.raises(UserError, match=r"Typo.*KinesisShardCount"):
        city.up(local_city.home, parameters={"Typo": "1"}, say=lambda _message: None)


def test_env_prints_what_points_a_shell_at_the_city(local_city: Any) -> None:
    lines = export_lines(replace(local_city.city, stack="it's")).splitlines()

    assert lines[0] == "unset AWS_PROFILE AWS_SESSION_TOKEN"
    assert f"export AWS_ENDPOINT_URL={local_city.city.endpoint}" in lines
    assert """export TRAFFIC_STACK='it'"'"'s'""" in lines


def test_a_purge_spares_the_keys_of_the_stack_on_aws(tmp_path: Path) -> None:
    home = tmp_path / "city"
    for name in ("devices", "local/devices", "tmp"):
        (home / name).mkdir(parents=True)
    (home / "devices" / "unit-1.pem").write_text("the only copy of a key")
    (home / "emulator.log").write_text("")

    purge(home)
    left = [path.name for path in home.iterdir()]
    (home / "devices" / "unit-1.pem").unlink()
    (home / "devices").rmdir()
    purge(home)

    assert left == ["devices"]
    assert not home.exists()
    purge(home)  # there is nothing
