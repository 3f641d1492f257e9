"""How this process counts: under AWS's names, with AWS's dimensions."""

from __future__ import annotations

import functools

from ministack.core.responses import get_account_id, get_region

from localcity.cloudwatch import emf
from localcity.cloudwatch.aggregation import Metric, tallies

Place = tuple[str, str]


def here() -> Place:
    """The account and region of the call in hand."""
    return get_account_id(), get_region()


def count(place: Place, space: str, name: str, number: float = 1, **of: str) -> None:
    """Add `number` to AWS/`space`'s metric `name` with the dimensions `of`."""
    tallies.add(_metric(place, space, name, tuple(of.items()), "Count"), number)


def last(place: Place, space: str, name: str, ms: float, **of: str) -> None:
    """Note a length of time, of which percentiles are wanted."""
    tallies.spread(_metric(place, space, name, tuple(of.items()), "Milliseconds"), ms)


@functools.lru_cache(maxsize=4096)
def _metric(
    place: Place, space: str, name: str, of: tuple[tuple[str, str], ...], unit: str
) -> Metric:
    return Metric(*place, f"AWS/{space}", name, tuple(sorted(of)), unit)


def from_log(place: Place, text: str) -> None:
    """Take in what a function printed in embedded metric format."""
    for line in text.splitlines():
        for measurement in emf.measured(line):
            metric = Metric(
                *place,
                measurement.namespace,
                measurement.name,
                measurement.dimensions,
                measurement.unit,
            )
            for value in measurement.values:
                tallies.spread(metric, value, at=measurement.at)
