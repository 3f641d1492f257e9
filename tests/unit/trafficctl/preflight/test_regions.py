"""A Region without a part is named before anything is deployed there."""

from __future__ import annotations

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError

from tests.template.template import RESOURCES
from trafficctl.preflight import account as accounts
from trafficctl.preflight.result import data
from trafficctl.stack.stack import Account

from ..stack.fakes import FakeSession
from .accounts import full_account

REGIONS = data("regions")


@pytest.mark.parametrize(
    ("name", "verdict", "told"),
    [
        ("eu-central-1", "ok", ""),
        ("cn-north-1", "missing", "no sign-in (Cognito's user pools)"),
        ("af-south-1", "missing", "no devices (IoT Core's provisioning templates"),
    ],
)
def test_the_row_of_the_region_names_the_part_that_it_lacks(
    name: str, verdict: str, told: str
) -> None:
    row = accounts.region(name)

    assert row.verdict == verdict
    assert told in row.next_step


def test_reports_are_refused_where_there_is_no_quicksight() -> None:
    session = FakeSession(full_account(), region_name="ap-east-1")

    row = accounts.quicksight(Account(session))

    assert (row.verdict, row.have) == ("missing", "not in this Region")
    assert (
        row.next_step
        == "leave QuickSightPrincipalArn empty: ap-east-1 has no QuickSight"
    )


def missing(region: str) -> set[str]:
    """The template's types that CloudFormation does not have in a Region."""
    found = set()
    for kind in {one["Type"] for one in RESOURCES.values()}:
        try:
            PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind)
        except ResourceNotFoundError:
            found.add(kind)
    return found


@pytest.mark.parametrize("region", ["af-south-1", "ap-east-1", "cn-north-1"])
def test_what_is_told_is_what_cloudformation_lacks(region: str) -> None:
    kinds = missing(region)
    reports = {kind for kind in kinds if "::QuickSight::" in kind}

    assert bool(reports) == (region in REGIONS["missing_reports"])
    assert bool(kinds - reports) == (accounts.region(region).verdict == "missing")
