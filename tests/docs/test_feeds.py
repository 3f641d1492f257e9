"""The page of the feeds says what there is."""

from __future__ import annotations

from traffic.live_map import changes, routes
from traffic.live_map.feeds import catalog, service
from traffic.live_map.feeds.datex import UNKNOWN_COUNTRY
from traffic.live_map.feeds.situations import KINDS

from ..shape.sources import ROOT
from ..template.template import properties
from .pages import names, states

PAGE = (ROOT / "docs/reference/feeds.md").read_text()


def test_the_page_lists_each_feed() -> None:
    told = [name.partition("?")[0] for name in names(PAGE)]

    assert tuple(told) == catalog.NAMES


def test_the_page_states_the_limits_in_force() -> None:
    assert states(PAGE, "minutes", "a segment", f"{routes.MOST_FEED_HOURS} hours")
    assert states(PAGE, f"{service.MOST_PLAIN // 1_000_000} MB", "gzip")
    assert changes.TTL_MS <= 2_000
    assert states(PAGE, "two seconds")
    minutes = properties("FeedReader")["AccessTokenValidity"]
    assert states(PAGE, "token", f"{minutes} minutes")


def test_the_page_states_what_traffic_is_called() -> None:
    shares = [f"{below:.0%}".replace("%", " %") for below, _kind in KINDS]

    assert states(PAGE, *shares)
    assert states(PAGE, f"`{UNKNOWN_COUNTRY}`")


def test_the_page_says_plainly_what_is_not_tested() -> None:
    assert states(PAGE, "DATEX II is not tested with the official schema files")
