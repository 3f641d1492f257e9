"""Looks at every alarm, as often as CloudWatch would, and lets it act."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudwatch

from localcity.cloudwatch import alarm_state, insights, metric_math, store
from localcity.cloudwatch.definitions import WARM_UNTIL, Alarm
from localcity.iam import resource_policies
from localcity.patching import Patch

ACTIONS = {
    alarm_state.ALARM: "AlarmActions",
    alarm_state.OK: "OKActions",
    alarm_state.INSUFFICIENT_DATA: "InsufficientDataActions",
}
NOT_HERE = "Cannot be evaluated in the local city"

log = logging.getLogger("city.alarms")


@dataclass(frozen=True)
class Query:
    """One metric that an alarm reads, or all that a query of Metrics Insights does."""

    query_id: str
    key: tuple[str, str, str] | insights.MetricSelection
    stat: str
    unit: str | None
    period_s: float

    def value(self, points: Sequence[store.Point]) -> alarm_state.Point:
        """The statistic over the points of one period; None without any."""
        fitting = [p for p in points if self.unit in (None, p["Unit"])]
        stats = cloudwatch._calc_stats(fitting)
        if not stats:
            return None
        if self.stat not in stats and not cloudwatch._is_percentile_stat(self.stat):
            raise metric_math.MathError(f"the statistic {self.stat}")
        statistic = cloudwatch._stat_value(stats, self.stat, fitting)
        return None if statistic is None else float(statistic)


@dataclass(frozen=True)
class Seen:
    """What an alarm read: a value for each period, and how many samples there were."""

    values: list[alarm_state.Point]
    samples: float


def queries(alarm: Alarm) -> list[Query]:
    """The metrics an alarm reads, whether it names one or calculates with several."""
    if "Metrics" not in alarm:
        stat = alarm.get("ExtendedStatistic") or alarm["Statistic"]
        return [_query("only", alarm, stat, alarm.get("Unit"), alarm["Period"])]
    stats = [(q["Id"], q["MetricStat"]) for q in alarm["Metrics"] if "MetricStat" in q]
    selected = [
        Query(q["Id"], selection, selection.stat, None, float(q["Period"]))
        for q in alarm["Metrics"]
        if (selection := insights.parse(q.get("Expression", ""))) is not None
    ]
    return selected + [
        _query(name, s["Metric"], s["Stat"], s.get("Unit"), s["Period"])
        for name, s in stats
    ]


def _query(name: str, metric: Any, stat: str, unit: Any, period: Any) -> Query:
    dimensions = cloudwatch._dims_from_list(metric.get("Dimensions") or [])
    where = cloudwatch._dims_key(dimensions)
    key = (metric["Namespace"], metric["MetricName"], where)
    return Query(name, key, stat, unit, float(period))


def read(alarm: Alarm, account: str, region: str, now: float) -> Seen:
    """What the alarm's periods hold."""
    all_queries = queries(alarm)
    if not all_queries:
        raise metric_math.MathError(
            ", ".join(q["Expression"] for q in alarm["Metrics"])
        )
    begins = alarm_state.starts(
        now, all_queries[0].period_s, alarm["EvaluationPeriods"]
    )
    values = {}
    samples = 0.0
    for query in all_queries:
        slots = _slots(query, account, region, begins)
        values[query.query_id] = [query.value(slot) for slot in slots]
        recent = slots[-alarm["EvaluationPeriods"] :]
        samples += sum(cloudwatch._point_stats(p)[0] for slot in recent for p in slot)
    return Seen(_returned(alarm, values, len(begins)), samples)


def _slots(
    query: Query, account: str, region: str, begins: Sequence[float]
) -> list[list[store.Point]]:
    slots: list[list[store.Point]] = [[] for _begin in begins]
    selection = query.key
    if isinstance(selection, insights.MetricSelection):
        keys: Sequence[Any] = store.keys(account, region, selection)
    else:
        keys = [selection]
    for key in keys:
        for point in store.points(account, region, key, begins[0]):
            number = math.floor((point["Timestamp"] - begins[0]) / query.period_s)
            if number < len(slots):
                slots[number].append(point)
    return slots


def _returned(
    alarm: Alarm, points: dict[str, list[alarm_state.Point]], count: int
) -> list[alarm_state.Point]:
    """The series the alarm compares: its metric, or the one that returns data."""
    if "Metrics" not in alarm:
        return points["only"]
    for query in alarm["Metrics"]:
        if "Expression" in query and query["Id"] not in points:
            points[query["Id"]] = [
                metric_math.calculate(
                    query["Expression"], {k: v[n] for k, v in points.items()}
                )
                for n in range(count)
            ]
    chosen = [q["Id"] for q in alarm["Metrics"] if q["ReturnData"]]
    if len(chosen) != 1:
        raise metric_math.MathError(f"{len(chosen)} metrics that return data")
    return points[chosen[0]]


