"""An hour without the stream costs a tenth of an object per message."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.docs.pages import states
from tests.template.template import properties
from trafficctl.cost.city_load import CityLoad
from trafficctl.cost.outage import KEEPER_MEMORY_MB, outage_cost, quantities
from trafficctl.cost.prices import price_list

ROOT = Path(__file__).parents[4]
CITY = CityLoad()  # 2,000 messages a second
PRICES = price_list().prices


def test_an_hour_is_paid_by_the_message_sent_and_by_the_batch_kept() -> None:
    found = quantities(CITY)

    assert found["sqs_requests"] == pytest.approx(7_200_000 * 1.2)
    assert found["s3_puts"] == pytest.approx(7_200_000 * 6_152 / 6e6)


def test_it_is_a_tenth_of_what_an_object_per_message_would_cost() -> None:
    by_object = outage_cost(CITY, PRICES).by_object
    every_reading_alone = replace(CITY, readings_per_message=1)

    assert by_object == pytest.approx(36)
    assert outage_cost(CITY, PRICES).ours < by_object / 10
    assert outage_cost(every_reading_alone, PRICES).by_object == pytest.approx(900)
    assert outage_cost(every_reading_alone, PRICES).ours < 90


def test_the_runbook_states_the_figure_of_the_command() -> None:
    page = (ROOT / "docs/runbooks/iot-rule-failures.md").read_text()

    assert states(page, f"US $ {outage_cost(CITY, PRICES).ours:.2f} at 2,000 messages")


def test_the_function_has_the_memory_that_is_counted() -> None:
    assert properties("UndeliveredKeeper")["MemorySize"] == KEEPER_MEMORY_MB
