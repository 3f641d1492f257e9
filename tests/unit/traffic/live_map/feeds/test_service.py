"""Feeds: who gets them, how often the city is read, and how they are sent."""

from __future__ import annotations

import msgspec
import pytest

from traffic.live_map import changes
from traffic.live_map.feeds import catalog, service

from ..fakes import City, segment
from .checks import fetched, some_city, unpacked

MACHINE = {
    "sub": "7jabc",
    "client_id": "7jabc",
    "token_use": "access",
    "scope": "feeds/read",
}


@pytest.mark.parametrize("name", [*catalog.NAMES, "nothing.csv"])
def test_no_feed_is_told_to_nobody(name: str) -> None:
    answer = some_city().ask(f"/feeds/{name}", claims=None)

    assert answer["statusCode"] == (401 if name in catalog.NAMES else 404)


@pytest.mark.parametrize("name", catalog.LIVE)
def test_a_machine_gets_what_a_person_gets(name: str) -> None:
    city = some_city()
    person, machine = (
        city.ask(f"/feeds/{name}", claims=claims)
        for claims in ({"email": "day@city.example"}, MACHINE)
    )

    assert person["statusCode"] == 200
    assert machine == person
    assert person["headers"]["content-type"] == catalog.LIVE[name].media_type
    assert person["headers"]["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_feed_is_read_only(method: str) -> None:
    status, message = City().refusal("/feeds/alerts.csv", method)

    assert (status, message) == (
        405,
        f"expected GET for /feeds/alerts.csv, got {method}",
    )


@pytest.mark.parametrize(
    "path", ["/feeds/", "/feeds/x", "/feeds/../config.json", "/feeds/alerts.csv/"]
)
def test_an_unknown_feed_is_told_the_known_ones(path: str) -> None:
    status, message = City().refusal(path)

    assert status == 404
    assert message == f"expected one of {', '.join(catalog.NAMES)} in /feeds/"


def test_all_feeds_and_the_map_share_one_read_of_the_city() -> None:
    city = some_city()
    for _ in range(5):
        city.get("/api/now")
        for name in catalog.LIVE:
            fetched(city, name)

    assert (city.reader.count("live"), city.reader.count("roads")) == (1, 1)
    assert (city.reader.count("open_alerts"), city.reader.count("segment")) == (1, 0)


def test_a_document_is_made_once_per_read() -> None:
    city = some_city()
    first = fetched(city, "segments.geojson")
    city.clock.ms += 1_000
    again = fetched(city, "segments.geojson")
    city.clock.ms += changes.TTL_MS
    later = fetched(city, "segments.geojson")

    assert b'"time":"2026-11-22T18:32:00Z"' in first
    assert again == first
    assert b'"time":"2026-11-22T18:32:02Z"' in later


def test_a_change_is_told_by_the_next_read() -> None:
    city = some_city()
    before = fetched(city, "segments.geojson")
    city.clock.ms += changes.TTL_MS
    city.reader.put(segment("new"))

    assert b'"id":"new"' not in before
    assert b'"id":"new"' in fetched(city, "segments.geojson")


def test_a_document_is_no_older_than_the_last_read() -> None:
    city = some_city()
    city.get("/api/now")
    city.clock.ms += changes.TTL_MS - 1
    fetched(city, "segments.geojson")
    city.reader.put(segment("new"))
    city.clock.ms += 1

    assert b'"id":"new"' in fetched(city, "segments.geojson")


def test_while_the_tables_fail_the_last_state_gets_old() -> None:
    city = some_city()
    assert b'"speed":12.5' in fetched(city, "segments.geojson")
    city.reader.down = {"live"}
    city.clock.ms += 3_600_000

    assert b'"speed":12.5' not in fetched(city, "segments.geojson")


def test_a_feed_is_compressed_for_those_who_take_it() -> None:
    city = some_city()
    plain = fetched(city, "measurement-sites.xml")
    packed = city.ask(
        "/feeds/measurement-sites.xml", headers={"Accept-Encoding": "gzip"}
    )

    assert packed["headers"]["content-encoding"] == "gzip"
    assert unpacked(packed) == plain


def test_what_lambda_could_not_answer_plain_has_to_be_asked_for_compressed() -> None:
    city = City()
    city.reader.put(*(segment(f"s-{n}", name="n" * 1_000) for n in range(3_000)))
    packed = city.ask("/feeds/segments.geojson", headers={"Accept-Encoding": "gzip"})
    size = len(unpacked(packed))

    assert size > service.MOST_PLAIN
    assert city.refusal("/feeds/segments.geojson") == (
        406,
        f"expected Accept-Encoding: gzip for a document of {size} bytes",
    )


def test_without_tables_a_feed_says_when_to_come_again() -> None:
    city = City()
    city.reader.is_down = True
    answer = city.ask("/feeds/segments.geojson")

    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "2")


def test_a_package_without_the_description_has_no_such_feed() -> None:
    assert City().refusal(f"/feeds/{catalog.OPENAPI}") == (
        404,
        "openapi.json is not in this package",
    )


def test_the_publisher_is_the_stack() -> None:
    city = some_city()
    west = msgspec.structs.replace(city.settings, stack="west")
    other = City(reader=city.reader, settings=west)

    assert b"<com:nationalIdentifier>west</com:" in fetched(other, "situations.xml")
