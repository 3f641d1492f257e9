"""The notification that people get of an event: pure.

Another detail-type needs a function here, its row in `_RENDERERS`, and a rule in
template.yaml.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from ..aws.event_bus import (
    DETAIL_TYPE,
    HEALTH_DETAIL_TYPE,
    INCIDENT_DETAIL_TYPE,
    WEEKLY_DETAIL_TYPE,
)
from ..errors import PublishError
from ..settings import KM_PER_MILE, SpeedUnit

CONTROLLERS, ENGINEERS = "controllers", "engineers"
MOST_SUBJECT = 99  # SNS: less than 100 characters, no line break, no control character
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Notification(NamedTuple):
    """What to send to an *audience*; *received_at* (ms) begins the alert promise."""

    audience: str
    subject: str
    body: str
    received_at: Optional[int] = None


def notification_of(event: Mapping[str, Any], unit: SpeedUnit = "km/h") -> Notification:
    """Return the notification of an EventBridge event, with speeds in *unit*.

    Raises PublishError for a detail-type that has none.
    """
    renderer = _RENDERERS.get(event["detail-type"])
    if renderer is None:
        where = f"{__name__.replace('.', '/')}.py"
        raise PublishError(f"no text for {event['detail-type']}: add it to {where}")
    return renderer(event["detail"], unit)


def _alert(detail: Mapping[str, Any], unit: SpeedUnit) -> Notification:
    level, traffic = detail["level"], _traffic(detail, unit)
    reached = "" if level == "none" else f" ({level})"
    return Notification(
        CONTROLLERS,
        subject(f"Congestion {detail['transition']}{reached}: {detail['place']}"),
        one_line(
            f"Congestion {detail['transition']} at {detail['place']} "
            f"({detail['reason']}): {level} (was {detail['previous_level']}), "
            f"score {detail['congestion_score']}, {traffic} "
            f"(level of service {detail['level_of_service']}), "
            f"since {detail['since']}. {detail['link']}"
        ),
        detail["received_at"],
    )


def _traffic(detail: Mapping[str, Any], unit: SpeedUnit) -> str:
    """Return `21 of 50 km/h`, of silence the last one; without a speed why."""
    more = detail.get("more_closed")
    added = f"; silence closed {more:,} more alerts" if more else ""
    return f"{_pace(detail, unit)}{added}"


def _pace(detail: Mapping[str, Any], unit: SpeedUnit) -> str:
    speed, free_flow = detail["speed"], detail["free_flow_speed"]
    if speed is None:
        return str(detail["traffic"])
    last = "no sensor reports, last " if detail["reason"] == "silence" else ""
    if free_flow is None:
        return f"{last}{speed_text(speed, unit)}, free flow unknown"
    return f"{last}{in_unit(speed, unit):.0f} of {speed_text(free_flow, unit)}"


def _incident(detail: Mapping[str, Any], unit: SpeedUnit) -> Notification:
    headline = f"{_jam(detail)} on {_stretch(detail, unit)}"
    if detail["transition"] == "cleared":
        text = (
            f"lasted {_duration(detail['duration_s'])}, "
            f"{length_text(detail['peak_length_km'], unit)} at most, "
            f"{detail['delay_vehicle_hours']} vehicle-hours of delay"
            f"{_usual(detail, unit)}"
        )
    else:
        speed, since = detail["speed"], detail["since"][11:]
        pace = "speed unknown" if speed is None else speed_text(speed, unit)
        text = f"{pace}{_usual(detail, unit)}, since {since}"
    return Notification(
        CONTROLLERS,
        subject(headline),
        one_line(f"{headline}: {text}. {detail['link']}"),
        detail["received_at"],
    )


def _jam(detail: Mapping[str, Any]) -> str:
    is_jam = detail["peak_level"] != "none"
    if detail["transition"] == "cleared":
        return "Jam over" if is_jam else "Slow traffic over"
    if detail["level"] == "severe":
        return "Severe jam"
    return "Jam" if is_jam else "Slow traffic"


def _usual(detail: Mapping[str, Any], unit: SpeedUnit) -> str:
    """Return whether an incident is unusual, and the usual speed where it matters."""
    usual = detail.get("usual_speed")
    known = None if usual is None else f"usual {in_unit(usual, unit):.0f}"
    if detail.get("unusual"):
        return ", unusual" if known is None else f", unusual ({known})"
    return "" if known is None else f", {known}"


def _stretch(detail: Mapping[str, Any], unit: SpeedUnit) -> str:
    """Return the road and how far traffic stands back from the head."""
    road, place = detail["road"], detail["place"]
    length = length_text(detail["length_km"], unit)
    if detail["transition"] == "cleared":
        return f"{road} at {place}" if road and place != road else f"{place}"
    if not road or place == road:
        return f"{place}, {length}"
    return f"{road}, {length} back from {place}"


def _duration(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


def _sensor_health(detail: Mapping[str, Any], _unit: SpeedUnit) -> Notification:
    kind, transition, place = detail["kind"], detail["transition"], detail["place"]
    return Notification(
        ENGINEERS,
        subject(f"Sensors {kind} ({transition}): {place}"),
        one_line(
            f"Sensors {kind} ({detail['scope']}, {transition}): {place}, "
            f"{detail['affected']}, since {detail['began']}. "
            f"{detail['first']}{detail['more']}"
        ),
    )


def _weekly(detail: Mapping[str, Any], unit: SpeedUnit) -> Notification:
    places, days = detail["places"], detail["days"]
    lines = [
        one_line(
            f"{number}. {place['place']}: {place['vehicle_hours']:.0f} vehicle-hours "
            f"and {place['minutes']:.0f} minutes a day, "
            f"{length_text(place['extent_km'], unit)} of queue, "
            f"on {place['days']} of {days} days"
        )
        for number, place in enumerate(places, 1)
    ]
    title = f"Bottlenecks of {detail['week']}, those that cost most first:"
    more = "`trafficctl bottlenecks` shows them by shift, and the corridors."
    return Notification(
        ENGINEERS,
        subject(f"Bottlenecks of the week: {places[0]['place']}"),
        "\n".join([title, "", *lines, "", more]),
    )


def one_line(text: str) -> str:
    """Return *text* with a space for controls: a road's name adds no line to mail."""
    return _CONTROLS.sub(" ", text)


def subject(text: str) -> str:
    """Return *text* as SNS takes it: one line of ASCII, accents left out, cut short."""
    letters = unicodedata.normalize("NFKD", one_line(text))
    plain = "".join(one for one in letters if not unicodedata.combining(one))
    ascii_text = plain.encode("ascii", "replace").decode()
    if len(ascii_text) <= MOST_SUBJECT:
        return ascii_text
    return ascii_text[: MOST_SUBJECT - 3] + "..."


def speed_text(kmh: float, unit: SpeedUnit) -> str:
    """Return `14 km/h`."""
    return f"{in_unit(kmh, unit):.0f} {unit}"


def length_text(km: float, unit: SpeedUnit) -> str:
    """Return `6.2 km`, or miles where speeds are in mph."""
    return f"{in_unit(km, unit):.1f} {'mi' if unit == 'mph' else 'km'}"


def in_unit(value: float, unit: SpeedUnit) -> float:
    """Return km/h or km as *unit* and its length have it."""
    return value / KM_PER_MILE if unit == "mph" else value


_RENDERERS = {
    DETAIL_TYPE: _alert,
    HEALTH_DETAIL_TYPE: _sensor_health,
    INCIDENT_DETAIL_TYPE: _incident,
    WEEKLY_DETAIL_TYPE: _weekly,
}
