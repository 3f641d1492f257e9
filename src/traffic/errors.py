"""The errors of the Lambda code; an invalid reading is not one of them.

TrafficError
  SettingsError    the environment does not say what the code needs
  StoreError       the database refused or did not answer
    Conflict       another writer was first: read, decide and write again
  PublishError     an event or a notification could not be sent
  MetricsError     CloudWatch refused, did not answer, or incompletely
  QuarantineError  rejected readings could not be quarantined
  DeadLetterError  undelivered messages could not be kept
  SweepError       a sweep of sensor health or incidents failed in part
  ProfileError     the profiles of a city could not be built
  RequestError     the live API received an invalid request
"""

from __future__ import annotations


class TrafficError(Exception):
    """Root of the errors of this package."""


class SettingsError(TrafficError):
    """The environment does not say what the code needs."""


class StoreError(TrafficError):
    """The database refused or did not answer."""


class Conflict(StoreError):  # noqa: N818 - an outcome of a race, not a fault
    """Another writer was first."""


class PublishError(TrafficError):
    """An event or a notification could not be sent."""


class MetricsError(TrafficError):
    """CloudWatch refused, did not answer, or incompletely."""


class QuarantineError(TrafficError):
    """Rejected readings could not be quarantined."""


class DeadLetterError(TrafficError):
    """Undelivered messages could not be kept as dead letters."""


class SweepError(TrafficError):
    """A sweep of sensor health or incidents failed in part; the next repeats it."""


class ProfileError(TrafficError):
    """The profiles could not be built; the next run repeats it."""


class RequestError(TrafficError):
    """The live API received an invalid request; says what was expected."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
