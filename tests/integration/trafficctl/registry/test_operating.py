"""What the operator's commands do to devices at work, on the local city."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from trafficctl.registry.context import RENEWALS

from .city import Operator, parsed, reading
from .claimant import Connection


def publishes(operator: Operator, name: str, segment: str, pem: Path) -> bool:
    """Whether a device of that name may speak for that segment with that file."""
    connection = operator.connect(name, pem)
    answer = connection.publish(operator.topic(segment, name), reading())
    connection.close()
    return answer == "Success"


def test_a_device_whose_key_was_made_here_is_renewed_without_a_gap(
    operator: Operator,
) -> None:
    name, segment = "turn-1", "seg-turn"
    operator.register((name, segment))
    old = operator.keep("turn-1.old.pem", operator.own(name).read_text())

    operator.run("rotate", name)
    new = operator.kept / RENEWALS / f"{name}.pem"
    both = [publishes(operator, name, segment, pem) for pem in (old, new)]
    new = operator.keep("turn-1.new.pem", new.read_text())
    operator.run("rotate", name, "--finish")

    assert both == [True, True]
    assert not publishes(operator, name, segment, old)
    assert publishes(operator, name, segment, new)
    assert operator.own(name).read_text() == new.read_text()
    assert len(operator.certificates(name)) == 1


def test_a_device_that_fetched_its_own_is_renewed_by_its_claim(
    operator: Operator, claim: Path
) -> None:
    name, segment = "turn-2", "seg-turn"
    operator.expect((name, segment))
    first = operator.newcomer(name, claim)
    first.come_in()
    old = operator.keep("turn-2.old.pem", first.pem.read_text())

    said = operator.run("rotate", name)
    second = operator.newcomer(name, claim)
    answer, _ = second.come_in()
    both = [publishes(operator, name, segment, pem) for pem in (old, second.pem)]
    third, _ = operator.newcomer(name, claim).come_in()
    new = operator.keep("turn-2.new.pem", second.pem.read_text())
    operator.run("rotate", "--all", "--finish")

    assert "1 devices may claim a new certificate for 30 days" in said
    assert (answer, third) == ("accepted", "rejected")
    assert both == [True, True]
    assert len(operator.certificates(name)) == 1
    assert "next_certificate_id" not in operator.row(name)
    assert not publishes(operator, name, segment, old)
    assert new.exists()


def test_a_moved_device_speaks_for_its_new_segment_only(
    operator: Operator, eventually: Any
) -> None:
    name = "mover-1"
    operator.register((name, "seg-before"), ("at-after", "seg-after"))
    connection: Connection = operator.connect("at-after", operator.own("at-after"))
    connection.publish(operator.topic("seg-after", "at-after"), reading())
    connection.close()
    assert eventually(lambda: operator.segment("seg-after"))  # so that it is known

    said = operator.run("move", name, "seg-after")

    assert f"publish to {operator.topic('seg-after', name)}" in said
    assert operator.row(name)["segment_id"] == "seg-after"
    assert publishes(operator, name, "seg-after", operator.own(name))
    assert not publishes(operator, name, "seg-before", operator.own(name))


def test_a_corrected_list_moves_a_device_if_that_is_said(operator: Operator) -> None:
    operator.register(("mover-3", "seg-wrong"))
    before = operator.certificates("mover-3")

    said = operator.run(
        "register",
        operator.file(("mover-3", "seg-right")),
        "--allow-unknown-segments",
        code=2,
    )
    operator.register(("mover-3", "seg-right"), options=("--again",))

    assert "mover-3 is bound to segment seg-wrong, not seg-right" in said
    assert operator.things()["mover-3"] == {"segment_id": "seg-right"}
    assert operator.certificates("mover-3") == before


def test_a_device_is_not_moved_to_a_segment_that_nobody_knows(
    operator: Operator,
) -> None:
    operator.register(("mover-2", "seg-before"))

    said = operator.run("move", "mover-2", "seg-typo", code=2)

    assert "segment 'seg-typo' not found - " in said
    assert operator.row("mover-2")["segment_id"] == "seg-before"


def test_the_registry_is_listed_by_segment_and_status(operator: Operator) -> None:
    operator.register(("shown-1", "seg-shown"), ("shown-2", "seg-shown"))
    operator.expect(("shown-3", "seg-shown"))
    operator.run("revoke", "shown-2")

    listed = parsed(operator.run("list", "--segment", "seg-shown", "--json"))
    expected = parsed(operator.run("list", "--status", "expected", "--json"))

    statuses = {row["device_id"]: row["status"] for row in listed}
    assert statuses == {
        "shown-1": "registered",
        "shown-2": "revoked",
        "shown-3": "expected",
    }
    assert "shown-3" in {row["device_id"] for row in expected}
    table = operator.run("list", "--segment", "seg-shown")
    assert "shown-2" in table
    assert "revoked" in table


def test_a_list_of_a_segment_that_nobody_knows_is_an_error(operator: Operator) -> None:
    operator.register(("shown-4", "seg-shown"))

    said = operator.run("list", "--segment", "seg-shwon", code=2)

    assert "segment 'seg-shwon' not found - did you mean 'seg-" in said


def test_a_list_is_csv_for_programs(operator: Operator) -> None:
    operator.register(("shown-5", "seg-shown"))

    told = operator.run("list", "--segment", "seg-shown", "--csv")

    rows = {row["device_id"]: row for row in csv.DictReader(io.StringIO(told))}
    assert rows["shown-5"]["status"] == "registered"
    assert rows["shown-5"]["registered_at"].endswith("Z")
    assert len(rows["shown-5"]["certificate_id"]) == 64


def test_unknown_segments_are_refused_unless_they_are_allowed(
    operator: Operator,
) -> None:
    said = operator.run("register", operator.file(("odd-1", "seg-typo")), code=2)

    assert "line 2: segment_id: 'seg-typo' not found" in said
    assert "nothing was changed" in said
    assert operator.row("odd-1") == {}


def test_a_device_that_nobody_registered_cannot_be_revoked(operator: Operator) -> None:
    operator.register(("known-1", "seg-known"))

    said = operator.run("revoke", "known-1", "unknown-1", code=2)

    assert "device 'unknown-1' not found - did you mean 'known-1'" in said
    assert operator.row("known-1")["status"] == "registered"
