"""Parameters are held against the template before AWS is asked."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from ministack.services.cloudformation import engine

from tests.template.template import TEXT
from trafficctl import __main__ as command_line
from trafficctl.errors import UserError
from trafficctl.stack import parameter_limits
from trafficctl.up.command import up

SMALL = r"""
Parameters:
  Kind: {Type: String, Default: a, AllowedValues: [a, b]}
  Size: {Type: Number, Default: 5, MinValue: 1, MaxValue: 10}
  Step: {Type: Number, Default: 5, AllowedValues: [5, 10], ConstraintDescription: must be 5 or 10.}
  Word: {Type: String, Default: abc, MinLength: 2, MaxLength: 4, AllowedPattern: "[a-z]+"}
  Names: {Type: CommaDelimitedList, Default: "a,b", AllowedValues: [a, b]}
  Ports: {Type: List<Number>, Default: "1,2", MaxValue: 9}
  Secret: {Type: String, Default: abcd, MinLength: 4, NoEcho: true}
  Java: {Type: String, Default: a, AllowedPattern: '\p{Alpha}+'}
  Needed: {Type: String}
Rules:
  Both:
    RuleCondition: !Equals [!Ref Kind, b]
    Assertions:
      - Assert: !Not [!Equals [!Ref Size, "7"]]
        AssertDescription: Kind b takes no Size 7.
      - Assert: !EachMemberIn [!ValueOfAll [AWS::EC2::VPC::Id, Tags.x], [a]]
        AssertDescription: AWS alone can judge this
