"""Whether a device that asks for a certificate of its own may have it.

A row of the registry says `expected`, `registered` or `revoked`. One certificate comes
in on an expected row, and the same one again, since its answer may have been lost. A
registered device gets a second one only while the row says that it may be renewed.
Names are the account's: what another stack has a thing of does not come in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from ..policy import is_id

EXPECTED, REGISTERED, REVOKED = "expected", "registered", "revoked"
STATUSES = (EXPECTED, REGISTERED, REVOKED)


class Request(NamedTuple):
    """What a device asks: its own name, and the certificate it would have."""

    device_id: str
    certificate_id: str


class Mark(NamedTuple):
    """What to write into the row, if *only_if* still holds; None there is absence."""

    values: Mapping[str, Any]
    only_if: Mapping[str, Optional[str]]


class Decision(NamedTuple):
    """The segment that an admitted device is of, or the reason of a refusal."""

    segment_id: str = ""
    reason: str = ""
    mark: Optional[Mark] = None

    @property
    def allowed(self) -> bool:
        """Whether the device may have the certificate."""
        return not self.reason


def request_of(event: Mapping[str, Any]) -> Request:
    """Return what IoT Core's event asks for; what is no text counts as empty."""
    parameters = event.get("parameters")
    claimed = parameters.get("DeviceId") if isinstance(parameters, Mapping) else None
    return Request(_text(claimed), _text(event.get("certificateId")))


def decide(row: Optional[Mapping[str, Any]], request: Request, now_ms: int) -> Decision:
    """Decide about *request* by the device's *row*, None if there is none."""
    if not is_id(request.device_id) or not request.certificate_id:
        return Decision(reason="malformed_request")
    if row is None:
        return Decision(reason="unknown_device")
    fault = _fault(row)
    if fault:
        return Decision(reason=fault)
    if row["status"] == EXPECTED:
        return Decision(row["segment_id"], mark=_first(row, request, now_ms))
    return _again(row, request, now_ms)


def unless_foreign(decision: Decision, its_type: Optional[str], ours: str) -> Decision:
    """Refuse after all if the thing of that name is another's; None is no thing."""
    foreign = its_type is not None and its_type != ours
    return Decision(reason="foreign_device") if foreign else decision


def _fault(row: Mapping[str, Any]) -> str:
    """Say why nobody comes in on this row; empty if somebody may."""
    if row.get("status") == REVOKED:
        return "revoked_device"
    sound = row.get("status") in STATUSES and is_id(_text(row.get("segment_id")))
    return "" if sound else "faulty_row"


def _again(row: Mapping[str, Any], request: Request, now_ms: int) -> Decision:
    """Decide about a device that is registered already."""
    segment = row["segment_id"]
    known = row.get("certificate_id"), row.get("next_certificate_id")
    if request.certificate_id in known:
        return Decision(segment)
    if known[1] is None and row.get("renew_until", 0) > now_ms:
        return Decision(segment, mark=_second(row, request, now_ms))
    return Decision(reason="other_certificate")


def _first(row: Mapping[str, Any], request: Request, now_ms: int) -> Mark:
    return Mark(
        values={
            "status": REGISTERED,
            "certificate_id": request.certificate_id,
            "registered_at": now_ms,
        },
        only_if={"status": EXPECTED, "segment_id": row["segment_id"]},
    )


def _second(row: Mapping[str, Any], request: Request, now_ms: int) -> Mark:
    return Mark(
        values={
            "next_certificate_id": request.certificate_id,
            "next_registered_at": now_ms,
        },
        only_if={
            "status": REGISTERED,
            "segment_id": row["segment_id"],
            "certificate_id": row.get("certificate_id"),
            "next_certificate_id": None,
        },
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
