"""A process is known by its id and its start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trafficctl.local.process import start_ticks, start_time


def test_a_process_has_one_start() -> None:
    started = start_time(os.getpid())

    assert started is not None
    assert start_time(os.getpid()) == started


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux's /proc")
def test_a_process_that_ends_while_it_is_looked_at_has_no_start() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with open(f"/proc/{process.pid}/stat") as stat:
        process.communicate(b"\n")
        assert start_ticks(stat) is None
    assert start_time(process.pid) is None