Resources: {}
"""  # noqa: E501 - a parameter a line
NEEDED = {"Needed": "x"}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Kind", "c", "Kind: got 'c'; must be one of a, b"),
        ("Size", "big", "Size: got 'big'; must be a number"),
        ("Size", "1_0", "Size: got '1_0'; must be a number"),
        ("Size", "nan", "Size: got 'nan'; must be a number"),
        ("Size", "0", "Size: got '0'; must be at least 1"),
        ("Size", "10.5", "Size: got '10.5'; must be at most 10"),
        ("Step", "6", "Step: got '6'; must be 5 or 10"),
        ("Word", "a", "Word: got 'a'; must have at least 2 characters"),
        ("Word", "abcde", "Word: got 'abcde'; must have at most 4 characters"),
        ("Word", "ab1", "Word: got 'ab1'; must match [a-z]+"),
        ("Names", "a, c", "Names: got 'a, c'; must be one of a, b"),
        ("Ports", "1,x", "Ports: got '1,x'; must be a number"),
        ("Ports", "1,10", "Ports: got '1,10'; must be at most 9"),
        (
            "Secret",
            "abc",
            "Secret: got a value that is not shown; must have at least 4 characters",
        ),
    ],
)
def test_each_limit_names_the_parameter_what_it_got_and_what_is_allowed(
    name: str, value: str, said: str
) -> None:
    assert parameter_limits.faults(SMALL, {name: value}) == [said]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("Kind", "b"), ("Size", "1"), ("Size", "10"), ("Size", "1e1")),
        *(("Step", "10.0"), ("Word", "abcd"), ("Names", "b, a"), ("Ports", "9")),
        ("Java", "1"),  # Python cannot read the pattern: AWS judges it
    ],
)
def test_what_is_within_the_limits_passes(name: str, value: str) -> None:
    assert parameter_limits.faults(SMALL, {name: value, **NEEDED}, {}) == []


def test_a_time_zone_has_to_exist() -> None:
    wrong = parameter_limits.faults(TEXT, {"ReportTimeZone": "Europe/Berln"})

    assert len(wrong) == 1
    assert wrong[0].startswith(
        "ReportTimeZone: got 'Europe/Berln'; no such time zone - did you mean "
        "'Europe/Berlin'"
    )
    assert parameter_limits.faults(TEXT, {"ReportTimeZone": "Asia/Tokyo"}) == []


def test_a_parameter_without_a_default_has_to_be_given() -> None:
    assert parameter_limits.faults(SMALL, {}, {}) == [
        "Needed: has no default, give a value"
    ]
    assert parameter_limits.faults(SMALL, {}, NEEDED) == []
    assert parameter_limits.faults(SMALL, {}) == []  # the stack may keep one


def test_a_rule_counts_only_where_its_condition_holds() -> None:
    assert parameter_limits.faults(SMALL, {"Size": "7", **NEEDED}, {}) == []
    assert parameter_limits.faults(SMALL, {"Size": "7"}, {"Kind": "b", **NEEDED}) == [
        "Kind b takes no Size 7 (Size is 7)"
    ]


def test_a_secret_that_the_stack_keeps_is_not_judged() -> None:
    kept = {"Secret": "****", "Word": "****", **NEEDED}

    assert parameter_limits.faults(SMALL, {}, kept) == []


def test_all_faults_are_told_at_once() -> None:
    given = {
        "CongestionHighThreshold": "61",
        "Shards": "3",
        "AlertEmail": "nobody",
        "KinesisMaxShardCount": "8",
        "KinesisShardCount": "64",
        "EnvironmentX": "dev",
    }

    with pytest.raises(UserError) as caught:
        parameter_limits.check(TEXT, given)

    assert caught.value.exit_code == 2
    lines = str(caught.value).splitlines()
    assert lines[1:-1] == [
        "  Shards: no such parameter; did you mean KinesisShardCount or "
        "KinesisMaxShardCount?",
        "  EnvironmentX: no such parameter; did you mean Environment?",
        "  CongestionHighThreshold: got '61'; must be a multiple of 5 from 5 to 100",
        "  AlertEmail: got 'nobody'; must be an e-mail address, or empty for none",
        "  KinesisShardCount must not exceed KinesisMaxShardCount: lower the first or "
        "raise the second (KinesisMaxShardCount is 8, KinesisShardCount is 64)",
    ]


def test_a_name_near_none_is_answered_with_all_there_are() -> None:
    (said,) = parameter_limits.faults(TEXT, {"Xyzzy": "1"})

    assert said.startswith("Xyzzy: no such parameter; the template has AlertClear")
    assert said.count(", ") == len(engine._parse_template(TEXT)["Parameters"]) - 1


def test_the_templates_own_defaults_pass() -> None:
    assert parameter_limits.faults(TEXT, {}, {}) == []


@pytest.mark.parametrize("kind", ["Read", "Write"])
def test_a_minimum_capacity_is_at_most_its_maximum(kind: str) -> None:
    low, high = f"DynamoDB{kind}Capacity", f"DynamoDBMax{kind}Capacity"

    assert parameter_limits.faults(TEXT, {low: "4000", high: "4000.0"}) == []
    assert parameter_limits.faults(TEXT, {low: "4001"}) == []  # the stack may keep one
    assert parameter_limits.faults(TEXT, {low: "4001"}, {}) == [
        f"{low} must not exceed {high}: lower the first or raise the second "
        f"({high} is 4000, {low} is 4001)"
    ]
    assert parameter_limits.faults(TEXT, {low: "41000", high: "1"}) == [
        f"{low}: got '41000'; must be at most 40000"
    ]


def test_thresholds_are_judged_as_the_emulator_judges_them() -> None:
    template = engine._parse_template(TEXT)
    names = [f"Congestion{one}Threshold" for one in ("Clear", "High", "Severe")]

    for values in itertools.product(("5", "50", "95"), repeat=3):
        given = dict(zip(names, values, strict=True))
        low, high, severe = (int(one) for one in values)
        taken = parameter_limits.faults(TEXT, given) == []

        assert taken is (low < high < severe)
        assert taken is _emulator_takes(template, given)


def _emulator_takes(template: dict[str, object], given: dict[str, str]) -> bool:
    provided = [{"Key": key, "Value": value} for key, value in given.items()]
    try:
        parameters = engine._resolve_parameters(template, provided)
        engine._evaluate_rules(template, parameters, {})
    except ValueError:
        return False
    return True


def test_preflight_refuses_what_deploy_would(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = command_line.main(["preflight", "--parameter", "AlertHoldSeconds=-1"])

    assert code == 2
    assert "AlertHoldSeconds: got '-1'" in capsys.readouterr().err


def test_no_city_is_started_for_parameters_that_cannot_be_deployed(
    tmp_path: Path,
) -> None:
    with pytest.raises(UserError, match="AlertHoldSeconds: got '-1'"):
        up(tmp_path / "never", parameters={"AlertHoldSeconds": "-1"})

    assert list(tmp_path.iterdir()) == []
