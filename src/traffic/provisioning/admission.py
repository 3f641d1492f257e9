"""Whether a device that requests its own certificate may have it.

The status of a registry row is `expected`, `registered` or `revoked`. An expected row
admits one certificate, and the same one again, since its response may have been lost. A
registered device gets a second certificate only until `renew_until`. Thing names are
unique per account: a device that is a thing of another stack is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from ..policy import is_id

EXPECTED, REGISTERED, REVOKED = "expected", "registered", "revoked"
STATUSES = (EXPECTED, REGISTERED, REVOKED)


class CertificateRequest(NamedTuple):
    """A device's request for a certificate."""

    device_id: str
    certificate_id: str


class RegistryUpdate(NamedTuple):
    """Values to write, if *only_if* still holds; None there is a missing attribute."""

    values: Mapping[str, Any]
    only_if: Mapping[str, Optional[str]]


class AdmissionDecision(NamedTuple):
    """The segment of an admitted device, or the *reason* of a refusal."""

    segment_id: str = ""
    reason: str = ""
    update: Optional[RegistryUpdate] = None

    @property
    def allowed(self) -> bool:
        """Whether the device may have the certificate."""
        return not self.reason


def request_of(event: Mapping[str, Any]) -> CertificateRequest:
    """Return the request of IoT Core's event; values other than text count as empty."""
    parameters = event.get("parameters")
    device_id = parameters.get("DeviceId") if isinstance(parameters, Mapping) else None
    return CertificateRequest(_text(device_id), _text(event.get("certificateId")))


def decide(
    row: Optional[Mapping[str, Any]], request: CertificateRequest, now_ms: int
) -> AdmissionDecision:
    """Decide on *request* by the device's *row*, None if there is none."""
    if not is_id(request.device_id) or not request.certificate_id:
        return AdmissionDecision(reason="malformed_request")
    if row is None:
        return AdmissionDecision(reason="unknown_device")
    fault = _fault(row)
    if fault:
        return AdmissionDecision(reason=fault)
    if row["status"] == EXPECTED:
        return AdmissionDecision(
            row["segment_id"], update=_first_certificate(row, request, now_ms)
        )
    return _decide_registered(row, request, now_ms)


def refuse_foreign(
    decision: AdmissionDecision, thing_type: Optional[str], own_type: str
) -> AdmissionDecision:
    """Refuse a device whose thing belongs to another stack; None is no thing."""
    foreign = thing_type is not None and thing_type != own_type
    return AdmissionDecision(reason="foreign_device") if foreign else decision


def _fault(row: Mapping[str, Any]) -> str:
    """Return why the row admits no device; empty if it may."""
    if row.get("status") == REVOKED:
        return "revoked_device"
    is_valid = row.get("status") in STATUSES and is_id(_text(row.get("segment_id")))
    return "" if is_valid else "faulty_row"


def _decide_registered(
    row: Mapping[str, Any], request: CertificateRequest, now_ms: int
) -> AdmissionDecision:
    """Decide on a device that is registered already."""
    segment = row["segment_id"]
    certificates = row.get("certificate_id"), row.get("next_certificate_id")
    if request.certificate_id in certificates:
        return AdmissionDecision(segment)
    if certificates[1] is None and row.get("renew_until", 0) > now_ms:
        return AdmissionDecision(
            segment, update=_renewed_certificate(row, request, now_ms)
        )
    return AdmissionDecision(reason="other_certificate")


def _first_certificate(
    row: Mapping[str, Any], request: CertificateRequest, now_ms: int
) -> RegistryUpdate:
    return RegistryUpdate(
        values={
            "status": REGISTERED,
            "certificate_id": request.certificate_id,
            "registered_at": now_ms,
        },
        only_if={"status": EXPECTED, "segment_id": row["segment_id"]},
    )


def _renewed_certificate(
    row: Mapping[str, Any], request: CertificateRequest, now_ms: int
) -> RegistryUpdate:
    return RegistryUpdate(
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
