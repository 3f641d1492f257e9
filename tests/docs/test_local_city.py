"""The page of the local city tells which alarms can ring there, and it is true."""

from __future__ import annotations

import re

from localcity.cloudwatch.insights import parse
from localcity.cloudwatch.metric_math import check

from ..integration.conftest import TEMPLATE
from ..template.alarms import ALARMS, expression, given, kebab, metrics

ROOT = TEMPLATE.parent
PAGE = (ROOT / "docs" / "guides" / "local-city.md").read_text()
CITY = ROOT / "src" / "localcity"
PART = PAGE.partition("## Metrics and alarms")[2].partition("\n## ")[0]
OURS = "CityTraffic"  # printed by our own functions, so all of it arrives


def fed() -> set[tuple[str, str]]:
    """Namespace and metric of each item of the list, as the page has them."""
    rows = re.findall(r"^- `(AWS/\w+)`[^:]*: ([^(]+) \(", PART, re.M)
    short = {"ThroughputExceeded": ("ReadProvisioned", "WriteProvisioned")}
    found = set()
    for space, names in rows:
        for name in re.findall(r"[A-Z45][\w.]{2,}", names):
            prefixes = short.get(name, ("",))
            found |= {(space, prefix + name) for prefix in prefixes}
    return found


def alarms() -> dict[str, set[tuple[str, str]]]:
    """What each of the template's alarms reads, by its short name."""
    read = {kebab(name): metrics(name) for name in ALARMS}
    return {
        name: {(one.namespace, one.name) for one in found if one.namespace != OURS}
        for name, found in read.items()
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
    for name in ALARMS:
        queries = given(name).get("Metrics", [])
        ids = [query["Id"] for query in queries if "MetricStat" in query]
        formula = expression(name)
        if formula and parse(formula) is None:
            check(formula, ids)


def test_an_alarm_can_ring_here_or_the_page_says_that_it_never_does() -> None:
    cannot = {name for name, read in alarms().items() if read - fed()}
    always_zero = {
        name
        for name, read in alarms().items()
        if any("ThroughputExceeded" in metric for _space, metric in read)
    }

    assert cannot | always_zero == silent()
