"""All of AWS around the sweeps, in memory: the processor's city, with faults in it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from traffic.aws.dynamodb import values_of
from traffic.aws.event_bus import HEALTH_DETAIL_TYPE, EventBridgeBus
from traffic.aws.segment_store import DynamoStore
from traffic.sensor_health.aws import (
    CloudWatchLag,
    DynamoFaults,
    DynamoSegments,
    S3MemoryStore,
)
from traffic.sensor_health.sweep import Sweep, SweepPorts, log_lines

from ..aws.fake_dynamodb import FakeDynamoDB, refused
from ..processor.city import TABLES, City, FakeS3, Line, Wire
from ..segment.builders import POLICY, ms

Item = dict[str, Any]
_INSERT = re.compile(r"INSERT INTO \"faults\" VALUE \{(?P<names>.*)\}")
_UPDATE = re.compile(
    r'UPDATE "faults" (?P<told>.+) WHERE "fault_id"=\? AND '
    r'((?P<same>"open_flag"=\? AND "told_at"=\?)'
    r'|"open_flag" IS MISSING AND "closed_at"<\?)'
)
_MARK = re.compile(
    r'UPDATE "segments" (?P<told>SET "suspects"=\? SET "left_out"=\?'
    r'|REMOVE "suspects" REMOVE "left_out") WHERE "segment_id"=\? AND '
    r'("left_out"=\?|"left_out" IS MISSING)'
)


class FaultyDynamoDB(FakeDynamoDB):
    """The processor's tables and, beside them, `faults` with its index."""

    def __init__(self) -> None:
        super().__init__()
        self.tables["faults"] = {}
        self.page = 2  # items of one answer to Scan or Query

    def _execute(self, Statement: str, Parameters: list[Item]) -> Item:  # noqa: N803
        mark = _MARK.fullmatch(Statement)
        if mark:
            return self._mark(mark["told"].startswith("SET"), Parameters)
        if '"faults"' not in Statement:
            return super()._execute(Statement, Parameters)
        log_lines = _INSERT.fullmatch(Statement)
        code = self._insert(log_lines["names"], Parameters) if log_lines else None
        if log_lines is None:
            code = self._change(Statement, Parameters)
        return {"Error": {"Code": code, "Message": "says the fake"}} if code else {}

    def _mark(self, is_set: bool, values: list[Item]) -> Item:
        sets, (segment_id, *held) = values[: 2 * is_set], values[2 * is_set :]
        row = self.tables["segments"].get((segment_id["S"],))
        if row is None or [row[n] for n in ("left_out",) if n in row] != held:
            return {"Error": {"Code": "ConditionalCheckFailed", "Message": "fake"}}
        for name in ("suspects", "left_out"):
            row.pop(name, None)
        if is_set:
            row["suspects"], row["left_out"] = sets
        return {}

    def _insert(self, names: str, values: list[Item]) -> str | None:
        row = dict(zip(re.findall(r"'(\w+)': \?", names), values, strict=True))
        key = (row["fault_id"]["S"],)
        if key in self.tables["faults"]:
            return "DuplicateItem"
        self.tables["faults"][key] = row
        return None

    def _change(self, statement: str, values: list[Item]) -> str | None:
        log_lines = _UPDATE.fullmatch(statement)
        assert log_lines, statement
        places = log_lines["told"].count("=?")
        new, (fault_id, *held) = values[:places], values[places:]
        row = self.tables["faults"].get((fault_id["S"],), {})
        if not _holds(row, held, is_same=log_lines["same"] is not None):
            return "ConditionalCheckFailed"
        names = re.findall(r'SET "(\w+)"=\?', log_lines["told"])
        row.update(zip(names, new, strict=True))
        for name in re.findall(r'REMOVE "(\w+)"', log_lines["told"]):
            row.pop(name, None)
        return None

    def scan(self, **asked: Any) -> Item:
        part, parts = asked.get("Segment", 0), asked.get("TotalSegments", 1)
        rows = list(self.rows(asked["TableName"]))[part::parts]
        if "ProjectionExpression" not in asked:
            return self._paged(rows, asked)
        names = asked["ExpressionAttributeNames"]
        wanted = {names[one] for one in asked["ProjectionExpression"].split(", ")}
        found = [{n: v for n, v in row.items() if n in wanted} for row in rows]
        return self._paged(found, asked)

    def get_item(self, TableName: str, Key: Item, **_: Any) -> Item:  # noqa: N803
        found = self.tables[TableName].get((Key["fault_id"]["S"],))
        return {"Item": dict(found)} if found else {}

    def execute_statement(self, **asked: Any) -> Item:
        code = self._execute(**asked).get("Error", {}).get("Code")
        if code:
            raise refused(f"{code}Exception", "ExecuteStatement")
        return {}

    def query(self, **asked: Any) -> Item:
        assert asked["IndexName"] == "open_faults"
        standing = asked["ExpressionAttributeValues"][":standing"]
        rows = self.rows(asked["TableName"])
        return self._paged([r for r in rows if r.get("open_flag") == standing], asked)

    def _paged(self, found: list[Item], asked: Item) -> Item:
        start = asked.get("ExclusiveStartKey", 0)
        end = start + self.page
        more = {"LastEvaluatedKey": end} if end < len(found) else {}
        return {"Items": found[start:end], **more}


