"""What the template tells the function is checked before the city is read."""

from __future__ import annotations

import pytest

from traffic.errors import SettingsError
from traffic.sensor_health.settings import SensorHealthSettings, read
from traffic.settings import required

from ..test_settings import ENVIRONMENT as PROCESSORS

ENVIRONMENT = {
    **{
        name: value
        for name, value in PROCESSORS.items()
        if name in required(SensorHealthSettings)
    },
    "FAULTS_TABLE": "city-sensor_faults",
    "STREAM_NAME": "city-readings",
    "PROCESSOR_NAME": "city-processor",
    "MEMORY_BUCKET": "city-memory",
    "SENSOR_SILENT_SECONDS": "450",
}


def test_the_environment_chooses_the_patience() -> None:
    settings = read(ENVIRONMENT)

    assert settings.silent_ms == 450_000
    assert settings.faults_table == "city-sensor_faults"
    assert (settings.stream, settings.processor) == ("city-readings", "city-processor")
    assert settings.policy.retention_days == 30


@pytest.mark.parametrize("name", required(SensorHealthSettings))
def test_a_missing_variable_is_named(name: str) -> None:
    less = {key: value for key, value in ENVIRONMENT.items() if key != name}

    with pytest.raises(SettingsError, match=rf"^set {name} \(template.yaml does\)$"):
        read(less)
