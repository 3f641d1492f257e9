"""The write-ahead journal of certificates, so that a kill at any time loses nothing.

Each step is one JSON line: the key exists and its certificate is requested (`begun`),
the certificate is stored (`made`), registration is complete (`done`), or the
certificate is deleted (`gone`). The key is in `NAME.key` before `begun` is written, key
and certificate are in `NAME.pem` before `made` is.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from trafficctl.cli.output import say
from trafficctl.errors import UserError
from trafficctl.registry.arns import account_and_region, id_of

FILE_NAME, LOCK_NAME = "journal.jsonl", "journal.lock"
BEGUN, MADE, DONE, GONE = "begun", "made", "done", "gone"
STEPS_OF_ONE = 3  # a journal with many more lines is compacted


@dataclass(frozen=True)
class CertificateEntry:
    """The last step for `name`, at `at_ms`; `over` is the row state it replaces."""

    name: str
    step: str
    at_ms: int
    segment_id: str = ""
    certificate_arn: str = ""
    over: str = ""

    @property
    def certificate_id(self) -> str:
        """The certificate's id, empty until it is known."""
        return id_of(self.certificate_arn)


class Journal:
    """The journal in `directory`; an entry is on disk when `note` returns."""

    def __init__(self, directory: Path) -> None:
        path = directory / FILE_NAME
        _drop_torn_line(path)
        self._entries, lines = _read(path)
        if lines > STEPS_OF_ONE * len(self._entries) + 1000:
            _rewrite(path, self._entries)
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def get(self, name: str) -> CertificateEntry | None:
        """The last step for `name`."""
        return self._entries.get(name)

    def entries(self) -> Mapping[str, CertificateEntry]:
        """The last step for each name."""
        return self._entries

    def note(self, entry: CertificateEntry) -> CertificateEntry:
        """Write a step to disk."""
        with self._lock:
            self._file.write(_line(entry))
            self._file.flush()
            os.fsync(self._file.fileno())
            self._entries[entry.name] = entry
        return entry

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@contextmanager
def open_journal(directory: Path) -> Iterator[Journal]:
    """The journal in `directory`, locked against other processes."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / LOCK_NAME).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another trafficctl that uses {directory}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        journal = Journal(directory)
        try:
            yield journal
        finally:
            journal.close()


def check_account(
    journal: Journal, outputs: Mapping[str, str], directory: Path
) -> None:
    """Raise UserError if the entries are of another account or Region."""
    here = account_and_region(outputs.get("DeviceRegistryTableArn", ""))
    for entry in journal.entries().values():
        there = account_and_region(entry.certificate_arn)
        if here and there and there != here:
            raise UserError(
                f"{directory}: expected keys of account {' in '.join(here)}, got those "
                f"of {' in '.join(there)}, which has a stack of the same name - move "
                "the directory away, or set TRAFFIC_HOME"
            )


def read_entries(directory: Path) -> dict[str, CertificateEntry]:
    """The last step for each name, as it is on disk now."""
    return _read(directory / FILE_NAME)[0]


def write_private(path: Path, text: str) -> None:
    """Write a file atomically, readable by its owner only."""
    partial = path.with_name(path.name + ".new")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _read(path: Path) -> tuple[dict[str, CertificateEntry], int]:
    """The last entry of each name and the number of complete lines."""
    if not path.exists():
        return {}, 0
    lines = path.read_text("utf-8").split("\n")[:-1]
    entries = (CertificateEntry(**json.loads(line)) for line in lines)
    return {entry.name: entry for entry in entries}, len(lines)


def _drop_torn_line(path: Path) -> None:
    """Remove a last line cut short by a kill."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)


def _rewrite(path: Path, entries: Mapping[str, CertificateEntry]) -> None:
    write_private(path, "".join(map(_line, entries.values())))


def _line(entry: CertificateEntry) -> str:
    fields = {name: value for name, value in asdict(entry).items() if value}
    return json.dumps(fields, separators=(",", ":")) + "\n"
