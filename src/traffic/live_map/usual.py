"""What is usual on a segment, as the panel of a segment shows it: pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Optional

from ..policy import MINUTE_MS
from ..profiles.profile_file import Outlook
from ..profiles.unusual import LEFT_AFTER_MIN
from ..profiles.usual_band import NO_PROFILE, UsualBand

# Nothing is expected from a speed that is older; sensors report every hour at least.
FRESH_MS = 15 * 60_000
AHEAD_MS = max(LEFT_AFTER_MIN) * MINUTE_MS
OutlookOf = Callable[[str, int, Optional[float]], Optional[Outlook]]
BandOf = Callable[[str, tuple[int, int], int], UsualBand]


def no_outlook(_segment_id: str, _at_ms: int, _speed: Optional[float]) -> None:
    """Return that nothing is known, as before the first profile."""


def no_band(_segment_id: str, _span_ms: tuple[int, int], _ahead_ms: int) -> UsualBand:
    """Return that nothing is usual yet, as before the first profile."""
    return UsualBand(missing=NO_PROFILE)


def present_speed(item: Mapping[str, Any], now_ms: int) -> Optional[float]:
    """Return the segment's speed, None if nothing passes or it is old."""
    is_fresh = now_ms - item.get("observed_at", 0) <= FRESH_MS
    return item.get("speed") if is_fresh else None


def shown(outlook: Optional[Outlook]) -> dict[str, Any]:
    """Return the outlook under the page's names, None for what is not known."""
    known = {} if outlook is None else outlook.expected
    return {
        "usual": None if outlook is None else outlook.usual,
        "unusual_below": None if outlook is None else outlook.bound,
        **{f"expected_{ahead}": known.get(ahead) for ahead in LEFT_AFTER_MIN},
    }


def drawn(band: UsualBand) -> dict[str, Any]:
    """Return the band under the page's names."""
    return {"columns": ("at", "low", "usual"), **band._asdict()}
