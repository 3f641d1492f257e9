"""However a command ends, it leaves nothing behind that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trafficctl.local.process import start_time
from trafficctl.up import command as city

CATCHABLE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
PATIENCE_S = 120

# A shell has its background jobs ignore these two, and the tests may be one.
HEARD = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
"""
COMMAND = """
import sys
from trafficctl.__main__ import main
sys.exit(main())
"""
IN_ORDER = """
import sys, time
from trafficctl import __main__
def run(argv):
    try:
        print("begun", flush=True)
        time.sleep(60)
    finally:
        print("cleaning", flush=True)
        time.sleep(1)
        print("cleaned", flush=True)
__main__._run = run
sys.exit(__main__.main())
"""
START = """
import sys, time
from pathlib import Path
from trafficctl.local import process as city
begun = city.start(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
print("begun", flush=True)
time.sleep(600)
"""


@pytest.fixture
def begin() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """`begin(*argv)`: this Python, until the test is over."""
    begun = []

    def make(*argv: object, **env: str) -> subprocess.Popen[str]:
        made = subprocess.Popen(
            [sys.executable, *map(str, argv)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **env},
        )
        begun.append(made)
        return made

    yield make
    for each in begun:
        each.kill()
        each.communicate()


@pytest.mark.parametrize("number", CATCHABLE)
def test_a_signal_ends_a_command_in_order(begin: Any, number: signal.Signals) -> None:
    command = begin("-c", HEARD + IN_ORDER)
    assert command.stdout.readline() == "begun\n"

    command.send_signal(number)

    assert command.stdout.read() == "cleaning\ncleaned\n"
    assert command.wait(PATIENCE_S) == 128 + number


def test_a_second_signal_does_not_disturb_the_end(begin: Any) -> None:
    command = begin("-c", HEARD + IN_ORDER)
    command.stdout.readline()

    command.send_signal(signal.SIGTERM)
    assert command.stdout.readline() == "cleaning\n"
    command.send_signal(signal.SIGTERM)
    command.send_signal(signal.SIGINT)

    assert command.stdout.read() == "cleaned\n"
    assert command.wait(PATIENCE_S) == 128 + signal.SIGTERM


def test_a_signal_that_is_ignored_stays_ignored(begin: Any) -> None:
    ignoring = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    command = begin("-c", ignoring + IN_ORDER)
    command.stdout.readline()

    command.send_signal(signal.SIGHUP)
    command.send_signal(signal.SIGTERM)

    assert command.wait(PATIENCE_S) == 128 + signal.SIGTERM


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_city_ends_with_the_process_that_started_it(
    begin: Any, tmp_path: Path, free_port: Any, number: signal.Signals
) -> None:
    home = tmp_path / "city"
    starter = begin("-c", START, home, free_port(), free_port())
    assert starter.stdout.readline() == "begun\n"
    begun = city.running(home)
    assert begun is not None

    starter.send_signal(number)  # nobody catches it there

    assert soon(lambda: start_time(begun.pid) is None)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_that_is_interrupted_ends_the_city_that_it_started(
    begin: Any, tmp_path: Path, free_port: Any, number: signal.Signals
) -> None:
    ports = ("--port", free_port(), "--mqtt-port", free_port())
    options = ("up", "--stack", "early", *ports)
    command = begin("-c", HEARD + COMMAND, *options, TRAFFIC_HOME=str(tmp_path))
    record = tmp_path / "early" / "city.json"
    assert soon(record.exists)
    begun = city.running(tmp_path / "early")
    assert begun is not None

    command.send_signal(number)

    assert command.wait(PATIENCE_S) == 128 + number
    assert start_time(begun.pid) is None
    assert not record.exists()


def test_a_city_that_was_let_go_outlives_its_starter(
    begin: Any, tmp_path: Path, free_port: Any
) -> None:
    home = tmp_path / "city"
    letting_go = START.replace("time.sleep(600)", "city.detach(begun)")
    starter = begin("-c", letting_go, home, free_port(), free_port())

    assert starter.wait(PATIENCE_S) == 0
    time.sleep(1)  # in which the others end
    begun = city.running(home)

    try:
        assert begun is not None
    finally:
        city.stop(home)


def soon(holds: Callable[[], bool]) -> bool:
    """Whether that comes to be, with patience for a busy machine."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
