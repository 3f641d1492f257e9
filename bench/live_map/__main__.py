"""`python -m bench.live_map`: the live map at 5,000 and 20,000 segments.

Bytes and CPU of each poll are measured, with the wire cut out of boto3; read units are
calculated. What a service makes a read wait is a guess, from which a simulation makes
the load of many viewers. Frames, and the time from an answer to its picture, are those
of Chromium (`--no-browser` leaves them out).
"""

from __future__ import annotations

import argparse
import math

from bench.machine import described
from traffic.live_map.aws import PARALLEL_SCANS
from traffic.live_map.changes import TTL_MS
from trafficctl.cost.model import LIVE_ITEM_BYTES
from trafficctl.cost.prices import price_list

from . import frames
from .polls import Cost, measure
from .table import PAGE_BYTES
from .viewers import POLL_S, Load, Times, simulate

SIZES = (5_000, 20_000)
VIEWERS = (1, 10, 50, 200)
MONTH_S = 30 * 86_400
MOST = 20  # environments: LiveApiReservedConcurrency
# Guesses: a page of a scan, a small call of DynamoDB, an object of S3 each way.
PAGE_S, CALL_S, GET_S, PUT_S = 0.1, 0.01, 0.05, 0.1
LINE_BYTES_S = 10e6 / 8  # of a viewer


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.live_map")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each look")
    parser.add_argument("--no-browser", action="store_true")
    args = parser.parse_args()
    print(described())
    for segments in SIZES:
        print(f"\n{segments:,} segments, 10 sensors each")
        costs = measure(segments)
        show_polls(costs)
        times = show_viewers(segments, costs)
        shown_s = 0.0
        if not args.no_browser:
            looks = frames.measure(math.isqrt(segments // 2), args.seconds)
            shown_s = show_frames(looks)
        show_delay(times, costs["poll, all changed, view and answer kept"], shown_s)


def show_polls(costs: dict[str, Cost]) -> None:
    """Print what each request costs."""
    print(f"{'':46}{'read units':>11}{'JSON bytes':>12}{'sent':>10}{'CPU ms':>8}")
    for name, one in costs.items():
        sizes = f"{one.plain_bytes:>12,}{one.sent_bytes:>10,}"
        print(f"{name:46}{one.units:>11,.0f}{sizes}{one.cpu_s * 1_000:>8.1f}")


def show_viewers(segments: int, costs: dict[str, Cost]) -> Times:
    """Print the load of many viewers; returns the times it is made of."""
    read, taken, kept = (
        costs[f"poll, all changed, {kind}"]
        for kind in ("city read", "stored view taken", "view and answer kept")
    )
    pages = math.ceil(segments * LIVE_ITEM_BYTES / PARALLEL_SCANS / PAGE_BYTES)
    tables_s = pages * PAGE_S + 2 * CALL_S + read.cpu_s
    shared = Times(
        tables_s + 2 * CALL_S + PUT_S, CALL_S + GET_S + taken.cpu_s, kept.cpu_s
    )
    alone = Times(tables_s, 0.0, kept.cpu_s)
    print(f"{'viewers':>8}{'environments':>14}{'busy':>6}{'reads/s':>9}", end="")
    print(f"{'units/s':>9}{'takes/s':>9}{'$/month':>9}{'cached':>8}{'refused':>9}")
    for viewers in VIEWERS:
        for name, times in (("", shared), (" each alone", alone)):
            load = simulate(viewers, times, MOST, is_shared=not name)
            units_s = load.reads * read.units
            print(
                f"{viewers:>8}{load.environments:>14}{load.busy:>6.1f}"
                f"{load.reads:>9.2f}{units_s:>9,.0f}{load.takes:>9.1f}"
                f"{dollars(load, read.units, is_shared=not name):>9,.0f}"
                f"{load.cached:>8.0%}{load.refused:>9.1%}{name}"
            )
    return shared


def dollars(load: Load, read_units: float, is_shared: bool) -> float:
    """Dollars a month for tables and S3, if each read takes *read_units*."""
    a_second = {"read_units": load.reads * read_units}
    if is_shared:
        a_second["write_units"] = load.takes + 2 * load.reads
        a_second |= {"s3_gets": load.takes, "s3_puts": load.reads}
    prices = price_list().prices
    return sum(prices[name].of(many * MONTH_S) for name, many in a_second.items())


def show_frames(looks: list[frames.Look]) -> float:
    """Print frame times; returns the slowest median from answer to picture (s)."""
    for one in looks:
        print(
            f"{one.name}: {len(one.frames)} frames, "
            f"p50 {frames.at(one.frames, 0.5):.1f} ms, "
            f"p99 {frames.at(one.frames, 0.99):.0f} ms; "
            f"{len(one.tasks)} tasks over 50 ms, "
            f"longest {max(one.tasks, default=0):.0f} ms; "
            f"answer to picture p50 {frames.at(one.seen, 0.5):.0f} ms, "
            f"longest {frames.at(one.seen, 1):.0f} ms of {len(one.seen)}"
        )
    return max(frames.at(one.seen, 0.5) for one in looks) / 1_000


def show_delay(times: Times, poll: Cost, shown_s: float) -> None:
    """Print the time from a write in the table to its picture, by its parts."""
    every_s = max(TTL_MS / 1_000, times.read_s)
    parts = {  # the mean, the longest
        "until the next read begins": (every_s / 2, every_s),
        "that read, until it is stored": (times.read_s, times.read_s),
        "until the next poll": (POLL_S / 2, POLL_S),
        "answer and transfer, 10 Mbit/s": (
            *[times.take_s + times.answer_s + poll.sent_bytes / LINE_BYTES_S] * 2,
        ),
        "answer to picture (measured)": (shown_s, shown_s),
    }
    for name, (mean, longest) in parts.items():
        print(f"{name:46}{mean:>6.2f} s{longest:>8.2f} s")
    sums = [math.fsum(column) for column in zip(*parts.values(), strict=True)]
    print(f"{'table to picture: mean, longest':46}{sums[0]:>6.2f} s{sums[1]:>8.2f} s")


if __name__ == "__main__":
    main()
