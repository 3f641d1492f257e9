"""What the local city is put under is sensible, and a busy loop ends with its block."""

from __future__ import annotations

import os
import sys

import pytest

from bench.load import Load, asked_for, busy_core
from bench.processes import PROC, cpu_seconds
from trafficctl.errors import UserError


def test_without_a_word_it_is_the_load_of_the_design() -> None:
    assert asked_for({}) == Load(rate=50_000, seconds=60, is_busy=False)


@pytest.mark.skipif(sys.platform != "linux", reason="pinning a process needs Linux")
def test_each_variable_is_heeded() -> None:
    given = {"BENCH_RATE": "75000", "BENCH_SECONDS": "5", "BENCH_BUSY": "1"}

    assert asked_for(given) == Load(rate=75_000, seconds=5, is_busy=True)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e9", "many", "1,000"])
@pytest.mark.parametrize("name", ["BENCH_RATE", "BENCH_SECONDS"])
def test_a_number_that_makes_no_sense_is_refused(name: str, text: str) -> None:
    with pytest.raises(UserError, match=f"{name} is '{text}' - expected a number"):
        asked_for({name: text})


def test_a_busy_loop_is_wanted_or_not() -> None:
    with pytest.raises(UserError, match="BENCH_BUSY is 'yes' - expected 1"):
        asked_for({"BENCH_BUSY": "yes"})


@pytest.mark.skipif(sys.platform != "linux", reason="pinning a process needs Linux")
def test_a_busy_loop_has_ended_after_its_block_even_if_that_fails() -> None:
    loops: list[int] = []

    def failing() -> None:
        with busy_core(most_s=30) as loop:
            loops.extend(pid for pid in cpu_seconds(os.getpid()) or () if pid == loop)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()

    (loop,) = loops  # it ran
    assert not (PROC / str(loop)).exists()
