"""The audit of a city whose devices publish: what can be told without a tally."""

from __future__ import annotations

import dataclasses
import io
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from trafficctl.audit.command import device_report_view, settle
from trafficctl.audit.device_audit import UNKNOWN, DeviceReport, remarks, verdict
from trafficctl.audit.evidence import Evidence
from trafficctl.audit.identity import DeadLetters, Redriven, Stored
from trafficctl.audit.processor_metrics import ProcessorCounts
from trafficctl.cli.output import show
from trafficctl.publishing.tally import FILE_NAME, Tally

TEN_S = 1_774_000_800  # 2026-03-20 10:00 UTC
DAY = ProcessorCounts(
    received=1000, accepted=900, late=5, duplicate=40, redelivered=20, rejected=40
)
LIFE = Stored(accepted=5000, late=50, duplicate=400)


def account(
    new: ProcessorCounts = DAY, stored: Stored = LIFE, **others: Any
) -> DeviceReport:
    return DeviceReport(
        7, new, stored, 300, **{"dead_letters": DeadLetters(), **others}
    )


def but(**changed: int) -> ProcessorCounts:
    return dataclasses.replace(DAY, **changed)


def test_what_devices_published_is_not_called_a_surplus() -> None:
    found = account()

    assert (found.holds, found.missing, found.surplus) == (True, 0, 0)
    assert verdict(found) == f"every reading received is accounted for; {UNKNOWN}"
    assert remarks(found) == []


@pytest.mark.parametrize(
    ("new", "stored", "sentence"),
    [
        (but(accepted=901), LIFE, "1 readings were settled but not received"),
        (but(lost_messages=3), LIFE, "3 messages were lost before the stream"),
        (but(lost_batches=2), LIFE, "2 batches were lost after their last retry"),
        (DAY, Stored(899, 5, 400), "1 readings that the processor counted are in no"),
        (DAY, Stored(5000, 5, 38), "2 readings that the processor counted are in no"),
        (but(stale=1), LIFE, "1 readings that the processor counted are in no"),
    ],
)
def test_a_loss_that_can_be_known_fails_the_audit(
    new: ProcessorCounts, stored: Stored, sentence: str
) -> None:
    found = account(new, stored)

    assert not found.holds
    assert verdict(found).startswith(sentence)


def test_stale_readings_of_these_days_fail_it_and_older_ones_do_not() -> None:
    older = dataclasses.replace(LIFE, stale=8)
    found = account(but(accepted=892, stale=8), older)

    before = account(DAY, older)
    assert before.holds
    assert verdict(before) == (
        "every reading received in the last 7 days is accounted for, but 8 in total "
        f"are stale and may be lost; {UNKNOWN}"
    )
    assert "docs/runbooks/stale-readings.md" in remarks(before)[0]
    assert not account(DAY, older, since_s=TEN_S).holds  # figures come a minute later
    assert (found.holds, found.missing, found.surplus) == (False, 0, 0)
    assert verdict(found) == "8 readings are stale and may be lost"
    assert "docs/runbooks/stale-readings.md" in remarks(found)[0]
    assert found.as_json()["processed"]["stale"] == 8  # type: ignore[index]


def test_a_page_that_a_verdict_names_is_there() -> None:
    for lost in ("lost_messages", "lost_batches"):
        page = verdict(account(but(**{lost: 1}))).rpartition(": ")[2]

        assert (Path(__file__).parents[4] / page).is_file()


def test_what_came_again_and_what_waits_is_said_and_fails_nothing() -> None:
    found = account(
        but(received=1025),
        dead_letters=DeadLetters(undelivered=2, in_doubt=25),
        redriven=Redriven(put=7),
    )

    assert found.holds
    assert [line.split(" readings")[0] for line in remarks(found)] == [
        "25",
        "27 dead-lettered",
        "7",
    ]


def test_a_city_of_which_nothing_came_says_so() -> None:
    found = account(ProcessorCounts(), Stored())

    assert found.holds
    assert verdict(found) == f"no readings received in the last 7 days; {UNKNOWN}"


