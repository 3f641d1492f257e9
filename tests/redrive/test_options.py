"""What a redrive is told, and what goes with what."""

from __future__ import annotations

import argparse

import pytest

from tests.core.builders import ms
from tests.template.template import PARAMETERS
from traffic.health.limits import FIGURES_SHOW_MS
from trafficctl.__main__ import build_parser
from trafficctl.errors import UserError
from trafficctl.redriving.options import SETTLED_MS, span_of
from trafficctl.redriving.shards import Span

DAY = "2027-01-15"
NOW_MS = ms(7 * 86_400)  # a week later


def parsed(*options: str) -> argparse.Namespace:
    return build_parser().parse_args(["redrive", *options])


def span(*options: str) -> Span | None:
    return span_of(parsed(*options), NOW_MS)


def test_dead_letters_are_meant_unless_the_stream_is() -> None:
    assert span("--segment", "a", "--quarantine") is None


def test_a_span_of_the_stream_ends_where_readings_may_be_on_their_way() -> None:
    found = span("--stream", "--from", f"{DAY}T08:00Z")

    assert found == Span(ms(0), NOW_MS - SETTLED_MS, None)
    assert SETTLED_MS >= FIGURES_SHOW_MS  # or a processor that stopped is not seen


@pytest.mark.parametrize(
    "begin", [f"{DAY}T08:00:00Z", f"{DAY}T09:00+01:00", f"{DAY}T08:00:00.000+00:00"]
)
def test_a_span_is_told_by_two_instants_and_a_segment(begin: str) -> None:
    options = ("--stream", "--from", begin, "--until", f"{DAY}T08:01Z")

    assert span(*options, "--segment", "a") == Span(ms(0), ms(60), "a")


def test_a_span_never_reaches_behind_the_moment_it_begins() -> None:
    found = span("--stream", "--from", f"{DAY}T08:00Z", "--until", "2028-01-01T00:00Z")

    assert found == Span(ms(0), NOW_MS)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--stream"], "--stream needs --from"),
        (["--from", f"{DAY}T08:00Z"], "--from goes with --stream"),
        (["--until", f"{DAY}T08:00Z"], "--until goes with --stream"),
        (["--stream", "--from", f"{DAY}T08:00Z", "--day", DAY], "--day goes with dead"),
        (["--stream", "--prefix", "iot/"], "--prefix goes with dead"),
        (["--stream", "--quarantine"], "--quarantine goes with dead"),
        (["--stream", "--from", "2027-01-23T08:00Z"], "--from must be before --until"),
    ],
)
def test_what_does_not_go_together_is_refused(options: list[str], says: str) -> None:
    with pytest.raises(UserError, match=says):
        span(*options)


def test_the_tables_are_read_gently_unless_more_is_asked_for() -> None:
    lowest = PARAMETERS["DynamoDBReadCapacity"]["Default"]

    assert parsed().table_reads == lowest / 2
    assert parsed("--table-reads", "1000").table_reads == 1_000


@pytest.mark.parametrize("text", ["yesterday", f"{DAY}T08:00", f"{DAY}T25:00Z", ""])
def test_an_instant_without_an_offset_is_none(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        span("--stream", "--from", text)
    assert "is no instant, as 2026-11-25T07:00Z" in capsys.readouterr().err
