"""Options that say how large a city is, the same for every command that counts."""

from __future__ import annotations

import argparse

from trafficctl.cli.options import positive_float, positive_int, up_to
from trafficctl.cost.city_load import CityLoad, city
from trafficctl.cost.sizing import MOST_READINGS
from trafficctl.errors import UserError

MOST_SENSORS = 100_000_000  # more than any city has
LEAST_INTERVAL_S, MOST_INTERVAL_S = 0.1, 3_600.0  # no fleet reports more often


def add(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options of a city, with a default for each."""
    parser.add_argument(
        "--sensors",
        type=up_to(MOST_SENSORS, positive_int),
        default=CityLoad.sensors,
        metavar="N",
        help=f"sensors in the city (default {CityLoad.sensors:,})",
    )
    _add_rates(parser)


def add_size(parser: argparse.ArgumentParser) -> None:
    """Give `parser` --size, without which nothing is sized, and what belongs to it."""
    parser.add_argument(
        "--size",
        type=up_to(MOST_SENSORS, positive_int),
        metavar="N",
        help="set the bounds of stream and tables for N sensors; parameters that are "
        "given win",
    )
    _add_rates(parser, "with --size: ")


def _add_rates(parser: argparse.ArgumentParser, when: str = "") -> None:
    for option, kind, default, text in (
        (
            "--interval",
            _interval_s,
            CityLoad.interval_s,
            "seconds between two readings of a sensor",
        ),
        (
            "--readings-per-message",
            up_to(MOST_READINGS, positive_int),
            CityLoad.readings_per_message,
            "readings in one message; 1: each sensor sends its own",
        ),
    ):
        help_text = f"{when}{text} (default {default:g})"
        parser.add_argument(
            option, type=kind, default=default, metavar="N", help=help_text
        )
    parser.add_argument(
        "--segments",
        type=up_to(MOST_SENSORS, positive_int),
        metavar="N",
        help=f"{when}road segments (default: a tenth of the sensors)",
    )


def load_of(args: argparse.Namespace, sensors: int) -> CityLoad:
    """The city that the options describe, with the template's other defaults."""
    if args.segments is not None and args.segments > sensors:
        raise UserError(
            f"--segments {args.segments} for {sensors} sensors: every segment that is "
            "counted has a sensor - give fewer segments or more sensors"
        )
    return city(sensors, args.interval, args.readings_per_message, args.segments)


def _interval_s(text: str) -> float:
    value = positive_float(text)
    if LEAST_INTERVAL_S <= value <= MOST_INTERVAL_S:
        return value
    msg = f"{text!r} is not from {LEAST_INTERVAL_S:g} to {MOST_INTERVAL_S:g} seconds"
    raise argparse.ArgumentTypeError(msg)
