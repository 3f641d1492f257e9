"""What the actions on devices work with: clients, registry, journal and pace."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trafficctl.aws import session as aws
from trafficctl.local.state_dir import belongings, ensure_home
from trafficctl.registry.certificate_removal import Retiring
from trafficctl.registry.certificates import Workshop, pem_path
from trafficctl.registry.iot_calls import Calls, plain_client
from trafficctl.registry.journal import Journal, demand_of_account, opened
from trafficctl.registry.rate_limit import DEFAULT_RATE, UNPACED, Pace
from trafficctl.registry.registrar import Names, Registrar, now_ms
from trafficctl.registry.table import Rows, open_rows
from trafficctl.registry.things import Things

DEVICES, RENEWALS, CLAIMS = "devices", "renewals", "claims"


@dataclass(frozen=True)
class Place:
    """A deployed stack, and the calls that may be made to it."""

    base: Path
    outputs: Mapping[str, str]
    iot: Any
    rows: Rows
    calls: Calls

    @property
    def names(self) -> Names:
        """What the stack calls its thing type and policy."""
        return Names.of(self.outputs)

    @property
    def retiring(self) -> Retiring:
        """What takes certificates out of use."""
        return Retiring(self.iot, self.calls, self.names.policy)

    @property
    def things(self) -> Things:
        """What makes and changes the stack's Things."""
        return Things(self.iot, self.calls, self.names.thing_type)

    def directory(self, kind: str) -> Path:
        """Where keys and certificates of that kind lie."""
        return self.base / kind

    @contextmanager
    def journal(self, kind: str) -> Iterator[Journal]:
        """The journal of that kind, for this process alone.

        Raises UserError when it is of a stack of that name in another account.
        """
        self.base.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory = self.directory(kind)
        with opened(directory) as journal:
            demand_of_account(journal, self.outputs, directory)
            yield journal

    def registrar(self, journal: Journal) -> Registrar:
        """What registers devices, noting it in `journal`."""
        directory = self.directory(DEVICES)
        return Registrar(
            self.iot, self.rows, journal, directory, self.names, self.calls
        )

    def workshop(self, journal: Journal, kind: str) -> Workshop:
        """What makes certificates of that kind."""
        directory = self.directory(kind)
        return Workshop(self.iot, journal, directory, self.calls, now_ms)


def open_place(stack: str, rate: float | None = None) -> Place:
    """The deployed `stack`; `rate` devices a second, by default under AWS's quotas.

    The local city has no quotas: no rate is kept there by default.
    """
    session = aws.session()
    outputs = aws.stack_outputs(session, stack)
    return place_of(session, outputs, ensure_home(stack), rate)


def place_of(
    session: Any, outputs: Mapping[str, str], base: Path, rate: float | None = None
) -> Place:
    """The same for a session, a stack's outputs and its state directory."""
    iot = plain_client(session, "iot")
    kept = belongings(base, iot)
    usual = DEFAULT_RATE if kept == base else UNPACED  # the local city's lie apart
    calls = Calls(Pace(usual if rate is None else rate, time.monotonic()))
    return Place(kept, outputs, iot, open_rows(session, outputs), calls)


def pems(directory: Path, names: Iterator[str] | list[str]) -> set[str]:
    """Those of `names` whose key and certificate lie in `directory`."""
    return {name for name in names if pem_path(directory, name).exists()}
