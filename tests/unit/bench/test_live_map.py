"""What the benchmark of the live map counts is what is paid and promised."""

from __future__ import annotations

import pytest

from bench.live_map.__main__ import MOST, dollars
from bench.live_map.polls import measure
from bench.live_map.table import city, units
from bench.live_map.viewers import Load, Times, simulate
from bench.segments import item_bytes
from tests.template.template import PARAMETERS
from traffic.live_map.changes import TTL_MS
from trafficctl.cost.model import LIVE_ITEM_BYTES
from trafficctl.cost.prices import price_list

TIMES = Times(read_s=0.5, take_s=0.1, answer_s=0.01)


def test_the_bill_counts_items_of_the_measured_size() -> None:
    sizes = [item_bytes(item) for item in city(500)]

    assert round(sum(sizes) / len(sizes)) == LIVE_ITEM_BYTES


def test_read_units_are_counted_by_pages_of_a_megabyte() -> None:
    assert units([1]) == 0.5
    assert units([4_096] * 255) == 127.5
    assert units([4_096] * 256 + [4_097]) == 128 + 1


def test_only_who_reads_the_city_takes_read_units() -> None:
    costs = measure(20)

    taken = {name: one.units for name, one in costs.items() if "kept" in name}
    taken |= {name: one.units for name, one in costs.items() if "taken" in name}
    assert len(taken) == 4
    assert set(taken.values()) == {0}
    assert costs["poll, all changed, city read"].units > 0
    sizes = {
        one.plain_bytes for name, one in costs.items() if name.startswith("poll, all")
    }
    assert len(sizes) == 1


@pytest.mark.parametrize("viewers", [1, 10, 200])
def test_together_they_read_the_city_once_however_many_look(viewers: int) -> None:
    load = simulate(viewers, TIMES, MOST, is_shared=True)

    assert 0.45 <= load.reads <= 1_000 / TTL_MS
    assert load.refused == 0


def test_each_alone_reads_the_city_as_often_as_there_are_environments() -> None:
    load = simulate(200, TIMES, MOST, is_shared=False)

    assert load.environments == MOST
    assert load.reads > 0.9 * MOST / (TTL_MS / 1_000)
    assert load.refused > 0


def test_a_stored_view_costs_its_requests_and_the_lease_of_its_read() -> None:
    load = Load(2, reads=0.5, takes=2.0, cached=0.9, refused=0.0, busy=1.0)
    month_s = 30 * 86_400
    each = {name: one.dollars / one.per for name, one in price_list().prices.items()}

    reads = 0.5 * 528 * each["read_units"]
    sharing = 3 * each["write_units"] + 2 * each["s3_gets"] + 0.5 * each["s3_puts"]
    alone = dollars(load, 528, is_shared=False)
    shared = dollars(load, 528, is_shared=True)
    assert alone == pytest.approx(month_s * reads)
    assert shared == pytest.approx(month_s * (reads + sharing))


def test_the_most_environments_are_those_of_the_template() -> None:
    assert PARAMETERS["LiveApiReservedConcurrency"]["Default"] == MOST
