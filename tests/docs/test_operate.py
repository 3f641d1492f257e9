"""What the pages for operators state of the template is so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from tests.docs.pages import states
from tests.template.contract import create_only
from tests.template.template import (
    PARAMETERS,
    RESOURCES,
    TEMPLATE,
    names_used,
    of_type,
    properties,
)
from trafficctl.cost.sizing import record_bytes
from trafficctl.preflight.load import UNRESERVED_FLOOR, PlannedLoad, needs

DOCS = Path(__file__).parents[2] / "docs"
CAPACITY = (DOCS / "guides" / "capacity.md").read_text()
INCIDENT = (DOCS / "runbooks" / "incident.md").read_text()
OPERATE = (DOCS / "guides" / "operate.md").read_text()
PARAMETERS_PAGE = (DOCS / "reference" / "parameters.md").read_text()
_SPECS = files("cfnlint.data.AdditionalSpecs")
LIFE = json.loads((_SPECS / "LmbdRuntimeLifecycle.json").read_text())


def rows(heading: str) -> Iterator[list[str]]:
    """The cells of each row of the tables below a heading."""
    part = re.split(rf"^#+ {heading}$", PARAMETERS_PAGE, flags=re.M)[1]
    part = re.split(r"^#+ ", part, flags=re.M)[0]
    for line in part.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_each_parameter_is_told_once_with_its_reason_and_its_price() -> None:
    told = list(rows("Tuning"))

    assert [row[0].strip("`") for row in told] == list(PARAMETERS)
    assert [row for row in told if len(row) != 3 or not all(row)] == []


def test_the_dates_of_the_runtimes_are_those_that_lint_goes_by() -> None:
    told = {row[0].strip("`"): row[1:] for row in rows("Runtimes")}
    dates = ("deprecated", "create-block", "update-block")

    assert told == {
        name: [LIFE[name][date] for date in dates]
        for name in PARAMETERS["LambdaRuntime"]["AllowedValues"]
    }


def replaced_by(parameter: str) -> set[str]:
    """The resources replaced when a parameter changes, by the schemas of AWS."""
    return {
        name
        for name, resource in RESOURCES.items()
        for fixed in create_only(resource["Type"])
        if parameter in reached(resource["Properties"].get(fixed))
    }


def reached(node: Any) -> set[str]:
    """The parameters that a value depends on, by conditions too."""
    names = names_used(node)
    conditions = {name for name in names if name in TEMPLATE["Conditions"]}
    return names | {
        name for one in conditions for name in names_used(TEMPLATE["Conditions"][one])
    }


def test_no_parameter_replaces_what_holds_data() -> None:
    replaced = {name: replaced_by(name) for name in PARAMETERS}

    assert {name: found for name, found in replaced.items() if found} == {
        "AlertEmail": {"AlertEmailSubscription"},
        "OperationsEmail": {"OperationsEmailSubscription"},
    }
    assert states(PARAMETERS_PAGE, "`AlertEmail`", "`OperationsEmail`")


def test_what_has_a_fixed_name_is_refused_a_replacement() -> None:
    named = {
        "AWS::DynamoDB::Table": "TableName",
        "AWS::Kinesis::Stream": "Name",
        "AWS::Lambda::Function": "FunctionName",
        "AWS::Logs::LogGroup": "LogGroupName",
        "AWS::SQS::Queue": "QueueName",
        "AWS::SNS::Topic": "TopicName",
    }
    for kind, name in named.items():
        assert name in create_only(kind)
        assert [one for one in of_type(kind) if name not in properties(one)] == []


def test_the_dead_letters_and_the_quarantine_expire_as_told() -> None:
    days = [
        properties(name)["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"]
        for name in ("QuarantineBucket", "DeadLetterBucket")
    ]

    assert states(INCIDENT, days[0], f"{days[1]} days")


def test_people_are_signed_in_as_long_as_told() -> None:
    client = properties("LivePage")

    days, minutes = client["RefreshTokenValidity"], client["AccessTokenValidity"]
    assert states(OPERATE, "token", f"{days} days", f"{minutes} minutes")


def test_the_formulas_are_those_of_preflight() -> None:
    load = PlannedLoad(sensors=50_000, interval=1, readings_per_message=25)
    settings = {name: str(one["Default"]) for name, one in PARAMETERS.items()}
    needed = needs(load, settings)
    window = max(1, int(settings["EventBatchWindowSeconds"]))
    messages = 50_000 / 1 / 25

    assert "*M* = S / (T R)" in CAPACITY
    assert needed["publishes"] == messages
    assert "max(M / 1,000, M bytes / 1,048,576) / 0.7" in CAPACITY
    most = max(messages / 1_000, messages * record_bytes(25) / 1_048_576)
    assert needed["shards"] == most / 0.7 // 1 + 1
    assert "min(M, G / max(W, 1)) + 2 G / 60" in CAPACITY
    writes = min(messages, 5_000 / window) + 2 * 5_000 / 60
    assert needed["table_writes"] == -(-writes // 1)
    live = int(settings["LiveApiReservedConcurrency"])
    assert states(CAPACITY, "shards x P", live, 3)
    runs = needed["shards"] * int(settings["EventParallelizationFactor"]) + live + 3
    assert needed["executions"] == max(runs, live + UNRESERVED_FLOOR)
