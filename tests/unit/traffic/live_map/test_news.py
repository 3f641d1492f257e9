"""What is compressed once for all viewers is what each of them is to be sent."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from traffic.live_map import changes
from traffic.live_map.news import MOST_KEPT
from traffic.live_map.responses import prepare, with_prepared

from .fakes import NOW_MS, City, segment

MANY = 100


@pytest.fixture
def city() -> City:
    made = City()
    made.reader.put(*(segment(f"s-{n}") for n in range(MANY)))
    return made


def unzipped(city: City, **query: str) -> Any:
    answer = city.ask("/api/now", query=query, headers={"accept-encoding": "gzip"})
    assert answer["headers"]["content-encoding"] == "gzip"
    return json.loads(gzip.decompress(base64.b64decode(answer["body"])))


def test_an_answer_is_the_same_packed_or_plain_but_for_its_time(city: City) -> None:
    first = unzipped(city)
    city.clock.ms += 1_000

    second, plain = unzipped(city), city.get("/api/now")

    assert (first["now"], second["now"]) == (NOW_MS, NOW_MS + 1_000)
    assert second == plain == {**first, "now": NOW_MS + 1_000}
    assert len(plain["segments"]) == MANY


def test_viewers_of_different_versions_are_sent_what_each_is_missing(
    city: City,
) -> None:
    versions = []
    for n in range(MOST_KEPT + 3):
        versions.append(city.get("/api/now")["version"])
        city.clock.ms += changes.TTL_MS
        city.reader.put(segment(f"s-{n}", city.clock.ms))

    for _ in range(2):
        for n, version in enumerate(versions):
            rows = city.get("/api/now", since=version)["segments"]
            assert {row[0] for row in rows} == {
                f"s-{k}" for k in range(n, MOST_KEPT + 3)
            }


@pytest.mark.parametrize("end", [b"", b"x" * 5_000, bytes(range(256)) * 300])
def test_a_prepared_end_unpacks_behind_any_beginning(end: bytes) -> None:
    begin = b"b" * 2_000

    answer = with_prepared(begin, prepare(end), accepts_gzip=True)

    assert gzip.decompress(base64.b64decode(answer["body"])) == begin + end
