"""AWS's own model takes each request that CloudFormation makes of the resources."""

from __future__ import annotations

from typing import Any

import pytest

from .definition import DEFINITION, SHEETS, named, visuals
from .resolve import PRINCIPAL
from .shapes import faults
from .warehouse import DATASETS, STACK

CALLS = {
    "AWS::QuickSight::DataSource": ("quicksight", "CreateDataSource"),
    "AWS::QuickSight::DataSet": ("quicksight", "CreateDataSet"),
    "AWS::QuickSight::Theme": ("quicksight", "CreateTheme"),
    "AWS::QuickSight::Dashboard": ("quicksight", "CreateDashboard"),
    "AWS::Glue::Database": ("glue", "CreateDatabase"),
    "AWS::Glue::Table": ("glue", "CreateTable"),
    "AWS::Athena::DataCatalog": ("athena", "CreateDataCatalog"),
}
ASKED = {
    name: CALLS[one["Type"]]
    for name, one in STACK.resources().items()
    if one["Type"] in CALLS
}
OWNER = {
    "AWS::QuickSight::DataSource": """DescribeDataSource DescribeDataSourcePermissions
        PassDataSource UpdateDataSource DeleteDataSource UpdateDataSourcePermissions""",
    "AWS::QuickSight::DataSet": """DescribeDataSet DescribeDataSetPermissions
        PassDataSet DescribeIngestion ListIngestions UpdateDataSet DeleteDataSet
        CreateIngestion CancelIngestion UpdateDataSetPermissions CreateRefreshSchedule
        UpdateRefreshSchedule DeleteRefreshSchedule ListRefreshSchedules
        PutDataSetRefreshProperties""",
    "AWS::QuickSight::Dashboard": """DescribeDashboard ListDashboardVersions
        UpdateDashboardPermissions QueryDashboard UpdateDashboard DeleteDashboard
        DescribeDashboardPermissions UpdateDashboardPublishedVersion""",
    "AWS::QuickSight::Theme": """DescribeTheme DescribeThemeAlias ListThemeAliases
        ListThemeVersions""",
}


def request(name: str) -> dict[str, Any]:
    """Return the API's request: CloudFormation names the properties as the API does."""
    return STACK.properties(name)


@pytest.mark.parametrize("name", ASKED)
def test_the_model_takes_the_request(name: str) -> None:
    assert faults(*ASKED[name], request(name)) == []


def test_the_model_would_notice_a_slip() -> None:
    slipped = request("ReportSource") | {"Type": "DYNAMODB", "Nmae": "x"}

    found = faults("quicksight", "CreateDataSource", slipped)

    assert len(found) == 2


@pytest.mark.parametrize("kind", OWNER)
def test_the_principal_is_given_a_set_of_actions_that_quicksight_accepts(
    kind: str,
) -> None:
    granted = [
        request(name)["Permissions"]
        for name, one in STACK.resources().items()
        if one["Type"] == kind
    ]

    actions = sorted(f"quicksight:{action}" for action in OWNER[kind].split())
    assert {(len(one), one[0]["Principal"]) for one in granted} == {(1, PRINCIPAL)}
    assert [sorted(one[0]["Actions"]) for one in granted] == [actions] * len(granted)


def test_every_dataset_asks_afresh_each_time() -> None:
    assert {one["ImportMode"] for one in DATASETS.values()} == {"DIRECT_QUERY"}


def test_quicksight_works_by_the_role_of_this_stack() -> None:
    source = request("ReportSource")
    athena = source["DataSourceParameters"]["AthenaParameters"]

    assert source["Type"] == "ATHENA"
    assert athena["RoleArn"] == STACK.value({"Fn::GetAtt": ["QuickSightRole", "Arn"]})
    assert athena["WorkGroup"] == request("ReportWorkGroup")["Name"]


def test_a_chart_that_quicksight_dislikes_rolls_nothing_back() -> None:
    assert request("ReportDashboard")["ValidationStrategy"] == {"Mode": "LENIENT"}


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_visual_has_a_place_of_its_own_on_its_sheet(sheet: str) -> None:
    (layout,) = SHEETS[sheet]["Layouts"]
    elements = layout["Configuration"]["GridLayout"]["Elements"]
    cells = [cell for one in elements for cell in _cells(one)]

    assert sorted(one["ElementId"] for one in elements) == sorted(visuals(sheet))
    assert len(cells) == len(set(cells))
    assert max(column for column, _ in cells) < 36


