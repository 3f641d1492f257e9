"""Settings of sensor health, read from the environment that the template sets."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import field

from ..settings import Number, PolicySettings, load


class SensorHealthSettings(PolicySettings, frozen=True, rename=str.upper):
    """The names of the stack's parts, its policy, and when a sensor is silent."""

    segments_table: str
    history_table: str
    alerts_table: str
    faults_table: str
    memory_bucket: str
    sensor_silent_seconds: Number
    event_bus: str = field(name="EVENT_BUS_NAME")
    processor: str = field(name="PROCESSOR_NAME")
    stack: str = field(name="STACK_NAME")
    stream: str = field(name="STREAM_NAME")

    @property
    def silent_ms(self) -> int:
        """After how many ms without a reading a sensor is silent."""
        return int(self.sensor_silent_seconds * 1000)


def read(environment: Mapping[str, str]) -> SensorHealthSettings:
    """Return the settings; raises SettingsError naming the variable at fault."""
    return load(SensorHealthSettings, environment)
