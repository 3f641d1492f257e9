"""The pages promise what the code holds to."""

from __future__ import annotations

import ast

import pytest

from traffic import policy

from ..docs.pages import names, states
from .sources import ROOT, modules, parsed

WIRE_FORMAT = (ROOT / "docs" / "reference" / "wire-format.md").read_text()


@pytest.mark.parametrize(
    "facts",
    [
        ("`vehicle_count`", f"0-{policy.MAX_VEHICLE_COUNT}"),
        ("`average_speed`", f"0-{policy.MAX_SPEED_KMH}"),
        ("`congestion_score`", f"0-{policy.MAX_SCORE}"),
        ("`interval`", policy.MAX_INTERVAL_S),
        (
            "`timestamp`",
            f"{policy.MAX_CLOCK_LEAD_MS // 1000} s",
            f"{policy.MAX_AGE_MS // 3_600_000} h",
        ),
        ("`sensor_id`", f"1-{policy.MAX_ID_LENGTH}", "`_ : . -`"),
        (
            f"{policy.MAX_READINGS_PER_MESSAGE} readings",
            f"{policy.MAX_SENSORS_PER_SEGMENT} sensors",
        ),
    ],
)
def test_the_wire_format_states_the_limits_in_force(facts: tuple[object, ...]) -> None:
    assert states(WIRE_FORMAT, *facts)


def test_every_reason_for_quarantine_is_explained_and_none_is_invented() -> None:
    table = WIRE_FORMAT.partition("### Reasons")[2].partition("\n## ")[0]
    told = set(names(table))
    nodes = [n for _, path in modules("src/traffic") for n in ast.walk(parsed(path))]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant)}

    assert _reasons(nodes) - told == set()
    assert told - texts == set()


def _reasons(nodes: list[ast.AST]) -> set[str]:
    """The first argument of each rejection, where it is plain text."""
    return {
        node.args[0].value
        for node in nodes
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in {"Rejection", "_refused"}
        and isinstance(node.args[0], ast.Constant)
    }
