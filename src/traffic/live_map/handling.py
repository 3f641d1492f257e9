"""What controllers do about an alert: pure.

An alert has an owner, the controller who acknowledged it last, and that person's note.
One that is closed by hand has the level of that moment as well: the page hides it while
its level is not higher.
Each step is also kept in `handled`, so that a later one replaces the owner but not the
record. A step that would replace an acknowledgement names the newest one that its
controller saw; a newer one stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

import msgspec

from ..errors import RequestError
from ..segment.alerts import LEVELS

Item = Mapping[str, Any]

MOST_NOTE = 200  # characters
MOST_STEPS = 10  # the newest
ACKNOWLEDGED, HANDED_OVER, NOTED = "acknowledged", "handed_over", "noted"
CLOSED, UNDONE = "closed", "undone"
REASONS = ("false alarm", "planned works or event", "handled elsewhere")
OWNER = ("acknowledged_by", "acknowledged_at", "acknowledged_note")
# Control characters, and those that turn the direction of what follows.
_NOT_PLAIN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class Overtaken(RequestError):  # noqa: N818 - an outcome of a race, not a fault
    """Another controller was first: this one has not seen that acknowledgement."""

    def __init__(self, item: Item) -> None:
        who, at_ms = item.get("acknowledged_by"), item["acknowledged_at"]
        super().__init__(
            409,
            f"{who} acknowledged it meanwhile: look at that, then try again (`seen` "
            f"{at_ms})",
        )


class Wish(NamedTuple):
    """What a controller asks for.

    *seen* is the newest `acknowledged_at` (ms) that the controller saw, None for none.
    Without *note* and *seen* the first acknowledgement stays. *close* is the reason why
    the alert leaves the list until its level rises.
    """

    who: str
    note: Optional[str] = None
    seen: Optional[int] = None
    close: Optional[str] = None

    @property
    def is_bare(self) -> bool:
        """Whether it replaces nothing."""
        return self.note is None and self.seen is None and self.close is None


class _Body(msgspec.Struct):
    note: Optional[str] = None
    seen: Optional[int] = None
    close: Optional[str] = None


def wish_of(body: str, who: str) -> Wish:
    """Return what the body of a request asks for; raises RequestError."""
    if not body:
        return Wish(who)
    try:
        wish = msgspec.json.decode(body, type=_Body)
    except (msgspec.MsgspecError, UnicodeError):
        raise RequestError(
            400, 'expected a body such as {"note": "tow truck sent", "seen": null}'
        ) from None
    if wish.close not in (None, *REASONS):
        raise RequestError(400, f"expected `close` to be one of {', '.join(REASONS)}")
    note = wish.note
    if wish.close:
        note = f"{wish.close}: {note}" if note else wish.close
    return Wish(who, None if note is None else _plain(note), wish.seen, wish.close)


def _plain(text: str) -> str:
    """Return a note on one line; raises RequestError if it is not plain or too long."""
    note = " ".join(text.split())
    if len(note) > MOST_NOTE or _NOT_PLAIN.search(note):
        raise RequestError(
            400, f"expected a note of plain text, at most {MOST_NOTE} characters"
        )
    return note


def acknowledged(item: Item, wish: Wish, now_ms: int) -> Optional[dict[str, Any]]:
    """Return the attributes that make the wish's person the owner.

    None are removed. Returns None if there is nothing to write; raises Overtaken.
    """
    before = item.get("acknowledged_at")
    if before is not None and wish.is_bare:
        return None
    _check_seen(item, wish.seen)
    at_ms = max(now_ms, (before or 0) + 1)
    what = ACKNOWLEDGED
    if before is not None:
        what = NOTED if item.get("acknowledged_by") == wish.who else HANDED_OVER
    if wish.close:
        what = CLOSED
    owner = (wish.who, at_ms, wish.note or None)
    return {
        **dict(zip(OWNER, owner)),
        "closed_level": item["level"] if wish.close else None,
        "handled": _with_step(item, at_ms, wish.who, what, wish.note),
    }


def acknowledged_with_incident(
    item: Item, wish: Wish, now_ms: int
) -> Optional[dict[str, Any]]:
    """Return what `acknowledged` does, for one alert of an incident.

    Without a note an owner stays, except of an alert that was closed and has risen.
    """
    if wish.note is None and not _has_risen(item):
        wish = wish._replace(seen=None)
    return acknowledged(item, wish, now_ms)


def _has_risen(item: Item) -> bool:
    """Whether it was closed by hand, and its level is higher than at that moment."""
    closed_level = item.get("closed_level")
    if closed_level is None:
        return False
    return LEVELS.index(item["level"]) > LEVELS.index(closed_level)


def undone(item: Item, wish: Wish, now_ms: int) -> Optional[dict[str, Any]]:
    """Return the attributes of an alert without an owner, None if it has none.

    Without `seen` any acknowledgement is taken back; raises Overtaken.
    """
    if item.get("acknowledged_at") is None:
        return None
    if wish.seen is not None:
        _check_seen(item, wish.seen)
    return {
        **dict.fromkeys((*OWNER, "closed_level")),
        "handled": _with_step(item, now_ms, wish.who, UNDONE, None),
    }


def _check_seen(item: Item, seen: Optional[int]) -> None:
    before = item.get("acknowledged_at")
    if before is not None and (seen is None or before > seen):
        raise Overtaken(item)


def steps(item: Item) -> list[dict[str, Any]]:
    """Return what was done about an alert, the oldest first."""
    known: list[dict[str, Any]] = json.loads(item.get("handled", "[]"))
    return known


def _with_step(item: Item, at_ms: int, who: str, what: str, note: Optional[str]) -> str:
    step = {"at": at_ms, "who": who, "what": what, **({"note": note} if note else {})}
    newest = [*steps(item), step][-MOST_STEPS:]
    return json.dumps(newest, ensure_ascii=False, separators=(",", ":"))