def test_the_table_shows_what_came_beside_what_is_stored() -> None:
    out = io.StringIO()
    show(device_report_view(account(dead_letters=DeadLetters(1, 25))), out)
    shown = [" ".join(line.split()) for line in out.getvalue().splitlines()]

    assert "Readings last 7 d total" in shown
    assert "published - - not known (no tally)" in shown
    assert "received 1,000 - by the processor" in shown
    assert "= accepted 900 5,000" in shown
    assert "of them late 5 50" in shown
    assert "+ duplicate 40 400" in shown
    assert "+ redelivered 20 - already counted" in shown
    assert "+ rejected 40 300 quarantine" in shown
    assert "+ retried 0 - their batch failed" in shown
    assert "dead-lettered - 1 to 26" in shown
    assert "lost messages 0 - by IoT Core" in shown
    assert shown[-1] == f"HOLDS: every reading received is accounted for; {UNKNOWN}."


def test_programs_get_the_same_numbers_and_no_tally_as_null() -> None:
    told = account(but(received=1001), dead_letters=DeadLetters(1, 2)).as_json()

    assert (told["holds"], told["published"], told["days"]) == (True, None, 7)
    assert told["processed"] == {
        "received": 1001,
        "accepted": 900,
        "late": 5,
        "duplicate": 40,
        "stale": 0,
        "redelivered": 20,
        "rejected": 40,
        "lost_messages": 0,
        "lost_batches": 0,
        "came_again": 1,
    }
    assert (told["accepted"], told["late"], told["duplicate"]) == (5000, 50, 400)
    assert (told["rejected"], told["missing"], told["surplus"]) == (300, 0, 0)
    assert told["dead_lettered"] == {"undelivered": 1, "in_doubt": 2}


def test_an_account_that_holds_is_told_at_once_though_traffic_goes_on() -> None:
    looks = [account(but(received=n, accepted=n - 100)) for n in (1001, 1000)]

    assert settle(looks.pop, 20.0, lambda: 0.0, _no_sleep) == account()
    assert len(looks) == 1


def _no_sleep(_seconds: float) -> None:
    pytest.fail("nothing was to be waited for")


def test_one_that_does_not_hold_is_looked_at_again() -> None:
    clock, looks = [0.0], [account(), account(but(accepted=901))]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    assert settle(looks.pop, 20.0, lambda: clock[0], sleep) == account()
    assert clock == [1.0]


def test_a_machine_that_published_nothing_has_no_tally(tmp_path: Path) -> None:
    buckets = {"DeadLetterBucket": "letters", "QuarantineBucket": "quarantine"}
    evidence = Evidence(None, None, buckets, tmp_path)

    assert not evidence.has_tally()
    Tally(tmp_path / FILE_NAME, "run", lambda: 1).close()
    assert evidence.has_tally()


def test_since_when_it_is_added_up_is_said_where_the_table_is_young() -> None:
    found = account(since_s=TEN_S + 60)

    assert remarks(found) == [
        "counted since 2026-03-20T10:01:00Z, when road_segments was created: "
        "earlier metrics belong to an earlier table"
    ]
    assert found.as_json()["since"] == "2026-03-20T10:01:00Z"
    assert account().as_json()["since"] is None


class Made:
    """DynamoDB, which made its table at *made*."""

    def __init__(self, made: datetime) -> None:
        self._made = made

    def describe_table(self, TableName: str) -> Any:  # noqa: N803 - boto3's name
        assert TableName == "roads"
        return {"Table": {"CreationDateTime": self._made}}


def test_the_table_of_the_segments_tells_when_it_was_made(tmp_path: Path) -> None:
    buckets = {"DeadLetterBucket": "letters", "QuarantineBucket": "quarantine"}
    outputs = {**buckets, "RoadSegmentsTable": "roads"}

    evidence = Evidence(
        Made(datetime.fromtimestamp(TEN_S, timezone.utc)), None, outputs, tmp_path
    )

    assert evidence.created_s() == TEN_S
