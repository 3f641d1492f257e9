"""What a controller reads of free-flow speeds: the configured and the learned one."""

from __future__ import annotations

import pytest

from trafficctl.watch.render import free_flow_of, free_flow_warning

from .test_views import JAMMED, segment


@pytest.mark.parametrize(
    ("configured", "learned", "text"),
    [
        (105, None, "105"),
        (105, 98, "105 (98)"),
        (None, 98, "(98)"),
        (None, None, "unknown"),
    ],
)
def test_the_learned_free_flow_speed_stands_beside_the_configured_one(
    configured, learned, text
):
    item = segment("S", free_flow_speed=configured, learned_free_flow_speed=learned)

    assert free_flow_of(item) == text


def test_free_flow_speeds_that_differ_by_over_15_percent_are_named():
    def both(name, learned):
        return segment(name, free_flow_speed=100, learned_free_flow_speed=learned)

    assert free_flow_warning([both("S", 115), both("T", 85), JAMMED]) is None
    warning = free_flow_warning([both("S", 130), both("T", 60), both("U", 84)])
    assert warning is not None
    assert "over 15% from quiet hours: T, S, U - correct" in warning
    many = [both(f"S{n}", 50) for n in range(8)]
    assert "S0, S1, S2, S3, S4 and 3 more" in free_flow_warning(many)
