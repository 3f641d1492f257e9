"""How far a stream has been read is said in time, and in a form to go on from."""

from __future__ import annotations

import pytest

from tests.core.builders import ms
from trafficctl import redrive
from trafficctl.redriving.options import span_of
from trafficctl.redriving.steps import TELL_EVERY_S, Steps

from .fakes import Clock
from .robbed import SPAN, robbed
from .test_options import parsed


def test_the_way_is_told_every_five_minutes() -> None:
    steps = Steps(100.0)

    said = [steps.reached(ms(now), 100.0 + now) for now in (299, 300, 301, 599, 600)]

    assert TELL_EVERY_S == 300
    assert said == [
        None,
        "All shards are read up to 2027-01-15T08:05:00Z.",
        None,
        None,
        "All shards are read up to 2027-01-15T08:10:00Z.",
    ]


def test_what_is_said_at_a_break_is_an_instant_that_the_command_takes() -> None:
    said = Steps(0.0).broken_off(ms(3_601.9))
    words = said[said.index("--from") :].split()

    assert said.startswith("All shards are read up to 2027-01-15T09:00:01Z: ")
    span = span_of(parsed("--stream", *words), ms(86_400))
    assert span is not None
    assert span.begin_ms == ms(3_601)


def run(stops_after: int | None = None) -> None:
    source = robbed().lost(SPAN, Clock())
    with redrive.progress(source, "reading") as seen:
        for number, _ in enumerate(source.stretches(lambda _entry, _why: None), 1):
            seen(1)
            if number == stops_after:
                raise KeyboardInterrupt


def test_a_run_that_breaks_off_says_how_far_it_came(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(stops_after=3)

    assert capsys.readouterr().err.endswith("--from 2027-01-15T08:01:50Z\n")


def test_a_run_that_comes_to_its_end_says_nothing_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run()

    assert capsys.readouterr().err == ""
