"""What an hour costs in which the stream takes no message; pure.

A message that the stream refuses is sent to a queue as an event of its own, in base64
with half a kilobyte of errors, and received and deleted ten at a time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from trafficctl.cost.city_load import EVENT_BYTES, CityLoad
from trafficctl.cost.prices import Price

ERROR_BYTES = 500
REQUEST_BYTES = 64 * 1024  # SQS counts in steps of it
RECEIVED_AT_ONCE = 10
KEEPER_S = 0.5  # of a batch; a guess
KEEPER_MEMORY_MB = 512  # the template's


class OutageCost(NamedTuple):
    """Dollars of the hour: ours, and with an S3 object per message."""

    ours: float
    by_object: float


def outage_cost(load: CityLoad, prices: Mapping[str, Price]) -> OutageCost:
    """The dollars that such an hour adds."""
    ours = sum(prices[name].of(amount) for name, amount in quantities(load).items())
    return OutageCost(ours, prices["s3_puts"].of(_messages(load)))


def quantities(load: CityLoad) -> dict[str, float]:
    """The quantity of each price in such an hour."""
    event_bytes = load.message_bytes * 4 / 3 + ERROR_BYTES
    steps = math.ceil(event_bytes / REQUEST_BYTES)
    batches = _messages(load) * event_bytes / EVENT_BYTES
    return {
        "sqs_requests": _messages(load) * (steps + 2 / RECEIVED_AT_ONCE),
        "lambda_requests": batches,
        "lambda_gb_seconds": batches * KEEPER_S * KEEPER_MEMORY_MB / 1_024,
        "s3_puts": batches,
    }


def _messages(load: CityLoad) -> float:
    return load.messages_s * 3_600
