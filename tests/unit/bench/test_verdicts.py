"""A fact that is wrong fails `make bench`; a time that is long is only told."""

from __future__ import annotations

import pytest

from bench import __main__ as bench
from bench import deploying, handler, registering
from bench.bars import over, under
from bench.deploying import Timed
from bench.registering import Run


@pytest.mark.parametrize(
    ("outcomes", "code"), [((True, True), 0), ((True, False), 1), ((False, True), 1)]
)
def test_one_wrong_fact_is_enough(outcomes: tuple[bool, bool], code: int) -> None:
    parts = {
        str(place): (lambda outcome=outcome: outcome)
        for place, outcome in enumerate(outcomes)
    }

    assert bench.main(parts) == code


def test_all_parts_are_measured_though_an_early_one_is_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done: list[str] = []

    def part(name: str, outcome: bool) -> bool:
        done.append(name)
        return outcome

    parts = {"one": lambda: part("one", False), "two": lambda: part("two", True)}

    assert bench.main(parts) == 1
    assert done == ["one", "two"]
    assert capsys.readouterr().err == "NOT as it has to be: one\n"


def test_every_part_of_the_bench_says_whether_its_facts_are_right() -> None:
    assert list(bench.PARTS) == [
        "handler",
        "peer",
        "state item",
        "deploying",
        "local city",
        "registering",
    ]


def test_the_state_item_is_a_fact() -> None:
    assert bench.show_size() is True


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (under(9.9, 10, "s"), "under 10 s: held"),
        (under(10.0, 10, "s"), "under 10 s: missed"),
        (under(None, 10, "s"), "under 10 s: not measured"),
        (over(250_000, 250_000), "at least 250,000: held"),
        (over(249_999, 250_000), "at least 250,000: missed"),
    ],
)
def test_a_bar_is_held_or_missed(told: str, expected: str) -> None:
    assert told == expected


def test_a_slow_deployment_is_told_and_a_failed_one_is_wrong() -> None:
    slow = deploying.rows({"deploy": Timed(75.0, 0), "preflight": Timed(3.0, 0)})
    failed = deploying.rows({"deploy": Timed(3.0, 0), "preflight": Timed(3.0, 1)})

    assert slow == [
        ("deploy", "75.0", "under 60 s: missed"),
        ("preflight", "3.0", "under 10 s: held"),
    ]
    assert failed[1] == ("preflight", "", "FAILED with exit code 1")
    assert deploying.worked({"deploy": Timed(75.0, 0), "preflight": Timed(3.0, 0)})
    assert not deploying.worked({"deploy": Timed(3.0, 0), "preflight": Timed(3.0, 1)})


@pytest.mark.parametrize(("things", "whole"), [(200, True), (201, False), (199, False)])
def test_a_device_doubled_or_missing_is_wrong(things: int, whole: bool) -> None:
    found = {"things": things, "certificates": 200}

    assert registering.is_whole(found, 200) is whole
    runs = [Run(seconds=1.0, done=200, in_flight=0)]
    told = {name: remark for name, _, remark in registering.rows(200, runs, found)}
    assert told["things"] == ("none doubled, none missing" if whole else "WRONG")


def test_every_shape_has_its_bar() -> None:
    assert set(handler.BARS) == set(handler.SHAPES)
