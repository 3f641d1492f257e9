"""The local city's process: starts, records and stops it.

`city.json` in the city's state directory records what was started. Only that process is
ever stopped: its id and its start time must match the record.

Until `detach`, a city stops when the process that started it ends, in whatever way:
each holds one end of a pipe (`lifeline`).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from trafficctl.errors import CityError, UserError
from trafficctl.local import lifeline
from trafficctl.local.keys import Keys, new_keys
from trafficctl.local.launch import REGION, launch
from trafficctl.local.ports import HOST, answers, check_port

GATEWAY_PORT = 4566
MQTT_PORT = 8883

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0
POLL_S = 0.1
LOG_TAIL_LINES = 15

# Keys and tally of the local city; those of a stack on AWS are beside this folder.
LOCAL = "local"
# Files of one run of the city: a new city has none of its certificates and readings.
PERISHABLE = (LOCAL, "tmp", "ca.pem", "emulator.log", "city.json.new")


_pipes: dict[int, int] = {}  # our end of the pipe to each city, by its process id


@dataclass(frozen=True)
class City:
    """A running local city, from its record."""

    stack: str
    endpoint: str
    mqtt_host: str
    mqtt_port: int
    ca_file: str
    region: str
    pid: int
    started: str
    log: str
    access_key: str = ""
    secret_key: str = field(default="", repr=False)

    @property
    def port(self) -> int:
        """The port of the AWS endpoint."""
        return int(self.endpoint.rpartition(":")[2])

    def environment(self) -> dict[str, str]:
        """The settings that point AWS tools, and trafficctl, at this city."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "TRAFFIC_STACK": self.stack,
            "TRAFFIC_HOME": str(Path(self.log).parent.parent),
        }

    def session(self) -> Any:
        """A boto3 session whose clients use this city."""
        from trafficctl.local.session import LocalSession  # noqa: PLC0415 - boto3 is slow

        keys = Keys(self.access_key, self.secret_key)
        return LocalSession(self.endpoint, self.region, keys)


def running(home: Path) -> City | None:
    """The city of this state directory, if its process is running."""
    city = _recorded(home)
    return city if city is not None and _is_ours(city) else None


def start(
    home: Path,
    gateway_port: int = GATEWAY_PORT,
    mqtt_port: int = MQTT_PORT,
    say: Callable[[str], None] = lambda _message: None,
) -> City:
    """Start an emulator in `home`, wait until it is ready, and record it.

    UserError if a port is in use, CityError if the emulator does not start.
    """
    for port, option in ((gateway_port, "--port"), (mqtt_port, "--mqtt-port")):
        check_port(port, option, lambda used: _holder(used, home.parent))
    _clear(home)
    say(f"starting the local city on ports {gateway_port} and {mqtt_port}")
    keys = new_keys()
    process, ours = launch(home, gateway_port, mqtt_port, keys)
    _pipes[process.pid] = ours
    try:
        city = _described(home, process.pid, gateway_port, mqtt_port, keys)
        _write(home, city)
        _wait_until_ready(process, city)
    except BaseException:
        stop(home)
        if process.poll() is None:  # it is not recorded yet
            process.kill()
            process.wait()
        raise
    return city


def detach(city: City) -> None:
    """Let a city that was started here outlive this process."""
    ours = _pipes.pop(city.pid, None)
    if ours is not None:
        lifeline.detach(ours)


def stop(home: Path) -> City | None:
    """Stop the city that `home` records and delete the record; None if there is none.

    Device certificates, tally and log stay until the next start.
    """
    city = _recorded(home)
    if city is None:
        return None
    if _is_ours(city):
        _end(city)
    detach(city)
    (home / "city.json").unlink(missing_ok=True)
    shutil.rmtree(home / "tmp", ignore_errors=True)
    return city


def purge(home: Path) -> None:
    """Delete the files of a local city in `home`; those of a stack on AWS stay."""
    _remove(home, (*PERISHABLE, "city.json", "demo.lock"))
    with contextlib.suppress(OSError):  # not empty, or not there
        home.rmdir()


def _remove(home: Path, names: Sequence[str]) -> None:
    for name in names:
        path = home / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _recorded(home: Path) -> City | None:
    try:
        return City(**json.loads((home / "city.json").read_text()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError) as exc:
        path = home / "city.json"
        raise UserError(
            f"{path} is not a valid city record ({exc}) - delete it"
        ) from exc


def _write(home: Path, city: City) -> None:
    partial = home / "city.json.new"
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)  # it holds the city's key
    partial.write_text(json.dumps(asdict(city), indent=2) + "\n")
    partial.replace(home / "city.json")


def _described(
    home: Path, pid: int, gateway_port: int, mqtt_port: int, keys: Keys
) -> City:
    return City(
        stack=home.name,
        endpoint=f"http://{HOST}:{gateway_port}",
        mqtt_host=HOST,
        mqtt_port=mqtt_port,
        ca_file=str(home / "ca.pem"),
        region=REGION,
        pid=pid,
        started=start_time(pid) or "",
        log=str(home / "emulator.log"),
        access_key=keys.access_key,
        secret_key=keys.secret_key,
    )


def _holder(port: int, cities: Path) -> str:
    """Which local city listens on the port, or ""."""
    for record in sorted(cities.glob("*/city.json")):
        city = running(record.parent)
        if city is not None and port in (city.port, city.mqtt_port):
            end = f"`trafficctl down --stack {city.stack}`"
            return f" by the local city {city.stack}: stop it with {end}"
    if answers(f"http://{HOST}:{port}"):
        return " by a local city of another state directory"
    return ""


def _clear(home: Path) -> None:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _remove(home, PERISHABLE)
    (home / "tmp").mkdir()


def _wait_until_ready(process: subprocess.Popen[bytes], city: City) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise CityError(f"the emulator exited during its start:\n{_tail(city)}")
        if answers(city.endpoint):
            return
        time.sleep(POLL_S)
    raise CityError(
        f"the emulator is not ready after {START_TIMEOUT_S:.0f} s:\n{_tail(city)}"
    )


def _tail(city: City) -> str:
    lines = Path(city.log).read_text(errors="replace").splitlines()
    return "\n".join(["", *lines[-LOG_TAIL_LINES:]])


def _end(city: City) -> None:
    """Terminate it; after a timeout, kill it and its Lambda workers."""
    os.kill(city.pid, signal.SIGTERM)
    if not _has_ended(city, STOP_TIMEOUT_S):
        os.killpg(city.pid, signal.SIGKILL)
        _has_ended(city, STOP_TIMEOUT_S)


def _has_ended(city: City, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while _is_ours(city):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def _is_ours(city: City) -> bool:
    """Whether the process is the one we started, and not a zombie."""
    with contextlib.suppress(ChildProcessError):  # it may be another run's child
        os.waitpid(city.pid, os.WNOHANG)
    return bool(city.started) and start_time(city.pid) == city.started


def start_time(pid: int) -> str | None:
    """When a process started, as the system prints it; None if there is none."""
    if Path("/proc/self").exists():
        try:
            with open(f"/proc/{pid}/stat") as file:
                return start_ticks(file)
        except FileNotFoundError:
            return None
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.strip() or None


def start_ticks(stat: TextIO) -> str | None:
    """When the process of an open `/proc/<pid>/stat` started; None if it has ended."""
    try:
        return stat.read().rpartition(")")[2].split()[19]
    except ProcessLookupError:  # it ended since the file was opened
        return None
