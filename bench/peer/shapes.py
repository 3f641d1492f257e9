"""The shapes of batches that are compared, as BENCH_PEER_SHAPES may name others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from bench.events import Shape
from traffic.policy import MAX_SENSORS_PER_SEGMENT

DEFAULT = "1x90 1x800 25x90 25x300"
DEFAULT_ROUNDS = 9
LEAST_SENSORS = 10
MOST_SEGMENTS = 5_000
MOST_ROUNDS = 1_000
_SHAPE = re.compile(r"([0-9]{1,9})x([0-9]{1,9})")


class SizeError(ValueError):
    """A size that cannot be measured, with what could be."""


class Sizes(NamedTuple):
    """What is measured: batches of these shapes, so many times."""

    shapes: tuple[Shape, ...]
    rounds: int


def sizes_of(environment: Mapping[str, str]) -> Sizes:
    """Return the sizes that *environment* asks for; raises SizeError."""
    names = (environment.get("BENCH_PEER_SHAPES") or DEFAULT).split()
    rounds = environment.get("BENCH_PEER_ROUNDS") or str(DEFAULT_ROUNDS)
    with _read_from("BENCH_PEER_ROUNDS is"):
        number = rounds_of(rounds)
    with _read_from("BENCH_PEER_SHAPES has"):
        return Sizes(tuple(map(shape_of, names)), number)


@contextmanager
def _read_from(variable: str) -> Iterator[None]:
    try:
        yield
    except SizeError as error:
        raise SizeError(f"{variable} {error}") from None


def rounds_of(text: str) -> int:
    """Return the number of rounds; raises SizeError."""
    if not (text.isdecimal() and 1 <= int(text) <= MOST_ROUNDS):
        raise SizeError(f"{text!r}: give a whole number, 1-{MOST_ROUNDS}")
    return int(text)


def shape_of(name: str) -> Shape:
    """Return the shape of `25x300`: 25 readings per message, 300 segments.

    Raises SizeError.
    """
    match = _SHAPE.fullmatch(name)
    per_message, segments = map(int, match.groups()) if match else (0, 0)
    fits = 1 <= per_message <= MAX_SENSORS_PER_SEGMENT
    if not (fits and 1 <= segments <= MOST_SEGMENTS):
        raise SizeError(
            f"{name!r}: give readings per message, "
            f"1-{MAX_SENSORS_PER_SEGMENT}, and segments, 1-{MOST_SEGMENTS}, as 25x300"
        )
    return Shape(per_message, segments, max(per_message, LEAST_SENSORS))
