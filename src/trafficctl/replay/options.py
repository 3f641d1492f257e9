"""The options of `trafficctl replay` that say how to read the file, and how much."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from trafficctl.cli.options import positive_int
from trafficctl.errors import UserError
from trafficctl.replay.csv_file import ReplayFile
from trafficctl.replay.instants import Clock, WrongTimeError, zone_of
from trafficctl.replay.mapping import EXAMPLE, PLAIN, READY, Time, load, path_of
from trafficctl.replay.source import Part, ReplaySource


class _PrintExample(argparse.Action):
    """Prints a mapping and ends the command, as --help does."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        del namespace, option_string
        print(path_of(str(values)).read_text("utf-8"), end="")
        parser.exit()


def add_file_options(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options on the file and on the part of it."""
    parser.add_argument(
        "--columns",
        metavar="MAP.toml|NAME",
        help="what the columns of the file mean: a mapping file, or one of "
        f"{', '.join(READY)}",
    )
    parser.add_argument(
        "--columns-example",
        action=_PrintExample,
        nargs="?",
        const=EXAMPLE,
        choices=(EXAMPLE, *READY),
        metavar="NAME",
        help="print a mapping file with comments, or the ready-made one NAME, and exit",
    )
    _add_part_options(parser)
    parser.add_argument(
        "--skip-bad", action="store_true", help="leave bad rows out, and count them"
    )
    parser.add_argument(
        "--keep-order",
        action="store_true",
        help="publish rows that are out of order as late data, not sorted by time",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="show the first readings as they are understood, and publish nothing",
    )


def _add_part_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--zone",
        metavar="NAME",
        help="time zone of times without an offset, such as Europe/Berlin",
    )
    parser.add_argument(
        "--from",
        dest="from_time",
        metavar="TIME",
        help="leave out what is before TIME, as in 2026-03-20T06:00",
    )
    parser.add_argument(
        "--until", metavar="TIME", help="leave out what is at this time or later"
    )
    parser.add_argument(
        "--limit", type=positive_int, metavar="N", help="only the first N rows"
    )


def source_of(args: argparse.Namespace) -> ReplaySource:
    """The file of the command line, read as its options say."""
    mapping = PLAIN if args.columns is None else load(args.columns)
    file = ReplayFile(args.file, mapping, zone_of(args.zone))
    begin, end = (
        None if text is None else _time_of(option, text, file)
        for option, text in (("--from", args.from_time), ("--until", args.until))
    )
    return ReplaySource(
        args.file, args.skip_bad, file=file, part=Part(begin, end, args.limit)
    )


def _time_of(option: str, text: str, file: ReplayFile) -> int:
    """An instant of the command line, local in the zone of the file."""
    try:
        return Clock(Time(), file.zone).read({"timestamp": text}, "")
    except WrongTimeError as exc:
        raise UserError(f"{option} {text!r}: expected {exc}") from exc
