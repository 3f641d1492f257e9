"""The template's alarms, as CloudWatch gets them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .reports.resolve import Stack
from .template import PATH, of_type

HERE = Stack({})
ALARMS = of_type("AWS::CloudWatch::Alarm")
RUNBOOKS = PATH.parent / "docs" / "runbooks"
_WATCHED = re.compile(r"[a-z][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Metric:
    """A metric as an alarm watches it; *period* in seconds."""

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
    return [_metric(one["Metric"], one["Stat"], one["Period"]) for one in stats]


def _metric(told: dict[str, Any], stat: str, period: int) -> Metric:
    pairs = sorted((one["Name"], one["Value"]) for one in told["Dimensions"])
    return Metric(told["Namespace"], told["MetricName"], tuple(pairs), stat, period)


def expression(name: str) -> str:
    """Return what an alarm calculates from its metrics, "" if it takes one as it is."""
    told = [one for one in given(name).get("Metrics", []) if "Expression" in one]
    return str(told[0]["Expression"]) if told else ""


def used(formula: str) -> set[str]:
    """Return the ids that a formula of metric math uses."""
    return set(_WATCHED.findall(re.sub(r"[A-Z][A-Z0-9_]*\(", "(", formula)))


PLAIN = sorted(
    name for name, one in ALARMS.items() if "MetricName" in one["Properties"]
)
