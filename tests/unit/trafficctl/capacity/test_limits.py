"""What limits a city first, and how it goes on."""

from __future__ import annotations

from dataclasses import replace

from tests.template.template import TEXT
from trafficctl.capacity.figures import figures
from trafficctl.capacity.limits import QUOTA, STREAMS, Limit, limits
from trafficctl.cost.city_load import CityLoad, city
from trafficctl.cost.prices import price_list
from trafficctl.preflight.result import data
from trafficctl.stack import template as texts

SETTINGS = texts.parameters(TEXT)
MOST_SHARDS = 256


def of(load: CityLoad, **settings: str) -> list[Limit]:
    return limits(load, {**SETTINGS, **settings}, MOST_SHARDS)


def test_the_nearest_limit_comes_first() -> None:
    found = of(city())

    assert [one.share for one in found] == sorted(
        (one.share for one in found), reverse=True
    )
    assert {quota["what"] for quota in data("quotas")["quotas"]} <= {
        one.what for one in found
    }


def test_a_city_of_a_million_needs_more_than_any_quota_and_several_streams() -> None:
    passed = {one.what: one.way for one in of(city(1_000_000)) if one.share > 1}

    assert passed["SNS publishes/s"] == QUOTA
    assert passed["writes/s of a key of by_hour"] == STREAMS
    assert "accounts" in passed["IoT inbound publishes/s"]


def test_a_stream_on_demand_has_no_shards_to_run_out_of() -> None:
    found = of(city(10_000_000), KinesisStreamMode="ON_DEMAND")

    shards = [one for one in found if "shards" in one.what.lower()]
    assert [one.need for one in shards] == [0]


def test_sensors_in_step_need_publishes_for_the_second_in_which_all_send() -> None:
    in_step = {one.what: one.need for one in of(replace(city(), in_step=True))}

    assert in_step["IoT inbound publishes/s"] == 5_000


def test_a_city_is_divided_until_no_limit_of_the_design_is_passed() -> None:
    prices = price_list().prices
    small, large = (
        figures(city(sensors), SETTINGS, MOST_SHARDS, prices)
        for sensors in (50_000, 1_000_000)
    )

    shares = [one.share for one in large.limits if one.way == STREAMS]
    assert small.stacks == 1
    assert large.stacks - 1 < max(shares) <= large.stacks


def test_a_few_segments_with_all_the_sensors_fill_their_shard() -> None:
    prices = price_list().prices
    even, hot = (
        figures(city(50_000, segments=n), SETTINGS, MOST_SHARDS, prices)
        for n in (5_000, 3)
    )

    assert [one for one in even.limits if "fullest" in one.what] == []
    (full,) = [one for one in hot.limits if "fullest" in one.what]
    assert full == hot.limits[0]
    assert full.need > 100
    assert "split the segment" in full.way
