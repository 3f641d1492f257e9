"""`readings: null` is a reading by itself, whichever decoder takes the message."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.traffic.segment.builders import START, reading, record, say
from trafficctl.redrive.dead_letters import StoredObject, letter_of

from .city import City


def alone(**more: Any) -> bytes:
    """A reading that is a message, from a device that fills every field."""
    said = {**reading(), "received_at": START, "device_id": "u", "readings": None}
    return json.dumps({**said, **more}).encode()


@pytest.mark.parametrize("count", [5, 5.0, None])
def test_it_is_taken_also_where_the_reading_is_looked_at_twice(count: Any) -> None:
    told = say(alone(vehicle_count=count))

    assert told.reasons == []
    assert told.stored.counts.accepted == 1


def test_its_rejection_names_the_field_that_is_wrong() -> None:
    told = say(alone(vehicle_count=-1))

    ((_, _, fault),) = told.rejected.values()
    assert (fault.reason, fault.path, fault.position) == (
        "out_of_range",
        "vehicle_count",
        None,
    )


def test_a_refused_one_is_put_back_and_counts_once_the_rule_allows_it() -> None:
    city = City("s")
    city.process([record(7, alone(vehicle_count=-1))])
    ((key, body),) = city.s3.objects.items()

    (one,) = letter_of(StoredObject("bucket", key, len(body), START), body).records
    allowed = json.dumps({**json.loads(one.data), "vehicle_count": 1}).encode()
    city.process([record(8, allowed)])

    assert one.readings == 1
    assert city.rows("segments")[0]["accepted"] == 1


def test_without_a_sensor_it_is_no_list_of_readings() -> None:
    (fault,) = (one for _, _, one in say(b'{"readings": null}').rejected.values())

    assert (fault.reason, fault.path) == ("wrong_type", "readings")
    assert fault.raw == b'{"readings": null}'
