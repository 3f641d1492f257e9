"""The faults of the Lambda code; a bad reading is none of them.

TrafficError
  SettingsError    the environment does not say what the code needs
  StoreError       the database refused or did not answer
    Conflict       somebody else wrote the segment first: read, decide and write again
  PublishError     the event bus refused or did not answer
  MetricsError     CloudWatch refused, did not answer, or not wholly
  QuarantineError  rejected readings could not be set aside
  SweepError       a sweep of sensor health left something undone
  RequestError     the live API was asked for what it does not answer
"""

from __future__ import annotations


class TrafficError(Exception):
    """Root of the faults of this package."""


class SettingsError(TrafficError):
    """The environment does not say what the code needs."""


class StoreError(TrafficError):
    """The database refused or did not answer."""


class Conflict(StoreError):  # noqa: N818 - an outcome of a race, not a fault
    """Somebody else wrote the segment first."""


class PublishError(TrafficError):
    """The event bus refused or did not answer."""


class MetricsError(TrafficError):
    """CloudWatch refused, did not answer, or not wholly."""


class QuarantineError(TrafficError):
    """Rejected readings could not be set aside."""


class SweepError(TrafficError):
    """A sweep of sensor health left something undone; the next one finds it again."""


class RequestError(TrafficError):
    """The live API was asked for what it does not answer; says what was expected."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
