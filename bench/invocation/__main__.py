"""`python -m bench.invocation`: what whole invocations cost, beside the peer's.

AWS's runtime client calls both handlers in turn with a batch of one reading of each
sensor; they call a canned DynamoDB over TLS. Figures are medians of CPU.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.events import START_MS
from bench.machine import described
from bench.peer.pythons import NAMES, ROOT, equipped
from bench.peer.shapes import SizeError, rounds_of, shape_of
from bench.service_time import OPEN_MS
from trafficctl.cli.output import Column, number, show, table
from trafficctl.cli.signals import terminate_cleanly

from .contest import OURS, PEER, Batch, Contest, Figures
from .stages import ratio

COMPARED = ("aws", "boto3", "msgspec", "pydantic")
SHAPES = ("25x300", "1x800")
RESULT = ROOT / "build" / "bench-invocation.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure under each Python that is here, print tables and write the figures."""
    args = _parser().parse_args(arguments)
    results = []
    for name, python in equipped(args.python, os.environ):
        results += _measured(name, python, args)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(results, indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.invocation")
    add = parser.add_argument
    shapes = [*map(shape_of, SHAPES)]
    add("--shapes", nargs="+", type=_size(shape_of), default=shapes, help="as 25x300")
    add("--rounds", type=_size(rounds_of), default=9)
    add("--closing", action="store_true", help="each segment closes a minute")
    add("--python", nargs="+", choices=NAMES, default=NAMES)
    add("--other", type=_source, help="folder of another `traffic` to compare with")
    add("--json", type=Path, default=RESULT, help=f"else {RESULT}")
    return parser


def _size(size_of: Callable[[str], Any]) -> Callable[[str], Any]:
    """Have argparse say why a size cannot be."""

    def size(text: str) -> Any:
        try:
            return size_of(text)
        except SizeError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return size


def _source(text: str) -> Path:
    if not (Path(text) / "traffic").is_dir():
        raise argparse.ArgumentTypeError(f"{text!r}: no folder traffic is in it")
    return Path(text)


def _measured(name: str, python: Path, args: argparse.Namespace) -> list[Any]:
    versions, results = _versions(python), []
    start_ms = START_MS if args.closing else OPEN_MS
    with tempfile.TemporaryDirectory() as home:
        contest = Contest(python, Path(home), args.other)
        starts = contest.starts(Batch(args.shapes[0], start_ms))
        for shape in args.shapes:
            figures = contest.batches(Batch(shape, start_ms), args.rounds)
            both = {one: {**figures[one], **starts[one]} for one in figures}
            title = f"{name}, {shape.per_message}x{shape.segments}"
            _show(f"{title}{', closing a minute' if args.closing else ''}", both)
            about = {"python": name, "closing": args.closing, **shape._asdict()}
            where = {"machine": described(), "versions": versions}
            results.append({**about, **where, "figures": both})
    print(described())
    print(", ".join(versions))
    return results


def _versions(python: Path) -> list[str]:
    freeze = [str(python), "-m", "pip", "freeze", "--disable-pip-version-check"]
    done = subprocess.run(freeze, stdout=subprocess.PIPE, text=True, check=True)
    return [one for one in done.stdout.split() if one.startswith(COMPARED)]


def _show(title: str, figures: Figures) -> None:
    """Print the figures of each handler, and how often ours goes into the peer's."""
    columns = [Column("CPU, ms"), *(Column(one, number=True) for one in figures)]
    columns.append(Column(f"{PEER} / {OURS}", number=True))
    rows = dict.fromkeys(row for one in figures.values() for row in one)
    cells = []
    for row in rows:
        values = [one.get(row) for one in figures.values()]
        ours_peer = ratio(figures[OURS].get(row), figures[PEER].get(row))
        shown = ["" if value is None else number(value, 1) for value in values]
        cells.append((row, *shown, "" if ours_peer is None else number(ours_peer, 2)))
    show(table(columns, cells, title=title))


if __name__ == "__main__":
    terminate_cleanly()
    sys.exit(main())
