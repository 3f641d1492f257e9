"""How far a stream has been read, in words, so that a repeat may begin there; pure."""

from __future__ import annotations

from traffic.times import second_text

TELL_EVERY_S = 300.0


class Steps:
    """What is said of the way through a stream that was begun at *now*, in seconds."""

    def __init__(self, now: float) -> None:
        self._said_at = now

    def reached(self, reached_ms: int, now: float) -> str | None:
        """What is to be said now; *reached_ms* is where all shards have come to."""
        if now - self._said_at < TELL_EVERY_S:
            return None
        self._said_at = now
        return f"All shards are read up to {second_text(reached_ms)}."

    def broken_off(self, reached_ms: int) -> str:
        """What is to be said where it ends before its time."""
        at = second_text(reached_ms)
        return f"All shards are read up to {at}: to go on from there, --from {at}"
