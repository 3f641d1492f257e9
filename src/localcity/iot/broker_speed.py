"""What lets one process carry a city's messages: fewer system calls, quicker JSON.

Nothing here changes what a rule sees or a device gets; `tests/unit/localcity` holds the
JSON to MiniStack's own, value by value.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import random
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from typing import Any

import msgspec
from ministack.services import iot

from localcity.iot.turns import Turns
from localcity.memo import Memo
from localcity.patching import Patch

# The broker's loop gives the interpreter up with each system call, and gets it back
# from a busy thread only after this long; Python's own 5 ms is an age for it.
SWITCH_INTERVAL_S = 0.0005
DEVICES_A_TURN = 8  # of the event loop

_decode = msgspec.json.decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.encode
_random = random.Random()  # noqa: S311 - trace ids are no secrets
_FREE_BITS = ~(0xF000 << 64 | 0xC000 << 48)
_FIXED_BITS = 0x4000 << 64 | 0x8000 << 48  # the version, and the variant
_turns = Turns(DEVICES_A_TURN)
_allowed: Memo[bool] = Memo(ttl_s=math.inf)  # the question names all that it hangs on


def decode(payload: bytes) -> Any:
    """A message as MiniStack decodes it, JSON or not; its values unread if wanted."""
    if unread.get():
        unread.set(False)  # for this rule's event; a template may read the message
        fields = _fields(payload)
        if fields is not None:
            _plainly.set(False)
            return fields
    try:
        message = _decode(payload)
    except (msgspec.MsgspecError, ValueError):  # not JSON, or NaN, or 1e999
        _plainly.set(True)
        return _plain_message(payload)
    _plainly.set(False)
    return message


def _fields(payload: bytes) -> dict[str, msgspec.Raw] | None:
    """The values of an object as they are written; None if it is not one in UTF-8."""
    try:
        payload.decode()  # msgspec does not look into texts that it passes over
        return _decode_fields(payload)
    except (msgspec.MsgspecError, ValueError):
        return None


def encode(event: Any) -> bytes:
    """An event as JSON, by the writer that belongs to the message's reader.

    msgspec has no NaN and no infinity, but writes null for them.
    """
    if _plainly.get():
        return json.dumps(event).encode()
    try:
        return _encode(event)
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError):
        return json.dumps(event).encode()


# Whether the message of this session that is in hand was read the plain way.
_plainly: ContextVar[bool] = ContextVar("read_plainly", default=False)
# Whether what is decoded next is only written again, with fields beside its own.
unread: ContextVar[bool] = ContextVar("unread", default=False)
_plain_message = iot._rule_message


@contextlib.contextmanager
def _message_scope(principal: str | None) -> Iterator[None]:
    """As MiniStack's, with a trace id that costs no system call."""
    token = iot._rule_message_identity.set((principal, _trace_id()))
    try:
        yield
    finally:
        iot._rule_message_identity.reset(token)


def _trace_id() -> str:
    """A UUID of version 4, written without making the object."""
    digits = f"{_random.getrandbits(128) & _FREE_BITS | _FIXED_BITS:032x}"
    parts = digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]
    return "-".join(parts)


def _quick(evaluate: Callable[..., Any]) -> Callable[..., Any]:
    """Take a part of the topic without reading `topic(2)` again for each message."""

    def evaluated(
        expression: str, topic: str, payload: bytes, message: Any, client: Any = None
    ) -> Any:
        place = _topic_place(expression)
        if place is None:
            return evaluate(expression, topic, payload, message, client)
        parts = topic.split("/", place)
        return parts[place - 1] if place <= len(parts) else iot._MISSING

    return evaluated


@functools.lru_cache(maxsize=1024)
def _topic_place(expression: str) -> int | None:
    match = re.fullmatch(r"topic\(([1-9][0-9]{0,2})\)", expression)
    return int(match[1]) if match else None


def _corked(feed: Callable[..., Awaitable[bool]]) -> Callable[..., Awaitable[bool]]:
    """Send the answers to all packets of one read at once."""

    async def corked(session: Any, data: bytes, max_buffer: int) -> bool:
        await _turns.take()
        session.corked = []
        try:
            return await feed(session, data, max_buffer)
        finally:
            held, session.corked = session.corked, None
            if held:
                await session.send_bytes(b"".join(held))

    return corked


def _holding(send: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def hold(session: Any, data: bytes) -> None:
        held = getattr(session, "corked", None)
        if held is None:
            await send(session, data)
        else:
            held.append(data)

    return hold


def _remembered(allows: Callable[..., bool]) -> Callable[..., bool]:
    def remembered(
        account: str,
        region: str,
        certificate: str,
        context: dict[str, str],
        *action: str | None,
    ) -> bool:
        held = _held(account, region, certificate)
        question = (account, region, certificate, held, *context.items(), *action)
        return _allowed.get(
            question, lambda: allows(account, region, certificate, context, *action)
        )

    return remembered


def _held(account: str, region: str, certificate: str) -> tuple[str, ...]:
    """What a certificate is worth now: its status, and the texts of its policies."""
    record = iot._certificates.get_scoped(account, region, certificate)
    if record is None:
        return ()
    names = record.get("attachedPolicies", ())
    policies = (iot._policies.get_scoped(account, region, name) for name in names)
    return record["status"], *(
        policy["versions"][policy["defaultVersionId"]]["document"]
        for policy in policies
        if policy is not None
    )


def _apply() -> None:
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    iot._feed_session = _corked(iot._feed_session)
    iot._WSSession.send_bytes = _holding(iot._WSSession.send_bytes)
    iot._rule_message = decode
    iot._rule_message_scope = _message_scope
    iot._eval_select_expr = _quick(iot._eval_select_expr)
    iot._mqtt_policy_allows = _remembered(iot._mqtt_policy_allows)


PATCHES = (
    Patch(
        "broker speed",
        "a send, a random number and a policy's evaluation for each message; and all "
        "devices are read before the next step of a request",
        [
            (iot, "_WSSession"),
            (iot._WSSession, "send_bytes"),
            (iot, "_certificates"),
            (iot, "_policies"),
            (iot, "_MISSING"),
        ],
        [
            (iot, "_feed_session", "c0d951209d99"),
            (iot, "_rule_message", "3dde9f1549e4"),
            (iot, "_rule_message_scope", "ff1605e44c2d"),
            (iot, "_mqtt_policy_allows", "31a9cfec3516"),
            (iot, "_eval_select_expr", "daadc1833406"),
            (iot, "_eval_select_function", "10cc7b507014"),
        ],
        _apply,
    ),
)