def _cells(one: dict[str, Any]) -> list[tuple[int, int]]:
    return [
        (one["ColumnIndex"] + x, one["RowIndex"] + y)
        for x in range(one["ColumnSpan"])
        for y in range(one["RowSpan"])
    ]


@pytest.mark.parametrize(
    "key", ["VisualId", "FieldId", "FilterId", "FilterGroupId", "FilterControlId"]
)
def test_an_id_is_given_once(key: str) -> None:
    definitions = [
        one
        for one in named(DEFINITION, key)
        if not (key == "FieldId" and one in SORTED | COLOURED)
    ]

    assert sorted(definitions) == sorted(set(definitions))


SORTED = {one["FieldId"] for one in named(DEFINITION, "FieldSort")}
COLOURED = {
    one["FieldId"] for one in named(DEFINITION, "Element") if isinstance(one, dict)
}


def test_charts_sort_and_colour_by_fields_they_have() -> None:
    fields = [
        one["FieldId"]
        for sheet in SHEETS
        for _, visual in visuals(sheet).values()
        for one in _fields(visual)
    ]

    assert (SORTED | COLOURED) - set(fields) == set()


def _fields(visual: dict[str, Any]) -> list[dict[str, Any]]:
    wells = visual["ChartConfiguration"]["FieldWells"]
    return [
        one
        for kind in ("Categorical", "Numerical", "Date")
        for part in ("DimensionField", "MeasureField")
        for one in named(wells, f"{kind}{part}")
    ]


def test_every_control_moves_a_filter_of_its_own_sheet() -> None:
    scoped = {
        filter_id: [
            scope["SheetId"]
            for scope in group["ScopeConfiguration"]["SelectedSheets"][
                "SheetVisualScopingConfigurations"
            ]
        ]
        for group in DEFINITION["FilterGroups"]
        for filter_id in named(group, "FilterId")
    }
    moved = {
        control: sheet
        for sheet, one in SHEETS.items()
        for control in named(one, "SourceFilterId")
    }

    assert {name: scoped.get(name) for name in moved} == {
        name: [sheet] for name, sheet in moved.items()
    }


def test_the_dashboard_holds_what_a_city_asks_for() -> None:
    told = {
        visual_id: kind
        for sheet in SHEETS
        for visual_id, (kind, _) in visuals(sheet).items()
    }

    assert told == {
        "now-flow": "KPIVisual",
        "now-speed": "KPIVisual",
        "now-congested": "KPIVisual",
        "now-silent": "KPIVisual",
        "now-map": "GeospatialMapVisual",
        "now-worst": "BarChartVisual",
        "now-missing": "TableVisual",
        "hours-flow": "LineChartVisual",
        "hours-speed": "LineChartVisual",
        "hours-worst": "BarChartVisual",
        "weeks-heat": "HeatMapVisual",
        "weeks-flow": "LineChartVisual",
        "weeks-speed": "LineChartVisual",
        "alerts-open": "KPIVisual",
        "alerts-length": "KPIVisual",
        "alerts-districts": "BarChartVisual",
        "alerts-heat": "HeatMapVisual",
        "alerts-list": "TableVisual",
        "incidents-count": "KPIVisual",
        "incidents-hours": "KPIVisual",
        "incidents-delay": "KPIVisual",
        "incidents-unusual": "KPIVisual",
        "incidents-roads": "BarChartVisual",
        "incidents-heat": "HeatMapVisual",
        "incidents-heads": "TableVisual",
    }


def test_the_segment_chosen_reaches_the_sql() -> None:
    (declared,) = named(DEFINITION, "StringParameterDeclaration")
    (asked,) = named(DATASETS["weeks"]["DatasetParameters"], "StringDatasetParameter")

    assert declared["MappedDataSetParameters"] == [
        {"DataSetIdentifier": "weeks", "DataSetParameterName": asked["Name"]}
    ]
    sql = DATASETS["weeks"]["PhysicalTableMap"]["weeks"]["CustomSql"]["SqlQuery"]
    assert f"<<${asked['Name']}>>" in sql
    assert named(SHEETS["weeks"], "SourceParameterName") == [declared["Name"]]
