"""What docs/explanation/threat-model.md leans on is there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.pages import states
from tests.template.template import PARAMETERS, RESOURCES, TEXT, properties
from traffic.policy import MAX_READINGS_PER_MESSAGE, MAX_SENSORS_PER_SEGMENT

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs/explanation/threat-model.md").read_text()
SPANS = re.findall(r"`([^`\n]+)`", PAGE)
SIDS = set(re.findall(r"- Sid: (\w+)", TEXT))
KEYWORDS = {"Retain"}


THREAT = re.compile(
    r"- \*\*(?P<threat>[^*]+)\*\*: (?P<stop>.+?)"
    r"(?: \((?P<shown>`tests/[^)]+`)\))?\. Left: (?P<left>.+)\."
)
WAY_IN = re.compile(r"- \*\*[^*]+\*\* \([^)]+\): .+")


def section(heading: str) -> str:
    """The text below a heading of the second level."""
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def items(part: str) -> list[str]:
    """The items of the lists in a part of the page."""
    return [line for line in part.splitlines() if line.startswith("- ")]


def test_every_name_is_of_the_template() -> None:
    names = {span for span in SPANS if re.fullmatch(r"[A-Z][a-z]+(?:[A-Z]\w+)*", span)}

    assert names - {*RESOURCES, *PARAMETERS} - SIDS - KEYWORDS == set()
    assert len(names) > 30


def test_every_file_is_there() -> None:
    named = {span for span in SPANS if re.match(r"(?:tests|src)/", span)}

    assert {name for name in named if not (PROJECT / name).exists()} == set()
    assert len(named) > 15


def test_every_threat_is_stopped_by_something_and_its_rest_is_told() -> None:
    groups = section("Threats").split("\n### ")[1:]

    assert "".join(group[0] for group in groups) == "STRIDE"
    assert [group for group in groups if not items(group)] == []
    threats = {one: THREAT.fullmatch(one) for one in items(section("Threats"))}
    assert [one for one, found in threats.items() if not found] == []
    unproved = [found for found in threats.values() if found and not found["shown"]]
    assert ["CloudTrail" in found["stop"] for found in unproved] == [True]


def test_every_way_in_is_guarded() -> None:
    ways = items(section("Entry points"))

    assert len(ways) >= 9
    assert [way for way in ways if not WAY_IN.fullmatch(way)] == []


def test_every_alarm_is_one() -> None:
    alarms = {span for span in SPANS if re.fullmatch(r"[a-z]+(-[a-z]+)+", span)}
    alarms -= {"connect-src"}
    named = {
        str(properties(name)["AlarmName"]["Fn::Sub"]).partition("}-")[2]
        for name, one in RESOURCES.items()
        if one["Type"] == "AWS::CloudWatch::Alarm"
    }

    assert alarms <= named
    assert alarms


def test_what_is_kept_of_people_is_kept_as_long_as_told() -> None:
    minutes = properties("LivePage")["AccessTokenValidity"]
    days = properties("QuarantineBucket")["LifecycleConfiguration"]["Rules"][0]

    assert states(PAGE, "`QuarantineBucket`", f"{days['ExpirationInDays']} days")
    assert states(PAGE, "token", f"{minutes} minutes")
    assert properties("LiveAccessLogs")["RetentionInDays"] == {
        "Ref": "LogRetentionDays"
    }


def test_a_flood_is_bounded_as_told() -> None:
    readings = f"{MAX_READINGS_PER_MESSAGE:,} readings"

    assert states(PAGE, readings, f"{MAX_SENSORS_PER_SEGMENT} sensors")
