"""What the template tells the code is checked before any reading is taken."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from traffic.errors import SettingsError
from traffic.processor.settings import ProcessorSettings, read
from traffic.segment.alert_events import link_of
from traffic.segment.alerts import Thresholds
from traffic.settings import required

from .segment.builders import POLICY

REGION = "AWS_REGION"
ENVIRONMENT = {
    "SEGMENTS_TABLE": "city-road_segments",
    "HISTORY_TABLE": "city-segment_history",
    "ALERTS_TABLE": "city-congestion_alerts",
    "EVENT_BUS_NAME": "city-alerts",
    "QUARANTINE_BUCKET": "city-quarantine",
    "STACK_NAME": "city",
    "CONGESTION_HIGH_THRESHOLD": "50",
    "CONGESTION_SEVERE_THRESHOLD": "80",
    "CONGESTION_CLEAR_THRESHOLD": "40",
    "ALERT_HOLD_SECONDS": "60",
    "ALERT_CLEAR_SECONDS": "120",
    "DEFAULT_INTERVAL_SECONDS": "60",
    "HISTORY_RETENTION_DAYS": "30",
    "SITE_URL": "https://traffic.example/",
    "TIME_ZONE": "Europe/Berlin",
    REGION: "eu-west-1",
}


def test_the_environment_chooses_the_policy() -> None:
    settings = read(ENVIRONMENT)

    assert settings.policy == POLICY
    assert settings.segments_table == "city-road_segments"
    assert settings.stack == "city"


@pytest.mark.parametrize("name", required(ProcessorSettings))
def test_a_missing_variable_is_named(name: str) -> None:
    less = {key: value for key, value in ENVIRONMENT.items() if key != name}

    with pytest.raises(SettingsError, match=rf"^set {name} \(template.yaml does\)$"):
        read(less)


@pytest.mark.parametrize("value", ["", "many", "-1", "nan", "inf", "-inf"])
@pytest.mark.parametrize(
    "name", ["ALERT_HOLD_SECONDS", "HISTORY_RETENTION_DAYS", "DEFAULT_INTERVAL_SECONDS"]
)
def test_a_variable_that_is_no_sensible_number_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read({**ENVIRONMENT, name: value})

    assert re.fullmatch(f"{name}: expected `float`.*, got {value!r}", str(caught.value))


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read({})

    assert all(name in str(caught.value) for name in ENVIRONMENT if name != REGION)


@pytest.mark.parametrize(
    ("clear", "high", "severe"), [(50, 50, 80), (60, 50, 80), (40, 80, 80)]
)
def test_thresholds_out_of_order_are_refused(
    clear: int, high: int, severe: int
) -> None:
    environment = {
        **ENVIRONMENT,
        "CONGESTION_CLEAR_THRESHOLD": str(clear),
        "CONGESTION_HIGH_THRESHOLD": str(high),
        "CONGESTION_SEVERE_THRESHOLD": str(severe),
    }

    with pytest.raises(SettingsError, match=f"got {clear}, {high}, {severe}$"):
        read(environment)


def test_zero_is_a_hold_time() -> None:
    assert read({**ENVIRONMENT, "ALERT_HOLD_SECONDS": "0"}).policy.hold_s == 0


def test_a_page_may_have_braces_in_its_address() -> None:
    policy = read({**ENVIRONMENT, "SITE_URL": "https://a.example/{x}"}).policy

    assert link_of("s", policy) == "https://a.example/{x}/#segment=s"


def test_severe_eases_as_far_below_its_threshold_as_high_clears() -> None:
    assert Thresholds.of(POLICY) == Thresholds(
        high=500, severe=800, ease=700, clear=400, hold_ms=60_000, clear_hold_ms=120_000
    )
    assert replace(POLICY, clear_score=45).ease_score == 75
