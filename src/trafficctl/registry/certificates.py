"""Issues certificates for keys created here, never twice for one request.

The key is on disk before its certificate is requested. If the response is lost, the
certificate is recovered by its public key: it is INACTIVE and not in the journal.
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

PAGE = 250  # the maximum of ListCertificates
SETTLE_S = 3.0  # by then a requested certificate exists or never will
CLOCKS_APART_MS = 15 * 60_000  # the largest difference between this clock and AWS's

NowMs = Callable[[], int]


def pem_path(directory: Path, name: str) -> Path:
    """The file of a device's key and certificate."""
    return directory / f"{name}.pem"


def key_path(directory: Path, name: str) -> Path:
    """The file of a key that has no certificate yet."""
    return directory / f"{name}.key"


@dataclass(frozen=True)
class NewCertificate:
    """A certificate to issue; `over` is the row state it replaces (`row_state`)."""

    name: str
    segment_id: str = ""
    over: str = ""


class CertificateIssuer:
    """Issues, attaches and activates certificates, with their files in `directory`."""

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

    def certificate(self, request: NewCertificate, keep: bool) -> CertificateEntry:
        """A certificate for `request`: with `keep` the existing one, else a new one.

        A request in progress continues with the same key. Raises InDoubtError if the
        certificate may have been created.
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

    def _begin(self, request: NewCertificate, reuse_key: bool) -> CertificateEntry:
        from trafficctl.registry import keys  # noqa: PLC0415 - cryptography is slow to import

        path = key_path(self._directory, request.name)
        # A key without a journal entry was left by a kill and is unused.
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
        """The journal entry of that name."""
        return self._journal.get(name)

    def finish(self, entry: CertificateEntry) -> None:
        """Record that registration is complete; delete the separate key file."""
        key_path(self._directory, entry.name).unlink(missing_ok=True)
        self._note(replace(entry, step=DONE))

    def forget(self, entry: CertificateEntry) -> None:
        """Record that the certificate is gone; its key is never used again."""
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
        """Attach policy and thing to the certificate; False if it does not exist."""
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
        """Activate the certificate."""
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
        """Recover certificates of `names` whose responses were lost."""
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
        """INACTIVE certificates created since then that are not in the journal."""
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


def _serves(entry: CertificateEntry, request: NewCertificate, keep: bool) -> bool:
    return (keep and entry.step in (MADE, DONE)) or (
        entry.step == MADE and entry.over == request.over
    )


__all__ = [
    "CertificateIssuer",
    "InDoubtError",
    "NewCertificate",
    "key_path",
    "pem_path",
]