def _holds(row: Item, held: list[Item], is_same: bool) -> bool:
    if is_same:
        return [row.get("open_flag"), row.get("told_at")] == held
    (before,) = held
    is_over = "open_flag" not in row and "closed_at" in row
    return is_over and int(row["closed_at"]["N"]) < int(before["N"])


class FakeCloudWatch:
    """Minutes of the stream and its processor, by the second after START."""

    def __init__(self) -> None:
        self.minutes: dict[str, dict[int, float]] = {"records": {}, "age_ms": {}}
        self.status = "Complete"

    def get_metric_data(self, **asked: Any) -> Item:
        start, end = asked["StartTime"], asked["EndTime"]
        results = []
        for query in asked["MetricDataQueries"]:
            log_lines = [
                (datetime.fromtimestamp(ms(at) // 1000, timezone.utc), value)
                for at, value in sorted(self.minutes[query["Id"]].items())
            ]
            there = [(at, value) for at, value in log_lines if start <= at < end]
            results.append(
                {
                    "Id": query["Id"],
                    "StatusCode": self.status,
                    "Timestamps": [at for at, _ in there],
                    "Values": [value for _, value in there],
                }
            )
        return {"MetricDataResults": results}


class RememberingS3(FakeS3):
    """A bucket that can be read."""

    def get_object(self, Key: str, **_: Any) -> Item:  # noqa: N803 - boto3's name
        if Key not in self.objects:
            raise refused("NoSuchKey", "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}


class World(City):
    """A city that is swept."""

    def __init__(self, *known: str) -> None:
        super().__init__(*known, dynamodb=FaultyDynamoDB())
        self.memory = RememberingS3()
        self.cloudwatch = FakeCloudWatch()
        self.silent_s = 300
        self.printed: list[str] = []

    def sweep_ports(self, at_s: float, line: Line | None = None) -> SweepPorts:
        """The ports of a sweep; its log lines go to *line*."""
        line = line or Line()
        dynamodb, bus = Wire(self.dynamodb, line), Wire(self.bus, line)
        return SweepPorts(
            lag=CloudWatchLag(Wire(self.cloudwatch, line), "readings", "processor"),
            segments=DynamoSegments(dynamodb, "segments"),
            faults=DynamoFaults(dynamodb, "faults", POLICY.retention_days),
            memory=S3MemoryStore(Wire(self.memory, line), "memory"),
            store=DynamoStore(dynamodb, TABLES, 30, lambda _: None, lambda: 1),
            alerts=EventBridgeBus(bus, "bus"),
            health=EventBridgeBus(bus, "bus", HEALTH_DETAIL_TYPE),
            clock=lambda: ms(at_s),
            policy=POLICY,
            silent_ms=self.silent_s * 1000,
        )

    def sweep(self, at_s: float, line: Line | None = None) -> Sweep:
        """Sweep once at that second."""
        sweep = Sweep(self.sweep_ports(at_s, line))
        sweep.run()
        self.printed = log_lines(sweep, "city", ms(at_s))
        return sweep

    def meanwhile(self, at: int, first: Callable[[], object]) -> Line:
        """A line on which something else happens before its call number *at*."""
        return Line(at, "meanwhile", first)

    def faults(self) -> list[Item]:
        """The rows of the faults, as plain values."""
        return [values_of(row) for row in self.dynamodb.rows("faults")]

    def open(self) -> list[str]:
        """The ids of those that stand open, without since when."""
        found = [row for row in self.faults() if row.get("open_flag") == "open"]
        return sorted(row["fault_id"].split("@")[0] for row in found)

    def whole(self) -> Item:
        """All that outlives the function, but for memory and versions."""
        return {**self.picture(), "faults": self.faults()}

    def segment(self, name: str) -> Item:
        """A segment as plain values."""
        (found,) = [r for r in self.rows("segments") if r["segment_id"] == name]
        return found
