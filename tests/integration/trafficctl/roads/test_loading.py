"""The unit tests of loading, against MiniStack instead of the fake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.trafficctl.roads import test_loading as on_the_fake
from tests.unit.trafficctl.roads.fake_table import TABLE

from ...traffic.conftest import ministack_dynamodb

__all__ = ["ministack_dynamodb"]

test_replacing = on_the_fake.test_replacing_makes_the_network_equal_to_the_file
test_staying = on_the_fake.test_a_road_with_an_open_alert_or_an_unsent_event_stays
test_adding = on_the_fake.test_a_second_file_alone_removes_nothing_and_says_so


@pytest.fixture
def table(ministack_dynamodb: Any) -> Iterator[Any]:
    """A real client of a table of segments."""
    ministack_dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "segment_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "segment_id", "AttributeType": "S"}],
    )
    yield ministack_dynamodb
    ministack_dynamodb.delete_table(TableName=TABLE)
