"""The live API's role has what it needs, and nothing that it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.traffic.live_map.fakes import alert, segment

from ...live import ALERT_PATH, DAY, Live

TASKS = [
    ("dynamodb:Scan", "GET", "/api/now"),
    ("dynamodb:Scan", "GET", "/api/roads"),
    ("dynamodb:Query", "GET", "/api/now"),
    ("dynamodb:Query", "GET", "/api/segments/seen/history"),
    ("dynamodb:GetItem", "GET", "/api/segments/seen"),
    ("dynamodb:GetItem", "POST", ALERT_PATH.format("fresh@9000")),
    ("dynamodb:UpdateItem", "POST", ALERT_PATH.format("fresh@9000")),
    ("dynamodb:UpdateItem", "DELETE", ALERT_PATH.format("taken@9000")),
]


@pytest.mark.parametrize(("action", "method", "path"), TASKS)
def test_the_role_needs_each_of_its_table_actions(
    live: Live,
    anew: Callable[[], None],
    without_action: Any,
    action: str,
    method: str,
    path: str,
) -> None:
    live.put("RoadSegmentsTable", segment("seen"))
    taken = alert("taken", 9_000, acknowledged_by=DAY, acknowledged_at=9_001)
    for row in (alert("fresh", 9_000), taken):
        live.put("CongestionAlertsTable", {**row, "open_flag": "open"})
    role = f"arn:aws:iam::000000000000:role/{role_name(live.city)}"

    with without_action(role, action):
        anew()
        refused = live.ask(path, method, live.tokens[DAY])
    anew()
    answered = live.ask(path, method, live.tokens[DAY])

    assert (refused.status, answered.status) == (503, 200)


def role_name(local_city: Any) -> str:
    """The role of the live API, as it is deployed."""
    name = f"{local_city.city.stack}-live-api"
    aws = local_city.client("lambda")
    role: str = aws.get_function_configuration(FunctionName=name)["Role"]
    return role.rsplit("/", 1)[-1]
