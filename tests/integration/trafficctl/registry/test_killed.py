"""A registration that is killed, again and again, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import Any

import pytest

from trafficctl.registry import keys
from trafficctl.registry.context import DEVICES as FOLDER
from trafficctl.registry.journal import BEGUN, FILE_NAME

from .city import Operator

DEVICES = int(os.environ.get("KILLED_DEVICES") or 150)
KILLS = 4


@pytest.fixture(scope="module")
def names() -> list[tuple[str, str]]:
    return [(f"bulk-{n:05d}", f"seg-bulk-{n % 40}") for n in range(DEVICES)]


def noted(operator: Operator) -> int:
    """How many lines the journal has."""
    path = operator.kept / FOLDER / FILE_NAME
    return path.read_bytes().count(b"\n") if path.exists() else 0


def kill_after(operator: Operator, command: list[str], lines: int) -> bool:
    """Run until so many more lines are noted, then kill; False if it ended first."""
    target = noted(operator) + lines
    running = subprocess.Popen(
        command,
        env=operator.local_city.environment(),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    while running.poll() is None and noted(operator) < target:
        time.sleep(0.001)
    ended = running.poll() is not None
    running.send_signal(signal.SIGKILL)
    running.wait()
    return not ended


def test_after_any_kills_a_repeat_finishes_and_nothing_is_doubled(
    operator: Operator, names: list[tuple[str, str]]
) -> None:
    before = {one["certificateId"] for one in listed(operator)}
    command = operator.command(
        "register", operator.file(*names), "--allow-unknown-segments"
    )
    share = DEVICES * 3 // (KILLS + 1)
    killed = sum(kill_after(operator, command, share + 7 * n) for n in range(KILLS))

    said = operator.register(*names)

    assert killed >= 2
    assert "unchanged" in said
    things = {n: a for n, a in operator.things().items() if n.startswith("bulk-")}
    assert things == {name: {"segment_id": segment} for name, segment in names}
    made = [one for one in listed(operator) if one["certificateId"] not in before]
    assert len(made) == len(names)
    assert {one["status"] for one in made} == {"ACTIVE"}
    for name, segment in names[:: max(1, DEVICES // 50)]:
        one_whole_device(operator, name, segment)


def listed(operator: Operator) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = operator.iot.list_certificates()["certificates"]
    return found


def one_whole_device(operator: Operator, name: str, segment: str) -> None:
    ((certificate, _),) = operator.certificates(name)
    row = operator.row(name)
    assert (row["certificate_id"], row["segment_id"]) == (certificate, segment)
    pem = operator.own(name).read_text()
    cut = pem.index("-----BEGIN CERTIFICATE")
    assert keys.public_key_of(pem[:cut]) == keys.certified_key_of(pem[cut:])


def test_a_certificate_whose_answer_was_lost_is_found_again(operator: Operator) -> None:
    """As a kill between AWS's answer and its note leaves it."""
    name, segment = "lost-answer", "seg-bulk-1"
    folder = operator.kept / FOLDER
    key = keys.new_key()
    (folder / f"{name}.key").write_text(key)
    with (folder / FILE_NAME).open("a") as journal:
        now = time.time_ns() // 1_000_000
        journal.write(f'{{"name":"{name}","step":"{BEGUN}","at_ms":{now}}}\n')
    made = operator.iot.create_certificate_from_csr(
        certificateSigningRequest=keys.request_for(name, key), setAsActive=False
    )

    operator.register((name, segment))

    assert operator.certificates(name) == [(made["certificateId"], "ACTIVE")]
    one_whole_device(operator, name, segment)
