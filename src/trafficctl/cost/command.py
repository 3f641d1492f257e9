"""`trafficctl cost`: estimates the monthly cost on AWS, offline.

`python -m trafficctl.cost.command` writes the tables of docs/explanation/cost.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from trafficctl.cli.options import (
    add_formats,
    non_negative_float,
    positive_int,
    up_to,
)
from trafficctl.cli.output import KEY, Column, say, show, show_csv, show_json, table
from trafficctl.cost import load_options
from trafficctl.cost.city_load import CityLoad
from trafficctl.cost.model import (
    LEVERS,
    OPTIONS,
    BillLine,
    bill,
    naive,
    total,
)
from trafficctl.cost.outage import outage_cost
from trafficctl.cost.pages import bullets, marked
from trafficctl.cost.prices import Price, price_list
from trafficctl.errors import OK

PAGE = Path("docs/explanation/cost.md")
STREAM_MODES = ("PROVISIONED", "ON_DEMAND")
TABLE_MODES = ("PAY_PER_REQUEST", "PROVISIONED")
DEFAULT = CityLoad()
MOST_HISTORY_DAYS = 3_650  # of HistoryRetentionDays
# Other cities, for the page. Ten slow sensors take long to fill a message of 25
# readings: such a unit sends ten.
CITIES = {
    "50,000 sensors, every second": DEFAULT,
    "50,000 sensors, every 10 s": CityLoad(interval_s=10, readings_per_message=10),
    "50,000 sensors, every minute": CityLoad(interval_s=60, readings_per_message=10),
    "1,000 sensors, every 10 s": CityLoad(1_000, 10, 10, segments=100),
}


def register(subparsers: Any) -> None:
    """Add `cost` to the command line."""
    parser = subparsers.add_parser(
        "cost",
        help="estimate the monthly cost on AWS",
        description="Estimate the monthly cost on AWS from the size of a city and the "
        "dated prices in prices.toml (us-east-1, no free tiers). Works offline.",
    )
    load_options.add(parser)
    for name, kind, default, what in (
        ("--viewers", _whole, DEFAULT.viewers, "live maps open around the clock"),
        (
            "--history-days",
            up_to(MOST_HISTORY_DAYS, positive_int),
            DEFAULT.history_days,
            "days of history to keep",
        ),
    ):
        parser.add_argument(
            name,
            type=kind,
            default=default,
            metavar="N",
            help=f"{what} (default {default:g})",
        )
    _add_modes(parser)
    add_formats(parser)
    parser.set_defaults(run=run)


def _add_modes(parser: argparse.ArgumentParser) -> None:
    for name, modes, mode, what in (
        ("--stream-mode", STREAM_MODES, DEFAULT.stream_mode, "stream"),
        ("--table-mode", TABLE_MODES, DEFAULT.tables, "tables"),
    ):
        parser.add_argument(
            name,
            choices=modes,
            default=mode,
            help=f"capacity of the {what} (default {mode})",
        )


def _whole(text: str) -> int:
    return int(non_negative_float(text))


def run(args: argparse.Namespace) -> int:
    """Print the monthly bill, the naive one, and what each lever saves."""
    load = replace(
        load_options.load_of(args, args.sensors),
        viewers=args.viewers,
        history_days=args.history_days,
        stream_mode=args.stream_mode,
        tables=args.table_mode,
    )
    catalog = price_list()
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
        f"One month at {load.readings_s:,.0f} readings/s "
        f"({catalog.region}, {catalog.date})"
    )
    show(table(columns, rows(bill(load, catalog.prices)), title=title))
    columns_compared = [
        Column("way of wiring it", importance=KEY),
        Column("US $ a month", True, KEY),
    ]
    show(table(columns_compared, comparison(load, catalog.prices)))
    ours, by_object = outage_cost(load, catalog.prices)
    say(
        f"An hour in which the stream takes nothing adds US $ {ours:,.2f}; with an S3 "
        f"object per message it would add {by_object:,.2f}."
    )
    return OK


def as_json(load: CityLoad) -> dict[str, Any]:
    """The tables as plain values; dollars a month."""
    catalog = price_list()
    return {
        "prices": {"date": catalog.date, "region": catalog.region},
        "total": round(total(load, catalog.prices), 2),
        "lines": [
            {
                "service": item.service,
                "quantity": item.quantity,
                "unit": item.unit,
                "dollars": round(item.dollars, 2),
            }
            for item in bill(load, catalog.prices)
        ],
        "naive": round(total(naive(load), catalog.prices), 2),
        "outage_hour": round(outage_cost(load, catalog.prices).ours, 2),
        "saved_by": {
            name: round(amount, 2) for name, amount in saved(load, catalog.prices)
        },
    }


def saved(load: CityLoad, prices: dict[str, Price]) -> list[tuple[str, float]]:
    """What each lever saves: the bill without it minus the bill."""
    ours = total(load, prices)
    return [
        (name, total(without(load), prices) - ours) for name, without in LEVERS.items()
    ]


def rows(items: Sequence[BillLine]) -> list[list[str]]:
    """The lines of a bill as cells, with the sum last."""
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


def comparison(load: CityLoad, prices: dict[str, Price]) -> list[list[str]]:
    """Our design, with each option, without each lever, and without all levers."""
    ways = {"ours": load}
    ways |= {f"ours with {name}": change(load) for name, change in OPTIONS.items()}
    ways |= {f"ours without {name}": change(load) for name, change in LEVERS.items()}
    ways["naive: without all of these"] = naive(load)
    return [[name, f"{total(one, prices):,.0f}"] for name, one in ways.items()]


def tables() -> dict[str, str]:
    """The lists of docs/explanation/cost.md, by the name of their mark."""
    prices = price_list().prices
    cities = [
        [name, f"{total(load, prices):,.0f} ({total(naive(load), prices):,.0f})"]
        for name, load in CITIES.items()
    ]
    return {
        "bill": bullets(by_service(bill(DEFAULT, prices))),
        "levers": bullets(
            [name.removeprefix("ours "), dollars]
            for name, dollars in comparison(DEFAULT, prices)
        ),
        "cities": bullets(cities),
        "outage": bullets(
            [name, "{:,.2f} ({:,.2f})".format(*outage_cost(load, prices))]
            for name, load in CITIES.items()
        ),
    }


def by_service(items: Sequence[BillLine]) -> list[list[str]]:
    """Return the sum of each service of a bill, and of all, as cells."""
    sums: dict[str, float] = {}
    for item in items:
        sums[item.service] = sums.get(item.service, 0.0) + item.dollars
    sums["sum"] = sum(sums.values())
    return [[name, f"{dollars:,.2f}"] for name, dollars in sums.items()]


def page(text: str) -> str:
    """The page *text* with the tables between its marks updated."""
    return marked(text, tables())


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
    print(f"wrote {PAGE}")