def rule_of(alarm: Alarm) -> alarm_state.Rule:
    """What the alarm compares with; MathError for a comparison that is not known."""
    if alarm["ComparisonOperator"] not in alarm_state.COMPARISONS:
        raise metric_math.MathError(f"the comparison {alarm['ComparisonOperator']}")
    periods = int(alarm["EvaluationPeriods"])
    return alarm_state.Rule(
        threshold=float(alarm["Threshold"]),
        comparison=alarm["ComparisonOperator"],
        periods=periods,
        to_alarm=int(alarm.get("DatapointsToAlarm") or periods),
        missing=alarm.get("TreatMissingData") or "missing",
    )


def judge(alarm: Alarm, account: str, region: str, now: float) -> tuple[str, str]:
    """The state the alarm is in now, and why."""
    rule = rule_of(alarm)
    seen = read(alarm, account, region, now)
    current = alarm["StateValue"]
    if _waits_for_samples(alarm, seen) or _warms_up(alarm, seen, now):
        return current, alarm["StateReason"]
    state = alarm_state.state_of(rule, seen.values, current)
    shown = ", ".join("-" if v is None else f"{v:g}" for v in seen.values)
    return state, (
        f"fires at {rule.to_alarm} of {rule.periods} {rule.comparison} "
        f"{rule.threshold:g}, missing is {rule.missing}; newest last: {shown}"
    )


def _waits_for_samples(alarm: Alarm, seen: Seen) -> bool:
    stat = alarm.get("ExtendedStatistic")
    if not stat or alarm.get("EvaluateLowSampleCountPercentile") != "ignore":
        return False
    return alarm_state.too_few_samples(float(stat[1:]), seen.samples)


def _warms_up(alarm: Alarm, seen: Seen, now: float) -> bool:
    """Whether a new alarm waits for its first periods: until all of them have data."""
    if alarm["StateValue"] != alarm_state.INSUFFICIENT_DATA:
        return False
    return (
        now < alarm.get(WARM_UNTIL, 0)
        and None in seen.values[-rule_of(alarm).periods :]
    )


def look(now: float) -> None:
    """Bring every alarm into the state it is in at `now` (seconds)."""
    for place, alarm in list(cloudwatch._alarms._data.items()):
        account, region, _name = place
        with request_scope(account, region):
            try:
                _enter(alarm, *judge(alarm, account, region, now))
            except metric_math.MathError as exc:
                alarm["StateReason"] = f"{NOT_HERE}: {exc}"
            except Exception:  # one alarm must not keep the others from ringing
                log.exception("alarm %s", alarm.get("AlarmName"))


def _enter(alarm: Alarm, state: str, reason: str) -> None:
    before = alarm["StateValue"]
    if state == before:
        return
    alarm.update(StateValue=state, StateReason=reason)
    alarm["StateUpdatedTimestamp"] = int(time.time())
    alarm["StateTransitionedTimestamp"] = alarm["StateUpdatedTimestamp"]
    cloudwatch._record_history(alarm["AlarmName"], before, state, reason)
    cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def _permitted(dispatch: Callable[..., None]) -> Callable[..., None]:
    """Only to topics whose policy lets CloudWatch publish for this alarm."""

    def dispatching(alarm: Alarm, before: str, state: str, reason: str) -> None:
        field = ACTIONS[state]
        source, allowed = alarm["AlarmArn"], []
        for topic in alarm.get(field) or []:
            if resource_policies.may(
                resource_policies.CLOUDWATCH, "sns:Publish", topic, source
            ):
                allowed.append(topic)
            else:
                log.warning("%s may not publish to %s", source, topic)
        dispatch({**alarm, field: allowed}, before, state, reason)

    return dispatching


def _apply() -> None:
    # By the clock, not whenever somebody puts a metric: missing data is news too.
    cloudwatch._evaluate_alarm = lambda _alarm: None
    cloudwatch._evaluate_all_alarms = lambda: None
    cloudwatch._dispatch_alarm_actions = _permitted(cloudwatch._dispatch_alarm_actions)


PATCHES = (
    Patch(
        "alarm evaluation",
        "only at PutMetricData, of one window whatever the periods, missing data and "
        "dimensions, and never of metric math",
        [
            (cloudwatch, "_dims_from_list"),
            (cloudwatch, "_is_percentile_stat"),
            (cloudwatch, "_stat_value"),
            (cloudwatch, "_calc_stats"),
            (cloudwatch, "_record_history"),
            (cloudwatch, "_evaluate_parent_alarms"),
            *resource_policies.NEEDS,
        ],
        [
            (cloudwatch, "_evaluate_alarm", "a0b0acd3d432"),
            (cloudwatch, "_evaluate_all_alarms", "f83f88e57f1c"),
            (cloudwatch, "_dispatch_alarm_actions", "fcf47c0d1e6e"),
        ],
        _apply,
    ),
)
