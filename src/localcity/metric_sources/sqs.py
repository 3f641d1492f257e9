"""AWS's own metrics of queues: what was sent. The rest is in `gauges`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import sqs

from localcity.cloudwatch.counters import count
from localcity.patching import Patch


def _sent(send: Callable[..., Any]) -> Callable[..., Any]:
    def sending(data: dict[str, Any], url: str) -> Any:
        answer = send(data, url)
        name = str(data.get("QueueUrl", url)).rpartition("/")[2]
        place = get_account_id(), get_region()
        count(place, "SQS", "NumberOfMessagesSent", QueueName=name)
        return answer

    return sending


def _apply_sqs() -> None:
    sqs._act_send_message = _sent(sqs._act_send_message)


PATCHES = (
    Patch(
        "queue metrics",
        "nothing is counted of queues",
        [],
        [(sqs, "_act_send_message", "3abd766508c8")],
        _apply_sqs,
    ),
)
