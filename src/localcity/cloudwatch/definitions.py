"""Alarms and mappings with all that a template says of them.

MiniStack refuses an alarm on metric math, and drops MetricsConfig of a mapping.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import cloudwatch, lambda_svc
from ministack.services.cloudformation import provisioners

from localcity.patching import Patch

Alarm = dict[str, Any]

# Set when an alarm was made or changed: the evaluation looks at all of them again.
changed = threading.Event()

_MAPPING = "AWS::Lambda::EventSourceMapping"
_LOW_SAMPLES = "EvaluateLowSampleCountPercentile"
_WARM_UP = "WarmUpConfiguration"
# Of an alarm that was made with a warm-up: when it ends at the latest, in seconds.
WARM_UNTIL = "WarmUntil"
# What describes one metric; an alarm on metric math names its metrics itself.
_SINGLE = {"MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period"}
_SINGLE |= {"Dimensions", "Unit"}


def completed(alarm: Alarm, given: Mapping[str, Any], before: Alarm | None) -> Alarm:
    """An alarm's record with what MiniStack leaves out of it, as AWS describes it.

    `given` are the properties asked for, `before` the record they replace.
    """
    definition = {k: v for k, v in alarm.items() if v is not None}
    since = (before or alarm)["StateUpdatedTimestamp"]
    moved = (before or {}).get("StateTransitionedTimestamp", since)
    definition["StateTransitionedTimestamp"] = moved
    if given.get(_LOW_SAMPLES):
        definition[_LOW_SAMPLES] = given[_LOW_SAMPLES]
    if before is None and given.get(_WARM_UP):
        minutes = int(given[_WARM_UP]["WarmUpPeriodDurationInMinutes"])
        definition[WARM_UNTIL] = alarm["StateUpdatedTimestamp"] + 60 * minutes
    elif before is not None and WARM_UNTIL in before:
        definition[WARM_UNTIL] = before[WARM_UNTIL]  # once, when it is made
    if given.get("Metrics"):
        definition = {k: v for k, v in definition.items() if k not in _SINGLE}
        definition["Metrics"] = [_query(query) for query in given["Metrics"]]
    elif "ExtendedStatistic" in definition:
        definition.pop("Statistic", None)
    return definition


def _query(given: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of Metrics; a template's numbers and truths may be texts."""
    query = dict(given)
    query["ReturnData"] = str(given.get("ReturnData", True)).lower() == "true"
    if "MetricStat" in given:
        stat = given["MetricStat"]
        query["MetricStat"] = {**stat, "Period": int(stat["Period"])}
    if "Period" in given:
        query["Period"] = int(given["Period"])
    return query


def _from_template(record: Callable[..., Alarm]) -> Callable[..., Alarm]:
    def recorded(name: str, props: dict[str, Any]) -> Alarm:
        before = cloudwatch._alarms.get(name)
        stand_in = props
        if props.get("Metrics"):
            stand_in = {**props, "Metrics": None, "MetricName": "-", "Namespace": "-"}
        alarm = completed(record(name, stand_in), props, before)
        changed.set()
        return alarm

    return recorded


def _from_api(put: Callable[..., Any]) -> Callable[..., Any]:
    def putting(params: Any, request: Any, *protocol: Any) -> Any:
        name = request.get("AlarmName")
        before = cloudwatch._alarms.get(name)
        answer = put(params, request, *protocol)
        if answer[0] == 200 and name:  # the form-encoded protocol has no request
            alarm = cloudwatch._alarms[name]
            cloudwatch._alarms[name] = completed(alarm, request, before)
        changed.set()
        return answer

    return putting


def _keep_metrics(mapping_id: str, given: Mapping[str, Any]) -> None:
    mapping = lambda_svc._esms.get(mapping_id)
    if mapping is None:
        return
    if given.get("MetricsConfig") is not None:
        mapping["MetricsConfig"] = given["MetricsConfig"]


def _mapping_from_template(handler: Callable[..., Any], props_at: int) -> Any:
    @functools.wraps(handler)  # MiniStack looks at the signature
    def handled(*args: Any, **options: Any) -> Any:
        result = handler(*args, **options)
        lambda_svc._esms[result[0]].pop("MetricsConfig", None)
        _keep_metrics(result[0], args[props_at])
        return result

    return handled


def _mapping_created(create: Callable[..., Any]) -> Callable[..., Any]:
    def created(data: dict[str, Any]) -> Any:
        known = set(lambda_svc._esms)
        answer = create(data)
        for mapping_id in set(lambda_svc._esms) - known:
            _keep_metrics(mapping_id, data)
        return answer

    return created


def _mapping_updated(update: Callable[..., Any]) -> Callable[..., Any]:
    def updated(mapping_id: str, data: dict[str, Any]) -> Any:
        _keep_metrics(mapping_id, data)
        return update(mapping_id, data)

    return updated


def _apply_alarms() -> None:
    record = _from_template(provisioners._cw_metric_alarm_record)
    provisioners._cw_metric_alarm_record = record
    cloudwatch._put_metric_alarm = _from_api(cloudwatch._put_metric_alarm)


def _apply_mappings() -> None:
    handlers = provisioners._RESOURCE_HANDLERS[_MAPPING]
    handlers["create"] = _mapping_from_template(handlers["create"], props_at=1)
    handlers["update"] = _mapping_from_template(handlers["update"], props_at=2)
    lambda_svc._create_esm = _mapping_created(lambda_svc._create_esm)
    lambda_svc._update_esm = _mapping_updated(lambda_svc._update_esm)


PATCHES = (
    Patch(
        "alarm definitions",
        "an alarm on metric math is refused, and low samples of a percentile ignored",
        [(cloudwatch, "_alarms"), (provisioners, "_RESOURCE_HANDLERS")],
        [
            (provisioners, "_cw_metric_alarm_record", "4565fcede1eb"),
            (cloudwatch, "_put_metric_alarm", "953a67ff4bb1"),
        ],
        _apply_alarms,
    ),
    Patch(
        "mapping metrics",
        "MetricsConfig of an event source mapping is dropped",
        [(lambda_svc, "_esms"), (provisioners, "_RESOURCE_HANDLERS")],
        [
            (provisioners, "_lambda_esm_create", "f053a4e8c30c"),
            (provisioners, "_lambda_esm_update", "aa8165621335"),
            (lambda_svc, "_create_esm", "d351521bb6cd"),
            (lambda_svc, "_update_esm", "1b7e0409cb65"),
        ],
        _apply_mappings,
    ),
)
