"""All clocks turn their minute together, and no key of the index takes it all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.docs.pages import states
from trafficctl.cost import minute_burst as bursts
from trafficctl.cost.city_load import CityLoad, city
from trafficctl.cost.minute_burst import KEY_WRITES_S, MinuteBurst, minute_burst

PAGE = (Path(__file__).parents[4] / "docs" / "guides" / "capacity.md").read_text()
AN_EVEN_SPREAD = 5_000 / 60


def burst_of(segments: int) -> MinuteBurst:
    """The burst of a city whose segments send every 2.5 s."""
    load = CityLoad(sensors=10 * segments, segments=segments)
    return minute_burst(load)


@pytest.mark.parametrize("shards", [4, 12])
def test_a_single_key_would_get_more_than_dynamodb_accepts(shards: int) -> None:
    """Another model of this city, with four shards, came to 1,710."""
    rows = minute_burst(CityLoad(shard_count=shards)).rows

    assert rows == pytest.approx(1_710, rel=0.15)
    assert rows > KEY_WRITES_S > 10 * AN_EVEN_SPREAD


def test_at_5000_segments_the_fullest_key_gets_less_than_half() -> None:
    assert burst_of(5_000).of_a_key < KEY_WRITES_S / 4
    assert burst_of(5_000).worst_of_a_key < KEY_WRITES_S / 2


def test_the_page_tells_from_which_size_a_key_gets_too_much() -> None:
    worst = [burst_of(segments).worst_of_a_key for segments in (14_000, 18_000)]
    usual = [burst_of(segments).of_a_key for segments in (22_000, 26_000)]

    assert worst[0] < KEY_WRITES_S < worst[1]
    assert usual[0] < KEY_WRITES_S < usual[1]
    assert states(PAGE, "about 16,000 segments", "24,000")


def test_the_page_has_the_table_in_force() -> None:
    assert bursts.page(PAGE) == PAGE
    assert bursts.table() in PAGE


def test_a_city_without_segments_closes_none() -> None:
    assert minute_burst(replace(CityLoad(), segments=0)) == (0, 0, 0)


def test_segments_that_send_seldom_close_their_minutes_as_seldom() -> None:
    hourly = CityLoad(3_600, 3_600, 1, segments=3_600, window_s=0, shard_count=2)

    assert minute_burst(hourly).rows <= 2  # one message a second


def test_sensors_in_step_close_more_minutes_in_one_second() -> None:
    spread = city(5_000)
    in_step = replace(spread, in_step=True, shard_count=spread.shards)

    assert minute_burst(in_step).rows > minute_burst(spread).rows


def test_a_city_beyond_what_is_drawn_is_so_many_times_its_part() -> None:
    part, whole = city(500_000), city(5_000_000)

    assert minute_burst(whole).rows == pytest.approx(10 * minute_burst(part).rows, 0.02)
