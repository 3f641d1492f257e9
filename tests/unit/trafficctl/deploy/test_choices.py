"""What a deployment sends beside what it is given: protection, and a runtime."""

from __future__ import annotations

import datetime as dt

import pytest

from trafficctl.deploy.choices import Situation, choose

DEFAULTS = {"LambdaRuntime": "python3.9", "ProtectData": "true"}
PRODUCTION = {"Environment": "production"}
NEWER = {"LambdaRuntime": "python3.13"}  # of which nothing has to be said
ON, OFF = {"ProtectData": "true"}, {"ProtectData": "false"}
DAY = dt.date(2027, 2, 1)
CREATION = Situation(True, True, False, DAY)
UPDATE = Situation(False, False, False, DAY)


def chosen(kept: dict[str, str], given: dict[str, str], at: Situation) -> str | None:
    """The protection that is sent; None leaves it as it is, or to the template."""
    return choose(DEFAULTS, {**NEWER, **kept}, given, at)[0].get("ProtectData")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (PRODUCTION, "false"),
        ({**PRODUCTION, **ON}, "true"),
        ({"Environment": "staging"}, None),
        ({}, None),
    ],
)
def test_a_production_stack_is_created_unprotected(
    given: dict[str, str], sent: str | None
) -> None:
    assert chosen({}, given, CREATION) == sent


@pytest.mark.parametrize(
    ("kept", "given", "sent"),
    [
        ({**PRODUCTION, **OFF}, {}, "true"),
        ({**PRODUCTION, **ON}, {}, "true"),
        ({**PRODUCTION, **ON}, OFF, "false"),
        ({**PRODUCTION, **OFF}, OFF, "false"),
        (PRODUCTION, {}, None),  # from before there was this parameter
        ({"Environment": "staging"}, PRODUCTION, None),
    ],
)
def test_each_update_protects_unless_told_otherwise(
    kept: dict[str, str], given: dict[str, str], sent: str | None
) -> None:
    assert chosen(kept, given, UPDATE) == sent


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "tables and users have no deletion protection: this update turns it on"),
        (OFF, "tables and users have no deletion protection, as ProtectData says"),
    ],
)
def test_who_updates_an_unprotected_stack_is_told_so(
    given: dict[str, str], said: str
) -> None:
    kept = {**NEWER, **PRODUCTION, **OFF}

    assert choose(DEFAULTS, kept, given, UPDATE)[1] == [said]


@pytest.mark.parametrize(
    ("given", "makes", "sent", "said"),
    [
        ({}, True, "python3.13", "AWS refuses new python3.9 functions since"),
        ({"LambdaRuntime": "python3.9"}, True, "python3.9", "AWS refuses updates of"),
        ({}, False, None, "AWS refuses updates of python3.9 functions from 2027-03-03"),
        (NEWER, False, "python3.13", None),
    ],
)
def test_the_runtime_is_one_that_aws_accepts_unless_named(
    given: dict[str, str], makes: bool, sent: str | None, said: str | None
) -> None:
    at = Situation(False, makes, False, DAY)

    parameters, lines = choose(DEFAULTS, {}, given, at)

    assert parameters.get("LambdaRuntime") == sent
    assert len(lines) == (0 if said is None else 1)
    assert (said or "") in "".join(lines)


def test_a_local_city_is_not_told_of_the_days_of_aws() -> None:
    local = Situation(False, False, True, DAY)

    assert choose(DEFAULTS, {}, {}, local)[1] == []
