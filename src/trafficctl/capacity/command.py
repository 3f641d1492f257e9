"""`trafficctl capacity`: what a city of any size needs, offline."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, NamedTuple

from trafficctl.capacity.figures import CityFigures, figures
from trafficctl.capacity.limits import Limit
from trafficctl.cli import options
from trafficctl.cli.output import (
    KEY,
    Column,
    DataTable,
    flat,
    number,
    show,
    show_csv,
    show_json,
    table,
)
from trafficctl.cost import load_options
from trafficctl.cost.city_load import CityLoad, city, designed
from trafficctl.cost.prices import price_list
from trafficctl.cost.search import FoundCity, cheapest
from trafficctl.cost.sized import offered
from trafficctl.errors import OK
from trafficctl.stack import parameter_limits, parameters
from trafficctl.stack import template as texts

STEPS = (1_000, 10_000, 50_000, 100_000, 1_000_000, 10_000_000)


class _Answer(NamedTuple):
    """The same as JSON, as rows of CSV and as tables."""

    value: dict[str, Any]
    rows: Sequence[Mapping[str, Any]]
    tables: Sequence[DataTable]


def register(subparsers: Any) -> None:
    """Add the command capacity."""
    parser = subparsers.add_parser(
        "capacity",
        help="what a city of a size needs, and what limits it first",
        description="Simulate a city: shards, batches, tables, delays from a reading "
        "to the map and to a message about a jam, cost, and the limits in the order in "
        "which a growing city meets them. Works offline, with the default quotas.",
    )
    load_options.add(parser)
    parser.add_argument(
        "--in-step",
        action="store_true",
        help="all sensors read in the same instant (default: spread over the interval)",
    )
    parser.add_argument(
        "--steps",
        action="store_true",
        help=f"from {STEPS[0]:,} to {STEPS[-1]:,} sensors instead of one size",
    )
    parser.add_argument(
        "--cheapest",
        action="store_true",
        help="search for the cheapest parameters that keep the promises",
    )
    options.add_template(parser)
    parameters.add_options(parser)
    options.add_formats(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what was asked for."""
    template = texts.read(args.template)
    given = parameters.given(args)
    parameter_limits.check(template, given, {})
    settings = {**texts.parameters(template), **given}
    load = replace(load_options.load_of(args, args.sensors), in_step=args.in_step)
    load = designed(load, settings)
    most_shards = max(offered(template))
    if args.cheapest:
        answer = _cheapest(load)
    elif args.steps:
        answer = _steps(steps(load, settings, most_shards))
    else:
        prices = price_list().prices
        answer = _city(load, figures(load, settings, most_shards, prices))
    _show(answer, args)
    return OK


def _show(answer: _Answer, args: argparse.Namespace) -> None:
    if args.json:
        show_json(answer.value)
    elif args.csv:
        names = dict.fromkeys(name for row in answer.rows for name in row)
        show_csv(list(names), answer.rows)
    else:
        for one in answer.tables:
            show(one)


def steps(
    load: CityLoad, settings: Mapping[str, str], most_shards: int
) -> dict[int, CityFigures]:
    """The figures of *load* with the sensors of each step, by their number."""
    prices = price_list().prices
    sizes = {
        sensors: replace(
            load, sensors=sensors, segments=city(sensors).segments, shard_count=None
        )
        for sensors in STEPS
    }
    return {n: figures(one, settings, most_shards, prices) for n, one in sizes.items()}


def _city(load: CityLoad, city: CityFigures) -> _Answer:
    columns = [Column("", importance=KEY), Column("", True, KEY)]
    title = f"{load.sensors:,} sensors, one reading each {load.interval_s:g} s"
    heads = ("limit", "need", "default quota", "used, %", "way past it")
    limit_columns = [Column(h, h in heads[1:4], KEY) for h in heads]
    figures = plain(city)
    tables = [
        table(columns, rows(city), title=title),
        table(limit_columns, map(limit_row, city.limits)),
    ]
    return _Answer(figures, figures["limits"], tables)


def plain(city: CityFigures) -> dict[str, Any]:
    """The figures as JSON has them."""
    values = asdict(city)
    for name in ("written_s", "freshness_s", "alert_s"):
        values[name] = getattr(city, name)._asdict()
    values["limits"] = [one._asdict() | {"share": one.share} for one in city.limits]
    return {**values, "stacks": city.stacks}


