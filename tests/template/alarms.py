"""The template's alarms, as CloudWatch gets them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from localcity.cloudwatch.insights import parse

from .reports.resolve import Stack
from .template import PATH, of_type

HERE = Stack({})
ALARMS = of_type("AWS::CloudWatch::Alarm")
RUNBOOKS = PATH.parent / "docs" / "runbooks"
ANY = "*"
_WATCHED = re.compile(r"[a-z][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Metric:
    """A metric as an alarm watches it; *period* in seconds, ANY a dimension's value."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    stat: str
    period: int


def kebab(name: str) -> str:
    """Return an alarm's name in the stack: IotRuleFailuresAlarm, iot-rule-failures."""
    words = re.findall("[A-Z][a-z]*", name.removesuffix("Alarm"))
    return "-".join(words).lower()


def given(name: str) -> dict[str, Any]:
    """Return an alarm's properties with everything filled in."""
    return HERE.properties(name)


def metrics(name: str) -> list[Metric]:
    """Return the metrics that an alarm watches."""
    alarm = given(name)
    if "Metrics" not in alarm:
        stat = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        return [_metric(alarm, stat, alarm["Period"])]
    stats = [one["MetricStat"] for one in alarm["Metrics"] if "MetricStat" in one]
    found = [_metric(one["Metric"], one["Stat"], one["Period"]) for one in stats]
    return [*found, *(one for q in alarm["Metrics"] for one in _selected(q))]


def _selected(query: dict[str, Any]) -> Iterator[Metric]:
    """What a query of Metrics Insights reads, if it is one."""
    found = parse(query.get("Expression", ""))
    if found is not None:
        value = dict.fromkeys(found.labels, ANY) | {found.label: found.value}
        pairs = tuple(sorted(value.items()))
        yield Metric(
            found.namespace, found.name, pairs, found.stat, int(query["Period"])
        )


def _metric(told: dict[str, Any], stat: str, period: int) -> Metric:
    pairs = sorted((one["Name"], one["Value"]) for one in told["Dimensions"])
    return Metric(told["Namespace"], told["MetricName"], tuple(pairs), stat, period)


def expression(name: str) -> str:
    """Return what an alarm calculates from its metrics, "" if it takes one as it is."""
    told = [one for one in given(name).get("Metrics", []) if "Expression" in one]
    return str(told[0]["Expression"]) if told else ""


def used(formula: str) -> set[str]:
    """Return the ids that a formula of metric math uses; a query uses none."""
    if parse(formula) is not None:
        return set()
    return set(_WATCHED.findall(re.sub(r"[A-Z][A-Z0-9_]*\(", "(", formula)))


PLAIN = sorted(
    name for name, one in ALARMS.items() if "MetricName" in one["Properties"]
)

# Off the data's way, or watched through what uses them.
SWEPT = ("IncidentsQueue", "IncidentsSchedule", "IncidentsSource")
ELSEWHERE = {
    "LiveApi": "behind LiveHttpApi, which counts what fails",
    "Connector": "QuickSight shows a failed query to the viewer who asked",
    "DeviceRegistry": "read by ProvisioningHook alone, whose errors ring",
    "OperationsTopic": "an alarm about what carries alarms would not arrive",
    **dict.fromkeys(SWEPT, "silence of Incidents rings"),
    "IncidentsRule": "Incidents looks each minute anyway",
    "TrafficIncidents": "written by Incidents alone, whose failures ring",
    "SensorFaults": "written by SensorHealth alone, whose errors ring",
    "UndeliveredSource": "what it leaves waits in UndeliveredQueue, whose age rings",
    "SensorHealthSchedule": "silence of SensorHealth rings",
    "ShardScalerSchedule": "silence of ShardScaler rings",
    "ProfileBuilderSchedule": "silence of ProfileBuilder rings",
    "WeeklyReport": "`trafficctl bottlenecks` shows the same",
}
