"""The pages promise what the code holds to."""

from __future__ import annotations

import ast
import re

import pytest

from traffic import policy

from .sources import ROOT, modules, parsed

WIRE_FORMAT = " ".join((ROOT / "docs" / "wire-format.md").read_text().split())


@pytest.mark.parametrize(
    "promise",
    [
        "`vehicle_count` | whole number, vehicles in the interval on one lane "
        f"| 0-{policy.MAX_VEHICLE_COUNT} |",
        f"`average_speed` | number, km/h | 0-{policy.MAX_SPEED_KMH};",
        f"`congestion_score` | number | optional, 0-{policy.MAX_SCORE};",
        f"optional, over 0, at most {policy.MAX_INTERVAL_S};",
        f"at most {policy.MAX_CLOCK_LEAD_MS // 1000} s after receipt, "
        f"at most {policy.MAX_AGE_MS // 3_600_000} h before it",
        f"1-{policy.MAX_ID_LENGTH} of letters, digits, `_ : . -`",
        f"at most {policy.MAX_READINGS_PER_MESSAGE} readings, "
        f"a segment at most {policy.MAX_SENSORS_PER_SEGMENT} sensors",
    ],
)
def test_the_wire_format_tells_the_limits_in_force(promise: str) -> None:
    assert promise in WIRE_FORMAT


def test_every_reason_for_quarantine_is_explained_and_none_is_invented() -> None:
    table = WIRE_FORMAT.partition("### Reasons")[2].partition("An object")[0]
    told = set(re.findall(r"`([a-z]+_[a-z_]+)`", table))
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
