"""The cheapest design is cheap, and keeps what is promised."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.docs.pages import states
from tests.template.template import PARAMETERS
from trafficctl.cost import sizing
from trafficctl.cost.city_load import MOST_CAPACITY, TABLES_USE, CityLoad, city
from trafficctl.cost.model import total
from trafficctl.cost.prices import price_list
from trafficctl.cost.search import (
    LONGEST_WAIT_S,
    MARGIN_S,
    cheapest,
    designs,
    simulated,
    wait_without_burst,
)

PRICES = price_list().prices
PAGE = (Path(__file__).parents[4] / "docs" / "explanation" / "cost.md").read_text()
SMALL = city(5_000)
PROVISIONED = replace(SMALL, tables="PROVISIONED")


def test_nothing_cheaper_keeps_the_promises() -> None:
    found = cheapest(SMALL, PRICES)

    assert found is not None
    assert found.simulated.keeps_promises(MARGIN_S)
    assert found.dollars == total(found.load, PRICES) < total(SMALL, PRICES)
    cheaper = {
        replace(one, write_capacity=0)
        for one in designs(SMALL)
        if total(one, PRICES) < found.dollars
    }
    assert [one for one in cheaper if simulated(one).keeps_promises(MARGIN_S)] == []


def test_what_is_not_lent_has_to_be_bought() -> None:
    lent, bought = (cheapest(SMALL, PRICES, burst) for burst in (True, False))

    assert lent is not None
    assert bought is not None
    assert bought.dollars > lent.dollars
    assert wait_without_burst(bought.load).longest_s <= LONGEST_WAIT_S


def test_a_city_that_cannot_keep_the_promises_has_no_design() -> None:
    hourly = city(100, 3_600, 100)  # a unit gathers for ten hours

    assert cheapest(hourly, PRICES) is None


def test_a_sensor_that_sends_its_own_readings_keeps_sending_them() -> None:
    alone = {one.readings_per_message for one in designs(city(1_000, 1, 1))}

    assert alone == {1}
    assert {one.readings_per_message for one in designs(SMALL)} == {25, 30}


def test_on_demand_tables_grow_to_the_burst() -> None:
    assert wait_without_burst(SMALL).longest_s == 0


def test_provisioned_tables_hold_their_average_and_no_minute_waits_with_more() -> None:
    average = max(SMALL.writes_s) / TABLES_USE
    ample = replace(PROVISIONED, write_capacity=5_000)

    assert average > PROVISIONED.write_capacity
    assert wait_without_burst(PROVISIONED).longest_s > LONGEST_WAIT_S
    assert wait_without_burst(ample).longest_s == 0


def waits(load: CityLoad) -> set[float]:
    capacities = {one for one in designs(load) if one.tables == "PROVISIONED"}
    return {wait_without_burst(one).longest_s for one in capacities}


def test_the_capacities_tried_buy_the_waits_that_are_wanted() -> None:
    assert {one for one in waits(SMALL) if one <= LONGEST_WAIT_S} <= {1.0, 2.0, 3.5}
    assert LONGEST_WAIT_S in waits(SMALL)


def test_no_capacity_is_tried_that_the_template_refuses() -> None:
    most = PARAMETERS["DynamoDBWriteCapacity"]["MaxValue"]

    assert most == MOST_CAPACITY
    assert max(one.write_capacity for one in designs(city(2_000_000))) <= most


@pytest.mark.parametrize("billing", ["PAY_PER_REQUEST", "PROVISIONED"])
def test_every_way_of_paying_for_tables_is_tried(billing: str) -> None:
    assert billing in {one.tables for one in designs(SMALL)}


def test_the_page_tells_how_3500_dollars_are_reached_and_what_they_rely_on() -> None:
    fullest = sizing.fullest_message()
    reached = replace(city(), tables="PROVISIONED", readings_per_message=fullest)

    assert total(reached, PRICES) < 3_500
    assert total(replace(reached, readings_per_message=25), PRICES) > 3_500
    assert total(replace(reached, tables="PAY_PER_REQUEST"), PRICES) > 3_500
    assert simulated(reached).keeps_promises(MARGIN_S)
    assert wait_without_burst(reached).longest_s > LONGEST_WAIT_S
    assert states(PAGE, "$3,500", "PROVISIONED", f"messages of {fullest} readings")
    assert states(PAGE, f"{LONGEST_WAIT_S} s", "repeats a transaction")
    assert states(PAGE, f"{10 - MARGIN_S} s", f"{30 - MARGIN_S} s")
