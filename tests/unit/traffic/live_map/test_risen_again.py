"""An incident of which a closed alert has risen is acknowledged again."""

from __future__ import annotations

from traffic.live_map.handling import REASONS

from .fakes import City
from .test_handling import DAY, NIGHT, OLD, city, handled, post

__all__ = ["city"]  # a fixture


def test_acknowledging_an_incident_again_for_what_has_risen_takes_over_nothing_else(
    city: City,
) -> None:
    """One alert has an owner and a note; the other was closed, and is severe now."""
    other = next(name for name in city.reader.alerts if name != OLD)
    city.reader.alerts[other]["level"] = "high"
    _, first = post(city, note="Tow truck ordered")
    _, second = post(city, NIGHT, of=f"alerts/{other}", close=REASONS[0])
    city.reader.alerts[other]["level"] = "severe"
    incident_id = city.reader.incidents[0]["incident_id"]

    seen = max(first["acknowledged_at"], second["acknowledged_at"])
    status, _ = post(city, NIGHT, of=f"incidents/{incident_id}", seen=seen)

    assert status == 200
    assert handled(city) == [(DAY, "acknowledged", "Tow truck ordered")]
    assert city.reader.alerts[OLD]["acknowledged_note"] == "Tow truck ordered"
    assert handled(city, other)[-1] == (NIGHT, "noted", None)
    assert city.reader.alerts[other].get("closed_level") is None
