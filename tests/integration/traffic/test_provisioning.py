"""The registry's conditional writes, as a real table takes them."""

from __future__ import annotations

from typing import Any

import pytest

from traffic.errors import Conflict
from traffic.provisioning.admission import RegistryUpdate
from traffic.provisioning.aws import Registry


def test_a_mark_is_written_only_while_its_condition_holds(local_city: Any) -> None:
    table = local_city.outputs["DeviceRegistryTable"]
    client = local_city.client("dynamodb")
    registry = Registry(client, table)
    item = {"device_id": {"S": "marked"}, "status": {"S": "expected"}}
    client.put_item(TableName=table, Item=item)
    first = RegistryUpdate(
        {"status": "registered", "n": 1}, {"status": "expected", "x": None}
    )

    registry.write("marked", first)
    with pytest.raises(Conflict):
        registry.write("marked", first)

    found = {"device_id": "marked", "status": "registered", "n": 1}
    assert registry.read("marked") == found
    assert registry.read("nobody") is None
