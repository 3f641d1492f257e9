"""A sweep repeats what it fails to do, so it says what failed and keeps the events."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from traffic.aws.sweeping import conclude, fully_sent
from traffic.errors import SweepError


class Row(NamedTuple):
    name: str
    outbox: list[str]


def test_a_row_whose_events_were_not_all_accepted_is_sent_again() -> None:
    first, second, third = Row("a", ["1", "2"]), Row("b", ["3"]), Row("c", ["4"])

    sent = fully_sent([first, second, third], [True, False, True, True])

    assert sent == [second, third]


def test_a_sweep_without_failures_prints_its_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    conclude(["figures", "fault"], {})

    assert capsys.readouterr().out == "figures\nfault\n"


def test_a_sweep_that_failed_prints_its_lines_and_then_fails(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SweepError, match=r"the next sweep does it: \['no table'\]"):
        conclude(["figures"], {"no table": 2})

    assert capsys.readouterr().out == "figures\n"
