"""Open incidents and alerts as situations of DATEX II."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...timestamps import second_text
from ..incidents import GROWING, SHRINKING, STEADY
from .datex import Element, add, document, header, place, publication
from .present import FeedCity, FeedSegment

Row = Mapping[str, Any]

SEVERITIES = {"severe": "highest", "high": "high"}
TRENDS = {
    GROWING: "trafficBuildingUp",
    STEADY: "trafficStable",
    SHRINKING: "trafficEasing",
}
# DATEX II: below this share of the free-flow speed, traffic is called so.
KINDS = (
    (0.10, "stationaryTraffic"),
    (0.25, "queuingTraffic"),
    (0.75, "slowTraffic"),
    (0.90, "heavyTraffic"),
)
UNSPECIFIED = "unspecifiedAbnormalTraffic"


def situations(city: FeedCity) -> bytes:
    """Return the SituationPublication: a record for each open alert.

    The alerts of an incident are one situation; each other alert is its own. A queue is
    told at its head, which has a record without a severity if it has no alert.
    """
    root = publication("sit:SituationPublication", city)
    known = {segment.segment_id: segment for segment in city.segments}
    alert_ids: set[str] = set()  # incidents that are merging may share a head
    for situation_id, incident, alerts in grouped(city.incidents, city.alerts):
        situation = add(root, "sit:situation", id=situation_id)
        levels = {alert["level"] for alert in alerts}
        worst = "severe" if "severe" in levels else "high"
        add(situation, "sit:overallSeverity", SEVERITIES[worst])
        header(situation, "sit:headerInformation")
        for alert in (*alerts, *_head_without(alerts, incident)):
            if alert["alert_id"] in alert_ids:
                continue
            alert_ids.add(alert["alert_id"])
            segment = known.get(alert["segment_id"]) or _unknown(alert)
            record = _record(situation, alert, segment, city.publisher)
            _traffic(record, segment, incident)
    return document(root)


def grouped(
    incidents: Sequence[Row], alerts: Sequence[Row]
) -> Iterator[tuple[str, Row, Sequence[Row]]]:
    """Return each situation: its id, its incident (empty if none) and its alerts.

    An incident has the id of its first alert. That stays with it while it is listed:
    alone, it would be a second situation of this id.
    """
    waiting = {alert["alert_id"]: alert for alert in alerts}
    for incident in incidents:
        ids = dict.fromkeys((*incident["alert_ids"], incident["incident_id"]))
        members = [waiting.pop(one) for one in ids if one in waiting]
        if members:
            yield incident["incident_id"], incident, members
    for alert_id, alert in waiting.items():
        yield alert_id, {}, [alert]


def _head_without(alerts: Sequence[Row], incident: Row) -> Iterator[Row]:
    """Yield the head of an incident, as an alert without a level, if it has none."""
    head = incident.get("head")
    if head in {alert["segment_id"] for alert in alerts}:
        return
    for one in incident.get("alert_ids", ()):
        segment_id, _, opened_at = one.rpartition("@")
        if segment_id == head:
            yield {"alert_id": one, "segment_id": head, "opened_at": int(opened_at)}


def _record(
    situation: Element, alert: Row, segment: FeedSegment, publisher: str
) -> Element:
    """Append what every record has. Its version is the time (ms) of its newest part."""
    at_ms = max(alert["opened_at"], alert.get("level_since") or 0)
    at_ms = max(at_ms, segment.observed_at or 0)
    record = add(
        situation,
        "sit:situationRecord",
        kind="sit:AbnormalTraffic",
        id=alert["alert_id"],
        version=str(at_ms),
    )
    opened = second_text(alert["opened_at"])
    add(record, "sit:situationRecordCreationTime", opened)
    add(record, "sit:situationRecordVersionTime", second_text(at_ms))
    add(record, "sit:probabilityOfOccurrence", "certain")
    if "level" in alert:
        add(record, "sit:severity", SEVERITIES[alert["level"]])
    validity = add(record, "sit:validity")
    add(validity, "com:validityStatus", "active")
    period = add(validity, "com:validityTimeSpecification")
    add(period, "com:overallStartTime", opened)
    place(record, "sit:locationReference", segment, publisher)
    return record


def _traffic(record: Element, segment: FeedSegment, incident: Row) -> None:
    """Append the kind of traffic; at the head of an incident also queue and trend."""
    add(record, "sit:abnormalTrafficType", kind_of(segment))
    if incident.get("head") != segment.segment_id:
        return
    if incident["length_km"] is not None:
        add(record, "sit:queueLength", round(1000 * incident["length_km"]))
    add(record, "sit:trafficTrendType", TRENDS[incident["trend"]])


def kind_of(segment: FeedSegment) -> str:
    """Return DATEX II's word for the segment's speed, compared with free flow."""
    speed, free_flow = segment.speed, segment.free_flow_speed
    if speed is None or not free_flow:
        return UNSPECIFIED
    share = speed / free_flow
    return next((kind for below, kind in KINDS if share < below), UNSPECIFIED)


def _unknown(alert: Row) -> FeedSegment:
    """Return the segment of an alert that was deleted since."""
    latitude, longitude = alert.get("lat"), alert.get("lon")
    if latitude is None or longitude is None:
        return FeedSegment(alert["segment_id"])
    return FeedSegment(alert["segment_id"], points=[(latitude, longitude)])
