"""What the tool knows of a deployed stack."""

from __future__ import annotations

import pytest

from trafficctl.aws.session import outputs_of
from trafficctl.errors import CityError

STACK = {
    "StackName": "city",
    "StackStatus": "IMPORT_COMPLETE",
    "Outputs": [{"OutputKey": "ReadingsStream", "OutputValue": "city-readings"}],
}


def test_outputs_are_found_by_their_names() -> None:
    assert outputs_of(STACK)["ReadingsStream"] == "city-readings"


def test_a_stack_half_deployed_says_so_instead_of_a_fault_of_the_tool() -> None:
    with pytest.raises(CityError, match=r"city \(IMPORT_COMPLETE\) has no output Road"):
        outputs_of(STACK)["RoadSegmentsTable"]
    assert outputs_of(STACK).get("RoadSegmentsTable") is None
