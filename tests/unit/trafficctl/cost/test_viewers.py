"""What viewers of the live map cost."""

from __future__ import annotations

import pytest

from trafficctl.cost import model as costing
from trafficctl.cost.city_load import CityLoad
from trafficctl.cost.model import quantities


@pytest.mark.parametrize(
    ("viewers", "claims_s"), [(0, 0), (1, 0.5), (10, 5), (1_000, 10)]
)
def test_each_environment_of_the_map_asks_for_the_claim_or_takes_the_view(
    viewers: int, claims_s: float
) -> None:
    calls = quantities(CityLoad(viewers=viewers))["Live map"]
    reads_s = min(claims_s, 0.5)

    assert calls["write_units"] == (claims_s + reads_s) * costing.MONTH_S
    assert calls["s3_puts"] == reads_s * costing.MONTH_S
    assert calls["s3_gets"] == (claims_s - reads_s) * costing.MONTH_S


def test_a_hundred_viewers_read_the_tables_as_one_does() -> None:
    one, many = quantities(CityLoad(viewers=1)), quantities(CityLoad(viewers=100))

    assert many["Live map"]["read_units"] == one["Live map"]["read_units"]
    assert many["Live map"]["http_requests"] == 100 * one["Live map"]["http_requests"]
