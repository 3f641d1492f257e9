"""Certificates for keys made here, so that none is ever made twice.

The key is on disk before AWS is asked for its certificate. Should the answer be lost,
the certificate is found again by its public half: AWS has it as INACTIVE, and nobody
knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.registry.arns import id_of
from trafficctl.registry.iot_calls import InDoubtError, IotCalls, is_missing
from trafficctl.registry.journal import (
    BEGUN,
    DONE,
    GONE,
    MADE,
    CertificateEntry,
    Journal,
    write_private,
)

PAGE = 250  # the most that ListCertificates gives
SETTLE_S = 3.0  # after which what was asked for is either made or never will be
CLOCKS_APART_MS = 15 * 60_000  # how far this machine's clock may be from AWS's

NowMs = Callable[[], int]


def pem_path(directory: Path, name: str) -> Path:
    """The file of a device's key and certificate."""
    return directory / f"{name}.pem"


def key_path(directory: Path, name: str) -> Path:
    """The file of a key that has no certificate yet."""
    return directory / f"{name}.key"


@dataclass(frozen=True)
class CertificateRequest:
    """Whom a certificate is for; `over` is what it may replace (`rows.standing`)."""

    name: str
    segment_id: str = ""
    over: str = ""


class CertificateIssuer:
    """Makes certificates, remembers them in `directory`, and takes them back."""

    def __init__(
        self,
        iot: Any,
        journal: Journal,
        directory: Path,
        calls: IotCalls,
        now_ms: NowMs,
    ) -> None:
        self._iot, self._journal, self._directory = iot, journal, directory
        self._calls, self._now_ms = calls, now_ms

    def certificate(self, request: CertificateRequest, keep: bool) -> CertificateEntry:
        """A certificate for `wish`: with `keep` the known one, else a new one.

        What was begun for the same wish is gone on with, by the same key. Raises
        InDoubtError when the certificate may have been made.
        """
        entry = self._journal.get(request.name)
        if entry is not None and _serves(entry, request, keep):
            return entry
        was_requested = entry is not None and entry.step == BEGUN
        if entry is None or not (was_requested and self._has_key(request.name)):
            entry = self._begin(request, reuse_key=entry is None)
        return self._save(entry, self._request_certificate(entry))

    def _has_key(self, name: str) -> bool:
        return key_path(self._directory, name).exists()

    def _begin(self, request: CertificateRequest, reuse_key: bool) -> CertificateEntry:
        from trafficctl.registry import keys  # noqa: PLC0415 - cryptography is slow to import

        path = key_path(self._directory, request.name)
        # A key that was never noted was left by a kill, and is as good as new.
        if not (reuse_key and self._has_key(request.name)):
            write_private(path, keys.new_key())
        return self._note(
            CertificateEntry(
                request.name, BEGUN, 0, request.segment_id, over=request.over
            )
        )

    def _request_certificate(self, entry: CertificateEntry) -> Any:
        from trafficctl.registry import keys  # noqa: PLC0415 - cryptography is slow to import

        key = key_path(self._directory, entry.name).read_text()
        return self._calls.once(
            self._iot.create_certificate_from_csr,
            certificateSigningRequest=keys.request_for(entry.name, key),
            setAsActive=False,
        )

    def _save(self, entry: CertificateEntry, answer: Any) -> CertificateEntry:
        key = key_path(self._directory, entry.name).read_text()
        pem = key + answer["certificatePem"]
        write_private(pem_path(self._directory, entry.name), pem)
        saved = replace(entry, step=MADE, certificate_arn=answer["certificateArn"])
        return self._note(saved)

    def entry_of(self, name: str) -> CertificateEntry | None:
        """What is noted of the certificate of that name."""
        return self._journal.get(name)

    def finish(self, entry: CertificateEntry) -> None:
        """Note that all is in place; the key alone is no longer needed."""
        key_path(self._directory, entry.name).unlink(missing_ok=True)
        self._note(replace(entry, step=DONE))

    def forget(self, entry: CertificateEntry) -> None:
        """Note that the certificate is no more; its key is never used again."""
        self._note(
            CertificateEntry(entry.name, GONE, 0, entry.segment_id, over=entry.over)
        )
        pem_path(self._directory, entry.name).unlink(missing_ok=True)
        key_path(self._directory, entry.name).unlink(missing_ok=True)

    def _note(self, entry: CertificateEntry) -> CertificateEntry:
        return self._journal.note(replace(entry, at_ms=self._now_ms()))

    def attach(
        self, entry: CertificateEntry, policy: str, thing: str | None = None
    ) -> bool:
        """Give the certificate its policy and thing; False if AWS has it no more."""
        arn = entry.certificate_arn
        try:
            self._calls.repeatable(
                self._iot.attach_policy, policyName=policy, target=arn
            )
        except ClientError as exc:
            if is_missing(exc) and not self._exists(arn):
                return False
            raise
        if thing is not None:
            self._calls.repeatable(
                self._iot.attach_thing_principal, thingName=thing, principal=arn
            )
        return True

    def activate(self, entry: CertificateEntry) -> None:
        """Let the certificate in."""
        self._calls.repeatable(
            self._iot.update_certificate,
            certificateId=entry.certificate_id,
            newStatus="ACTIVE",
        )

    def _exists(self, arn: str) -> bool:
        try:
            self._describe(id_of(arn))
        except ClientError as exc:
            if is_missing(exc):
                return False
            raise
        return True

    def _describe(self, certificate_id: str) -> Any:
        return self._calls.repeatable(
            self._iot.describe_certificate, certificateId=certificate_id
        )["certificateDescription"]

    def recover(self, names: Iterable[str]) -> None:
        """Find what was made for those of `names` that only know that they asked."""
        doubtful = [e for e in map(self._journal.get, names) if e and e.step == BEGUN]
        if not doubtful:
            return
        from trafficctl.registry import keys  # noqa: PLC0415 - cryptography is slow to import

        newest_ms = max(entry.at_ms for entry in doubtful)
        self._calls.sleep(max(0.0, SETTLE_S - (self._now_ms() - newest_ms) / 1000))
        by_key = {
            keys.public_key_of(key_path(self._directory, entry.name).read_text()): entry
            for entry in doubtful
            if self._has_key(entry.name)
        }
        for certificate in self._unclaimed(min(entry.at_ms for entry in doubtful)):
            public_key = keys.certified_key_of(certificate["certificatePem"])
            entry = by_key.pop(public_key, None)
            if entry is not None:
                self._save(entry, certificate)

    def _unclaimed(self, since_ms: int) -> Iterator[Any]:
        """The INACTIVE certificates made since then that the journal does not know."""
        recorded = {e.certificate_id for e in self._journal.entries().values()}
        for certificate in self._all_certificates():
            created_ms = certificate["creationDate"].timestamp() * 1000
            if (
                certificate["status"] == "INACTIVE"
                and certificate["certificateId"] not in recorded
                and created_ms >= since_ms - CLOCKS_APART_MS
            ):
                yield self._describe(certificate["certificateId"])

    def _all_certificates(self) -> Iterator[Any]:
        marker: dict[str, str] = {}
        while True:
            page = self._calls.repeatable(
                self._iot.list_certificates, pageSize=PAGE, **marker
            )
            yield from page["certificates"]
            if not page.get("nextMarker"):
                return
            marker = {"marker": page["nextMarker"]}


def _serves(entry: CertificateEntry, request: CertificateRequest, keep: bool) -> bool:
    return (keep and entry.step in (MADE, DONE)) or (
        entry.step == MADE and entry.over == request.over
    )


__all__ = [
    "CertificateIssuer",
    "CertificateRequest",
    "InDoubtError",
    "key_path",
    "pem_path",
]
