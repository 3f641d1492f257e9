"""The page of the local city tells which alarms can ring there, and it is true."""

from __future__ import annotations

import re
from typing import Any

import cfnlint.decode.cfn_yaml

from localcity.cloudwatch.metric_math import check

from ..integration.conftest import TEMPLATE

ROOT = TEMPLATE.parent
PAGE = (ROOT / "docs" / "guides" / "local-city.md").read_text()
CITY = ROOT / "src" / "localcity"
PART = PAGE.partition("## Metrics and alarms")[2].partition("\n## ")[0]
OURS = "CityTraffic"  # printed by our own functions, so all of it arrives


def fed() -> set[tuple[str, str]]:
    """Namespace and metric of each row of the table, as the page has them."""
    rows = re.findall(r"^\| `(AWS/\w+)`[^|]*\| ([^|]+) \|", PART, re.M)
    short = {"ThroughputExceeded": ("ReadProvisioned", "WriteProvisioned")}
    found = set()
    for space, names in rows:
        for name in re.findall(r"[A-Z45][\w.]{2,}", names):
            prefixes = short.get(name, ("",))
            found |= {(space, prefix + name) for prefix in prefixes}
    return found


def metrics_of(alarm: dict[str, Any]) -> set[tuple[str, str]]:
    if "Metrics" not in alarm:
        return {(alarm["Namespace"], alarm["MetricName"])}
    stats = [q["MetricStat"]["Metric"] for q in alarm["Metrics"] if "MetricStat" in q]
    return {(metric["Namespace"], metric["MetricName"]) for metric in stats}


def alarms() -> dict[str, set[tuple[str, str]]]:
    """What each of the template's alarms reads, by its short name."""
    resources = cfnlint.decode.cfn_yaml.load(str(TEMPLATE))["Resources"].values()
    of_alarms = [r["Properties"] for r in resources if r["Type"].endswith("::Alarm")]
    return {
        str(made["AlarmName"]["Fn::Sub"]).removeprefix("${AWS::StackName}-"): {
            metric for metric in metrics_of(made) if metric[0] != OURS
        }
        for made in of_alarms
    }


def silent() -> set[str]:
    told = PART.partition("**Never fire here**")[2].partition(".")[0]
    return set(re.findall(r"`([a-z-]+)`", told))


def test_every_metric_of_the_page_is_counted_somewhere() -> None:
    code = "".join(path.read_text() for path in CITY.rglob("*.py"))
    # Put together of two words in the code.
    made = {"NumberOfNotificationsDelivered", "NumberOfNotificationsFailed"}
    made |= {"Success", "Failure", "ErrorActionSuccess", "ErrorActionFailure"}

    counted = {name for _space, name in fed() if f'"{name}"' in code}

    assert len(fed()) > 25
    assert {name for _space, name in fed()} - made == counted - made


def test_every_calculation_of_an_alarm_is_known_here() -> None:
    resources = cfnlint.decode.cfn_yaml.load(str(TEMPLATE))["Resources"].values()
    for alarm in (r["Properties"] for r in resources if r["Type"].endswith("::Alarm")):
        queries = alarm.get("Metrics", [])
        ids = [query["Id"] for query in queries if "MetricStat" in query]
        for query in queries:
            if "Expression" in query:
                check(query["Expression"], ids)


def test_an_alarm_can_ring_here_or_the_page_says_that_it_never_does() -> None:
    cannot = {name for name, read in alarms().items() if read - fed()}
    always_zero = {
        name
        for name, read in alarms().items()
        if any("ThroughputExceeded" in metric for _space, metric in read)
    }

    assert cannot | always_zero == silent()
