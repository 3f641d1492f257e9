"""The state between two sweeps, packed into one object: pure."""

from __future__ import annotations

import msgspec

from .suspects import Track

_LAYOUT = 1


class Memory(msgspec.Struct):
    """Tracks by segment and sensor, and when the silence of a place last ended.

    *swept_at* is the last sweep (ms, 0 for none); *eased* is keyed `<scope>:<subject>`;
    *mailed* holds the times of the last mails.
    """

    swept_at: int = 0
    tracks: dict[str, dict[str, Track]] = {}
    eased: dict[str, int] = {}
    mailed: list[int] = []


class _Packed(msgspec.Struct, array_like=True):
    layout: int
    memory: Memory


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


def pack(memory: Memory) -> bytes:
    """Return *memory* as bytes."""
    return _encode(_Packed(_LAYOUT, memory))


def unpack(packed: bytes) -> Memory:
    """Return what `pack` wrote; raises ValueError for anything else."""
    try:
        stored = _decode(packed)
    except msgspec.MsgspecError as error:
        raise ValueError(f"memory: {error}") from error
    if stored.layout != _LAYOUT:
        raise ValueError(f"memory: expected layout {_LAYOUT}, got {stored.layout}")
    return stored.memory