def rows(city: CityFigures) -> list[tuple[str, str]]:
    """The figures as cells."""
    written, fresh, alert = city.written_s, city.freshness_s, city.alert_s
    return [
        ("messages/s", number(city.messages_s)),
        ("shards", number(city.shards)),
        ("batches at once, at most", number(city.concurrent_batches)),
        ("batches/s", number(city.batches_s)),
        ("write units/s", number(city.write_units_s)),
        ("write units in the worst second", number(city.worst_second_write_units)),
        ("read units/s", number(city.read_units_s)),
        ("fullest shard, of the mean", f"{city.fullest_shard:.2f}"),
        ("its lane is busy", f"{city.lane_busy:.0%}"),
        ("IoT Core to table, p50 and p99", f"{written.p50:.1f} s, {written.p99:.1f} s"),
        ("reading to the map, p50 and p99", f"{fresh.p50:.1f} s, {fresh.p99:.1f} s"),
        ("reading to message, p50 and p99", f"{alert.p50:.1f} s, {alert.p99:.1f} s"),
        ("a minute waits without burst, s", f"{city.wait_without_burst_s:.1f}"),
        ("US $ a month", number(city.dollars_a_month)),
        ("stacks", number(city.stacks)),
    ]


def limit_row(one: Limit) -> tuple[str, ...]:
    """A limit as cells; the way past it only where the city needs one."""
    way = one.way if one.share > 1 else ""
    return one.what, number(one.need), number(one.most), number(100 * one.share), way


def _steps(cities: Mapping[int, CityFigures]) -> _Answer:
    steps = {str(sensors): plain(one) for sensors, one in cities.items()}
    columns = [Column(head, n not in (6, 8), KEY) for n, head in enumerate(STEP_HEADS)]
    one_row = [
        flat({"sensors": sensors, **one, "limits": one["limits"][0]})
        for sensors, one in steps.items()
    ]
    return _Answer(steps, one_row, [table(columns, step_rows(cities))])


STEP_HEADS = (
    "sensors",
    "messages/s",
    "shards",
    "map, p99 s",
    "message, p99 s",
    "US $ a month",
    "first limit",
    "used, %",
    "way past it",
    "stacks",
)


def step_rows(cities: Mapping[int, CityFigures]) -> list[tuple[str, ...]]:
    """A row for each size."""
    return [
        (
            number(sensors),
            number(one.messages_s),
            number(one.shards),
            f"{one.freshness_s.p99:.1f}",
            f"{one.alert_s.p99:.1f}",
            number(one.dollars_a_month),
            one.limits[0].what,
            number(100 * one.limits[0].share),
            one.limits[0].way if one.limits[0].share > 1 else "-",
            number(one.stacks),
        )
        for sensors, one in cities.items()
    ]


def _cheapest(load: CityLoad) -> _Answer:
    prices = price_list().prices
    cities = {burst: cheapest(load, prices, burst) for burst in (True, False)}
    names = {True: "counts_on_burst", False: "without_burst"}
    designs = {names[burst]: one and design(one) for burst, one in cities.items()}
    csv_rows = [{"design": name, **(one or {})} for name, one in designs.items()]
    columns = [Column(head, importance=KEY) for head in FOUND_HEADS]
    return _Answer(designs, csv_rows, [table(columns, found_rows(cities))])


FOUND_HEADS = ("burst capacity of tables", "US $ a month", "map, p99 s", "parameters")


def found_rows(cities: Mapping[bool, FoundCity | None]) -> list[tuple[str, ...]]:
    """A row for each design that was searched for."""
    return [
        ("counted on" if burst else "not counted on", *_found_cells(one))
        for burst, one in cities.items()
    ]


def _found_cells(one: FoundCity | None) -> tuple[str, ...]:
    if one is None:
        return "-", "-", "none keeps the promises"
    parameters = design(one)
    chosen = " ".join(
        f"{name}={parameters[name]}" for name in parameters if name[0].isupper()
    )
    return (
        number(one.dollars),
        f"{one.simulated.freshness.p99:.1f}",
        f"{chosen}, {one.load.readings_per_message} readings per message",
    )


def design(city: FoundCity) -> dict[str, Any]:
    """The parameters of a design, its price and its delays."""
    load = city.load
    return {
        "DynamoDBBillingMode": load.tables,
        "DynamoDBWriteCapacity": load.write_capacity,
        "EventBatchWindowSeconds": load.window_s,
        "EventParallelizationFactor": load.lanes_per_shard,
        "LambdaMemorySize": load.memory_mb,
        "readings_per_message": load.readings_per_message,
        "dollars_a_month": city.dollars,
        "freshness_p99_s": city.simulated.freshness.p99,
        "alert_p99_s": city.simulated.alerts.p99,
    }
