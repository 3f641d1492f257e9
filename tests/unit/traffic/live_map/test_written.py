"""The live map and its tests know no attribute that nobody writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from tests.unit.traffic.segment.builders import POLICY, message, reading, say
from traffic.aws import shift_store
from traffic.incidents.incident import Incident
from traffic.incidents.items import row_of
from traffic.live_map import incidents, views
from traffic.live_map.handling import Wish, acknowledged
from traffic.model import StoredSegment
from traffic.segment.rows import alert_rows, history_row
from traffic.segment.windows import Window

from .fakes import NOW_MS, alert

HISTORY = history_row(StoredSegment("s"), 0, Window(), 1)
INCIDENT = row_of(Incident("s@1", 1), 1)


def of_alerts() -> Iterable[str]:
    jam = message(reading(congestion_score=90))
    told = say(jam, policy=replace(POLICY, hold_s=0)).last
    ((alert_id, row),) = alert_rows(told, 1).items()
    done = acknowledged({"alert_id": alert_id, **row}, Wish("day"), NOW_MS)
    return {"alert_id", *row, *(done or {})}


@pytest.mark.parametrize(
    ("read", "written"),
    [
        (views.attributes(views.ALERT), of_alerts()),
        (alert("s"), of_alerts()),
        (incidents.ATTRIBUTES, INCIDENT),
        (shift_store._INCIDENT, INCIDENT),
        (views.attributes(views.MINUTE, views.PAST), HISTORY),
    ],
    ids=["alert", "alert of these tests", "incident", "shift log", "history"],
)
def test_what_is_read_is_what_is_written(
    read: Iterable[str], written: Iterable[str]
) -> None:
    assert set(read) - set(written) == set()
