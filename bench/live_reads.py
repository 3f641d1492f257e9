"""`python -m bench.live_reads`: what one viewer's poll costs, at 5,000 segments.

Read units are calculated from the sizes of the items by DynamoDB's published rules: a
page of a scan is at most 1 MB, rounded up to 4 KB, half a unit for each since the read
is eventually consistent; what is projected does not matter. CPU seconds are this
machine's, with the wire cut out of boto3.
"""

from __future__ import annotations

import base64
import io
import json
import math
import sys
import time
from collections.abc import Iterator
from threading import Lock
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse, HeadersDict

from tests.unit.traffic.live_map.fakes import ENVIRONMENT, FakeAssets, event
from traffic.aws import dynamodb as aws_dynamodb
from traffic.aws.dynamodb import Tables
from traffic.live_map import changes, views
from traffic.live_map.api import LiveApi, LiveMapPorts
from traffic.live_map.aws import PARALLEL_SCANS, DynamoReader, decode_scans
from traffic.live_map.settings import read

from .handler import SHAPES
from .machine import described
from .segments import Item, item_bytes, stored_items

SEGMENTS = 5_000
PAGE_BYTES = 1_048_576
UNIT_BYTES = 4_096
DOLLARS_PER_MILLION = 0.125  # us-east-1, on demand, November 2026
MONTH_S = 30 * 86_400


class CannedTable:
    """A DynamoDB client whose calls end on this machine, in a table of these items.

    What comes before and after the wire is boto3's own. Counts the units of all calls,
    and the CPU seconds that the table itself took, which are not the API's.
    """

    def __init__(self, stored: list[Item]) -> None:
        self.stored = stored
        self.units = 0.0
        self.own_s = 0.0
        self._lock = Lock()
        self.client = boto3.client(
            "dynamodb",
            "us-east-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",  # noqa: S106 - it opens nothing
        )
        decode_scans(self.client)
        self.client.meta.events.register("before-send.dynamodb", self._sent)

    def _sent(self, request: Any, **_more: Any) -> AWSResponse:
        begun = time.thread_time()
        asked = json.loads(request.body)
        first, step = asked.get("Segment", 0), PARALLEL_SCANS
        part = self.stored[first::step] if "Segment" in asked else []
        cost = max(0.5, units([item_bytes(item) for item in part]))
        names = asked["ExpressionAttributeNames"].values()
        found = [{n: item[n] for n in names if n in item} for item in part]
        answer = response(json.dumps({"Items": found}).encode())
        with self._lock:
            self.units += cost
            self.own_s += time.thread_time() - begun
        return answer


def response(body: bytes, status: int = 200) -> AWSResponse:
    """The answer of a service, as botocore takes it off the wire."""
    return AWSResponse("https://dynamodb", status, HeadersDict(), Wire(body))


class Wire(io.BytesIO):
    """Bytes that arrive."""

    def stream(self) -> Iterator[bytes]:
        """Return all of them."""
        yield self.read()


def units(sizes: list[int]) -> float:
    """Read units of a scan over items of these sizes (bytes)."""
    pages, left = 0.0, 0
    for size in sizes:
        left += size
        if left >= PAGE_BYTES:
            pages += math.ceil(left / UNIT_BYTES)
            left = 0
    return (pages + math.ceil(left / UNIT_BYTES)) / 2


def city() -> list[Item]:
    """The items of 5,000 segments of ten sensors each, as the processor stores them."""
    some = list(stored_items(SHAPES["messages of 1"]).values())
    return [{**some[n % len(some)], **_own(n)} for n in range(SEGMENTS)]


