"""What actions on devices use: clients, registry, journals and rate limit."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trafficctl.aws import session as aws
from trafficctl.local.state_dir import ensure_home, state_path
from trafficctl.registry.certificate_removal import CertificateRemover
from trafficctl.registry.certificates import CertificateIssuer, pem_path
from trafficctl.registry.iot_calls import IotCalls, plain_client
from trafficctl.registry.journal import Journal, check_account, open_journal
from trafficctl.registry.rate_limit import DEFAULT_RATE, UNLIMITED, RateLimiter
from trafficctl.registry.registrar import Registrar, StackNames, now_ms
from trafficctl.registry.table import DeviceTable, open_table
from trafficctl.registry.things import ThingRegistry

DEVICES, RENEWALS, CLAIMS = "devices", "renewals", "claims"


@dataclass(frozen=True)
class RegistryContext:
    """A deployed stack and its clients."""

    base: Path
    outputs: Mapping[str, str]
    iot: Any
    table: DeviceTable
    calls: IotCalls

    @property
    def names(self) -> StackNames:
        """The stack's names for its thing type and policy."""
        return StackNames.of(self.outputs)

    @property
    def remover(self) -> CertificateRemover:
        """Removes certificates."""
        return CertificateRemover(self.iot, self.calls, self.names.policy)

    @property
    def things(self) -> ThingRegistry:
        """Creates and changes the stack's Things."""
        return ThingRegistry(self.iot, self.calls, self.names.thing_type)

    def directory(self, kind: str) -> Path:
        """The directory of keys and certificates of that kind."""
        return self.base / kind

    @contextmanager
    def journal(self, kind: str) -> Iterator[Journal]:
        """The journal of that kind, locked by this process.

        Raises UserError if it belongs to a stack of that name in another account.
        """
        self.base.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory = self.directory(kind)
        with open_journal(directory) as journal:
            check_account(journal, self.outputs, directory)
            yield journal

    def registrar(self, journal: Journal) -> Registrar:
        """Registers devices, with their steps in `journal`."""
        directory = self.directory(DEVICES)
        return Registrar(
            self.iot, self.table, journal, directory, self.names, self.calls
        )

    def issuer(self, journal: Journal, kind: str) -> CertificateIssuer:
        """Issues certificates of that kind."""
        directory = self.directory(kind)
        return CertificateIssuer(self.iot, journal, directory, self.calls, now_ms)


def open_context(stack: str, rate: float | None = None) -> RegistryContext:
    """The deployed `stack`; `rate` devices a second, by default below AWS's quotas.

    The local city has no quotas and no default rate.
    """
    session = aws.session()
    outputs = aws.stack_outputs(session, stack)
    return context_of(session, outputs, ensure_home(stack), rate)


def context_of(
    session: Any, outputs: Mapping[str, str], base: Path, rate: float | None = None
) -> RegistryContext:
    """The context for a session, a stack's outputs and its state directory."""
    iot = plain_client(session, "iot")
    directory = state_path(base, iot)
    if rate is None:  # a local city has a directory of its own
        rate = DEFAULT_RATE if directory == base else UNLIMITED
    calls = IotCalls(RateLimiter(rate, time.monotonic()))
    return RegistryContext(directory, outputs, iot, open_table(session, outputs), calls)


def with_pem(directory: Path, names: Iterator[str] | list[str]) -> set[str]:
    """The `names` with key and certificate in `directory`."""
    return {name for name in names if pem_path(directory, name).exists()}
