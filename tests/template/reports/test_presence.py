"""Without a principal nothing of the reports is there; with one, all that they need."""

from __future__ import annotations

from ..template import RESOURCES, names_used
from .resolve import WITH_REPORTS, Stack

REPORTS = {
    name for name, one in RESOURCES.items() if one.get("Condition") == "HasQuickSight"
}
SERVICES = ("AWS::Athena::", "AWS::Glue::", "AWS::QuickSight::")


def test_without_a_principal_nothing_of_the_reports_is_created() -> None:
    assert set(Stack({}).resources()) & REPORTS == set()


def test_with_a_principal_all_of_it_is() -> None:
    assert set(Stack(WITH_REPORTS).resources()) >= REPORTS


def test_whatever_serves_reports_only_stands_behind_the_condition() -> None:
    serving = {n for n, one in RESOURCES.items() if one["Type"].startswith(SERVICES)}

    assert serving - REPORTS == set()


def test_nothing_else_leans_on_what_may_not_be_there() -> None:
    leaning = {
        name
        for name, one in RESOURCES.items()
        if name not in REPORTS and names_used(one) & REPORTS
    }

    assert leaning == set()


def test_names_that_sql_uses_bare_survive_any_stack_name() -> None:
    stack = Stack(WITH_REPORTS)

    assert stack.properties("ReportCatalog")["Name"] == "traffic_1a2b3c4d"
    database = stack.properties("ReportDatabase")["DatabaseInput"]["Name"]
    assert database == "traffic_1a2b3c4d"