def _own(number: int) -> Item:
    """What differs from segment to segment, so that nothing is zipped too well."""
    scatter = [number * prime % 997 for prime in (7919, 104_729, 1_299_709)]
    line = "".join(chr(63 + number * prime % 61) for prime in range(11, 67))
    return aws_dynamodb.attributes(
        {
            "segment_id": f"I-405-N.{number:04}",
            "name": f"San Diego Freeway, northbound at exit {number}",
            "latitude": 34 + scatter[0] / 3_137,
            "longitude": -118 - scatter[1] / 2_713,
            "line": line,
            "speed": scatter[0] / 9,
            "flow": scatter[1] * 7,
            "congestion_score": scatter[2] / 10,
            "speed_ratio": round(scatter[0] / 997, 3),
            "travel_time_index": round(1 + scatter[2] / 300, 2),
            "updated_at": 1_795_372_318_000 - scatter[1],
            "observed_at": 1_795_372_316_000 - scatter[2] * 3,
        }
    )


class Viewer:
    """Polls the live API over the canned city; remembers sizes and seconds."""

    def __init__(self, stored: list[Item]) -> None:
        self.table = CannedTable(stored)
        self.now_ms = 1_795_372_320_000
        ports = LiveMapPorts(
            DynamoReader(self.table.client, Tables("s", "h", "a"), lambda _: None),
            FakeAssets(),
            lambda: self.now_ms,
            "aa",
            lambda *_: None,
        )
        self.api = LiveApi(ports, read(ENVIRONMENT))

    def ask(self, path: str, **query: str) -> dict[str, float]:
        """Ask, and return units read, bytes sent and CPU seconds."""
        table, begun = self.table, time.process_time()
        units_before, own_before = table.units, table.own_s
        request = event(path, query=query, headers={"accept-encoding": "gzip"})
        answer = self.api.answer(request)
        seconds = time.process_time() - begun - (table.own_s - own_before)
        sent = answer["body"]
        size = len(base64.b64decode(sent) if answer.get("isBase64Encoded") else sent)
        return {
            "units": table.units - units_before,
            "bytes": size,
            "cpu_s": round(seconds, 3),
        }

    def version(self) -> str:
        """Return the version that this viewer would hold now."""
        answer = self.api.answer(event("/api/now"))
        version: str = json.loads(answer["body"])["version"]
        return version


def measure() -> dict[str, dict[str, float]]:
    """What each kind of request costs."""
    viewer = Viewer(city())
    found = {"first poll": viewer.ask("/api/now")}
    version = viewer.version()
    found["a second viewer within 2 s"] = viewer.ask("/api/now")
    found["a poll within 2 s, no news"] = viewer.ask("/api/now", since=version)
    for name, step in (("one in ten changed", 10), ("all changed", 1)):
        viewer.now_ms += changes.TTL_MS
        for item in viewer.table.stored[::step]:
            moved = aws_dynamodb.value_of(item["updated_at"]) + changes.TTL_MS
            item["updated_at"] = aws_dynamodb.attribute(moved)
        found[f"a poll, {name}"] = viewer.ask("/api/now", since=version)
        version = viewer.version()
    found["roads, once in 5 min, page 1"] = viewer.ask("/api/roads")
    after = f"I-405-N.{views.ROADS_PER_PAGE - 1:04}"
    found["roads, page 2"] = viewer.ask("/api/roads", after=after)
    return found


def main() -> int:
    """Print the figures."""
    stored = city()
    size = sum(map(item_bytes, stored)) / len(stored)
    print(described())
    print(f"{SEGMENTS:,} segments, 10 sensors each, {size:,.0f} bytes an item")
    print(f"{'':32}{'read units':>12}{'bytes sent':>12}{'CPU s':>8}")
    results = measure()
    for name, told in results.items():
        row = f"{told['units']:>12,.1f}{told['bytes']:>12,.0f}{told['cpu_s']:>8.3f}"
        print(f"{name:32}{row}")
    rate = results["first poll"]["units"] / (changes.TTL_MS / 1000)
    month = rate * MONTH_S * DOLLARS_PER_MILLION / 1_000_000
    print(f"One environment asked without pause: at most {rate:,.0f} read units/s,")
    print(f"${month:,.0f} in 30 days without a pause (on demand)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
