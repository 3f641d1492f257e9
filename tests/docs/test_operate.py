"""What the pages for operators state of the template is so."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from tests.docs.pages import named, names, states
from tests.template.contract import create_only
from tests.template.template import (
    PARAMETERS,
    RESOURCES,
    TEMPLATE,
    names_used,
    of_type,
    properties,
)
from trafficctl.cost.city_load import city
from trafficctl.cost.minute_burst import minute_burst
from trafficctl.cost.needs import HELPERS, UNRESERVED_FLOOR, executions, needs
from trafficctl.cost.sizing import record_bytes

DOCS = Path(__file__).parents[2] / "docs"
CAPACITY = (DOCS / "guides" / "capacity.md").read_text()
LIVE_MAP = (DOCS / "explanation" / "live-map.md").read_text()
INCIDENT = (DOCS / "runbooks" / "incident.md").read_text()
OPERATE = (DOCS / "guides" / "operate.md").read_text()
PARAMETERS_PAGE = (DOCS / "reference" / "parameters.md").read_text()
_SPECS = files("cfnlint.data.AdditionalSpecs")
RUNTIMES = PARAMETERS["LambdaRuntime"]["AllowedValues"]
LIFE = json.loads((_SPECS / "LmbdRuntimeLifecycle.json").read_text())


REASON_AND_PRICE = re.compile(r"\S.+\. \S.+\.")


def test_each_parameter_is_told_once_with_its_reason_and_its_price() -> None:
    part = PARAMETERS_PAGE.partition("\n## Tuning\n")[2].partition("\n## ")[0]

    assert names(part) == list(PARAMETERS)
    assert [
        text for _, text in named(part) if not REASON_AND_PRICE.fullmatch(text)
    ] == []


def test_the_next_date_of_the_runtimes_is_the_one_that_lint_goes_by() -> None:
    ends = {name: LIFE[name]["update-block"] for name in RUNTIMES}
    first = min(ends.values())
    soonest = [f"`{name}`" for name, day in ends.items() if day == first]

    assert states(PARAMETERS_PAGE, *soonest, first)


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
        free = {one for one in of_type(kind) if name not in properties(one)}
        assert free <= {"UndeliveredQueue"}  # outputs and metrics tell its name


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


def test_the_map_reads_as_much_as_its_own_page_says() -> None:
    (units,) = re.findall(r"reads up to (\d+) units a second", LIVE_MAP)

    assert f"up to {units} at 5,000 segments" in CAPACITY
    assert f"up to {units} units a second at 5,000 segments" in LIVE_MAP


def test_the_formulas_are_those_of_preflight() -> None:
    load = city(sensors=50_000, interval_s=1, readings_per_message=25)
    settings = {name: str(one["Default"]) for name, one in PARAMETERS.items()}
    needed = needs(load, settings)
    window = max(1, int(settings["EventBatchWindowSeconds"]))
    messages = 50_000 / 1 / 25

    assert "*M* = S / (T R)" in CAPACITY
    assert needed["publishes"] == messages
    assert "max(M / 1,000, M bytes / 1,048,576) / 0.7" in CAPACITY
    most = max(messages / 1_000, messages * record_bytes(25) / 1_048_576)
    assert needed["shards"] == most / 0.7 // 1 + 1
    assert "min(M, G / max(W, 1)) + 2 B" in CAPACITY
    burst = minute_burst(load)
    writes = min(messages, 5_000 / window) + 2 * burst.rows
    assert needed["table_writes"] == -(-writes // 1)
    live = int(settings["LiveApiReservedConcurrency"])
    assert states(CAPACITY, "shards x P", live, f"{HELPERS} for other")
    assert needed["executions"] == live + UNRESERVED_FLOOR
    runs = 100 * int(settings["EventParallelizationFactor"]) + live + HELPERS
    assert executions(100, settings) == runs
