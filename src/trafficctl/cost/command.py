"""`trafficctl cost`: what a month costs on AWS, calculated; asks nobody.

`python -m trafficctl.cost.command` writes the tables of docs/explanation/cost.md.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from trafficctl.cli.options import (
    add_formats,
    non_negative_float,
    positive_float,
    positive_int,
)
from trafficctl.cli.output import KEY, Column, show, show_csv, show_json, table
from trafficctl.cost.model import FURTHER, LEVERS, Item, Load, bill, naive, total
from trafficctl.cost.prices import Price, price_list
from trafficctl.errors import OK

PAGE = Path("docs/explanation/cost.md")
STREAM_MODES = ("PROVISIONED", "ON_DEMAND")
TABLE_MODES = ("PAY_PER_REQUEST", "PROVISIONED")
DEFAULT = Load()
# Other cities, for the page. A unit that waited for 25 readings of its ten slow sensors
# would show them late: it sends ten.
CITIES = {
    "50,000 sensors, every second": DEFAULT,
    "50,000 sensors, every 10 s": Load(interval_s=10, readings_per_message=10),
    "50,000 sensors, every minute": Load(interval_s=60, readings_per_message=10),
    "1,000 sensors, every 10 s": Load(1_000, 10, 10, segments=100),
}


def register(subparsers: Any) -> None:
    """Add `cost` to the command line."""
    parser = subparsers.add_parser(
        "cost",
        help="estimate what a month on AWS costs",
        description="Estimate a month on AWS from the size of a city and the dated "
        "prices of prices.toml (us-east-1, no free tiers). Works offline.",
    )
    for name, kind, default, told in (
        ("--sensors", positive_int, DEFAULT.sensors, "sensors in the city"),
        ("--interval", positive_float, DEFAULT.interval_s, "seconds between readings"),
        (
            "--readings-per-message",
            positive_int,
            DEFAULT.readings_per_message,
            "readings in one message; 1: every sensor sends its own",
        ),
        ("--segments", positive_int, DEFAULT.segments, "road segments"),
        ("--viewers", _whole, DEFAULT.viewers, "live maps open day and night"),
        (
            "--history-days",
            positive_int,
            DEFAULT.history_days,
            "days history is kept",
        ),
    ):
        parser.add_argument(
            name,
            type=kind,
            default=default,
            metavar="N",
            help=f"{told} (default {default:g})",
        )
    _add_modes(parser)
    add_formats(parser)
    parser.set_defaults(run=run)


def _add_modes(parser: argparse.ArgumentParser) -> None:
    for name, modes, mode, told in (
        ("--stream-mode", STREAM_MODES, DEFAULT.stream_mode, "stream"),
        ("--table-mode", TABLE_MODES, DEFAULT.tables, "tables"),
    ):
        parser.add_argument(
            name,
            choices=modes,
            default=mode,
            help=f"capacity of the {told} (default {mode})",
        )


def _whole(text: str) -> int:
    return int(non_negative_float(text))


def run(args: argparse.Namespace) -> int:
    """Print the month's bill, the naive one beside it, and what each lever saves."""
    load = Load(
        sensors=args.sensors,
        interval_s=args.interval,
        readings_per_message=args.readings_per_message,
        segments=args.segments,
        viewers=args.viewers,
        history_days=args.history_days,
        stream_mode=args.stream_mode,
        tables=args.table_mode,
    )
    listed = price_list()
    if args.json:
        show_json(as_json(load))
        return OK
    if args.csv:
        lines = as_json(load)["lines"]
        show_csv(list(lines[0]), lines)
        return OK
    headers = ("service", "quantity a month", "unit", "US $ a month")
    columns = [Column(name, name[0] in "qU", KEY) for name in headers]
    title = (
        f"A month of {load.readings_s:,.0f} readings/s: {listed.region}, {listed.date}"
    )
    show(table(columns, rows(bill(load, listed.prices)), title=title))
    compared = [
        Column("way of wiring it", importance=KEY),
        Column("US $ a month", True, KEY),
    ]
    show(table(compared, comparison(load, listed.prices)))
    return OK


def as_json(load: Load) -> dict[str, Any]:
    """What the tables tell, for programs; dollars a month."""
    listed = price_list()
    return {
        "prices": {"date": listed.date, "region": listed.region},
        "total": round(total(load, listed.prices), 2),
        "lines": [
            {
                "service": item.service,
                "quantity": item.quantity,
                "unit": item.unit,
                "dollars": round(item.dollars, 2),
            }
            for item in bill(load, listed.prices)
        ],
        "naive": round(total(naive(load), listed.prices), 2),
        "saved_by": {
            name: round(amount, 2) for name, amount in saved(load, listed.prices)
        },
    }


def saved(load: Load, prices: dict[str, Price]) -> list[tuple[str, float]]:
    """What each lever saves: the bill without it alone, less the bill."""
    ours = total(load, prices)
    return [
        (name, total(without(load), prices) - ours) for name, without in LEVERS.items()
    ]


def rows(items: Sequence[Item]) -> list[list[str]]:
    """The lines of a bill as cells, each service summed at its end."""
    cells = []
    for service in dict.fromkeys(item.service for item in items):
        lines = [item for item in items if item.service == service]
        cells += [
            [service, _amount(item.quantity), item.unit, f"{item.dollars:,.2f}"]
            for item in lines
        ]
    return [*cells, ["sum", "", "", f"{sum(item.dollars for item in items):,.2f}"]]


def _amount(value: float) -> str:
    return f"{value / 1e6:,.1f} M" if value >= 1e6 else f"{value:,.0f}"


def comparison(load: Load, prices: dict[str, Price]) -> list[list[str]]:
    """Ours, with what may be set besides, without each lever, and without all."""
    ways = {"ours": load}
    ways |= {f"ours with {name}": change(load) for name, change in FURTHER.items()}
    ways |= {f"ours without {name}": change(load) for name, change in LEVERS.items()}
    ways["naive: without all of these"] = naive(load)
    return [[name, f"{total(one, prices):,.0f}"] for name, one in ways.items()]


def tables() -> dict[str, str]:
    """The tables of docs/explanation/cost.md, by the name of their mark."""
    prices = price_list().prices
    cities = [
        [name, f"{total(load, prices):,.0f}", f"{total(naive(load), prices):,.0f}"]
        for name, load in CITIES.items()
    ]
    return {
        "bill": _markdown(
            ["service", "US $ a month"], by_service(bill(DEFAULT, prices))
        ),
        "levers": _markdown(
            ["way of wiring it", "US $ a month"], comparison(DEFAULT, prices)
        ),
        "cities": _markdown(["city", "ours, US $", "naive, US $"], cities),
    }


def by_service(items: Sequence[Item]) -> list[list[str]]:
    """Return the sum of each service of a bill, and of all, as cells."""
    sums: dict[str, float] = {}
    for item in items:
        sums[item.service] = sums.get(item.service, 0.0) + item.dollars
    sums["sum"] = sum(sums.values())
    return [[name, f"{dollars:,.2f}"] for name, dollars in sums.items()]


def _markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    ruled = ["---:" if "$" in name or "month" in name else "---" for name in head]
    told = [head, ruled, *lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in told)


def page(text: str) -> str:
    """The page *text* with each table between its marks written anew."""
    written = tables()

    def anew(found: re.Match[str]) -> str:
        return f"<!-- {found[1]} -->\n{written[found[1]]}<!-- end -->"

    return re.sub(r"<!-- (\w+) -->\n.*?<!-- end -->", anew, text, flags=re.S)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
    print(f"wrote {PAGE}")
