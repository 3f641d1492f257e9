"""Times as the people of a city say them."""

from __future__ import annotations

import pytest

from traffic.timestamps import local_minute_text

NOON_UTC = 1_792_929_600_000 - 9 * 3_600_000  # 2026-10-25T03:00Z
HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "2026-10-25 03:00 UTC"),
        ("Europe/Berlin", "2026-10-25 04:00 CET"),
        ("America/Los_Angeles", "2026-10-24 20:00 PDT"),
        ("America/Sao_Paulo", "2026-10-25 00:00 -03"),
        ("Mars/Olympus", "2026-10-25 03:00 UTC"),
        ("", "2026-10-25 03:00 UTC"),
    ],
)
def test_a_time_names_the_zone_that_it_is_in(zone: str, text: str) -> None:
    assert local_minute_text(NOON_UTC, zone) == text


def test_the_two_hours_of_an_autumn_night_differ_by_their_zone() -> None:
    times = [NOON_UTC - ago * HOUR_MS for ago in (3, 2)]

    assert [local_minute_text(at, "Europe/Berlin") for at in times] == [
        "2026-10-25 02:00 CEST",
        "2026-10-25 02:00 CET",
    ]
