"""The page on roads states the limits in force, and every property that is read."""

from __future__ import annotations

import pytest

from traffic.policy import MAX_ID_LENGTH, MAX_SPEED_KMH
from trafficctl.cli.wrong_input import MOST_FAULTS
from trafficctl.roads import lines, placement, road_file

from ..shape.sources import ROOT
from .pages import names, states

PAGE = (ROOT / "docs" / "guides" / "roads.md").read_text()


def test_every_property_is_explained_and_none_is_invented() -> None:
    table = PAGE.partition("\n## Properties\n")[2].partition("\n\nOther")[0]

    assert set(names(table)) == {field.name for field in road_file.FIELDS}


@pytest.mark.parametrize(
    "facts",
    [
        ("`segment_id`", f"1-{MAX_ID_LENGTH}"),
        ("`name`", f"1-{road_file.MAX_TEXT}"),
        ("`lanes`", f"1-{road_file.MAX_LANES}"),
        ("`length_m`", f"{road_file.MAX_LENGTH_M:,}"),
        ("`free_flow_speed`", MAX_SPEED_KMH),
        ("`effective_length_m`", road_file.MAX_EFFECTIVE_LENGTH_M),
        ("MultiLineString", f"{lines.JOIN_M:.0f} m"),
        (f"{lines.MOST_CHARACTERS} characters",),
        (f"{lines.FINEST_M:.0f} m", f"{lines.FINEST_M * 2:.0f} m", "Douglas-Peucker"),
        (f"{placement.FAR_M / 1000:.0f} km", f"{placement.FAR_TIMES} times", "warning"),
        (f"first {MOST_FAULTS}", "faults"),
    ],
)
def test_the_page_states_the_limits_in_force(facts: tuple[object, ...]) -> None:
    assert states(PAGE, *facts)
