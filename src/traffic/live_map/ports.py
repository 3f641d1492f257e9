"""The services that the live API uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, NamedTuple, Optional, Protocol

from .assets import Assets
from .usual import BandOf, OutlookOf, no_band, no_outlook

Item = dict[str, Any]


class CityReader(Protocol):
    """Reads the city; every method may raise StoreError."""

    def live(self) -> list[Item]:
        """Return what changes of every segment, and its length."""

    def roads(self) -> list[Item]:
        """Return what does not change of every segment."""

    def open_alerts(self) -> list[Item]:
        """Return the alerts that are open."""

    def open_incidents(self) -> list[Item]:
        """Return the incidents that are open."""

    def segment(self, segment_id: str) -> Optional[Item]:
        """Return one segment, None if there is none of that id."""

    def minutes(self, segment_id: str, first: str, last: str) -> list[Item]:
        """Return the rows of history between two minutes, oldest first."""

    def city_minute(self, minute: int) -> list[Item]:
        """Return the row of history of each segment that has one of that minute."""

    def alert(self, alert_id: str) -> Optional[Item]:
        """Return one alert as it is now, None if there is none of that id."""

    def record(self, item: Mapping[str, Any], change: Mapping[str, Any]) -> None:
        """Change attributes of an alert; Conflict if it was handled since *item*."""


class Claim(NamedTuple):
    """The right to read the city next, until *until_ms*.

    *version* is that of the stored view, empty if unknown; *is_first* is whether there
    never was a claim before.
    """

    until_ms: int
    version: str = ""
    is_first: bool = False


class ViewStore(Protocol):
    """Holds the newest view of the city; every method may raise StoreError."""

    def claim(self, now_ms: int, latest_ms: int) -> Optional[Claim]:
        """Return the right to read next, None if another environment reads now, or if
        the next read is due after *latest_ms*.
        """

    def stored(self) -> Optional[bytes]:
        """Return the stored view, None if there is none."""

    def store(self, packed: bytes) -> None:
        """Replace the stored view."""

    def release(self, claim: Claim, due_ms: int, version: str) -> None:
        """End a claim: the next read is due then, and that version is stored."""


class LiveMapPorts(NamedTuple):
    """The services that the API uses.

    *clock* returns the time in ms; *environment* names this execution environment, in
    at most eight hexadecimal digits; *log* takes the name of an event and its text;
    *outlook* returns what is usual on a segment now, *band* over some hours; *shift* is
    a ShiftReader.
    """

    reader: CityReader
    views: ViewStore
    assets: Assets
    clock: Callable[[], int]
    environment: str
    log: Callable[[str, str], None]
    outlook: OutlookOf = no_outlook
    band: BandOf = no_band
    shift: Any = None
