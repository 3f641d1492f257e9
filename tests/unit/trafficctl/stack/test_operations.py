"""An operation on a stack is told from those before it by the stack's own events."""

from __future__ import annotations

from typing import Any

import pytest

from trafficctl.stack import events as operations

from .events import history

BEGUN = ("UPDATE_IN_PROGRESS", "", "User Initiated")
# A local city gives no reason.
SILENT = ("UPDATE_IN_PROGRESS",)
ROLLED_BACK = ("UPDATE_ROLLBACK_COMPLETE",)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ([], None),
        ([("UPDATE_COMPLETE", "Table")], None),
        ([BEGUN], None),
        ([BEGUN, ("UPDATE_COMPLETE", "Table")], None),
        ([BEGUN, ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",)], None),
        ([BEGUN, ("UPDATE_COMPLETE",)], "UPDATE_COMPLETE"),
        ([BEGUN, ("UPDATE_ROLLBACK_IN_PROGRESS",), ROLLED_BACK], ROLLED_BACK[0]),
        ([("UPDATE_COMPLETE",)], None),  # of the operation before
        ([("UPDATE_COMPLETE",), BEGUN], None),
    ],
)
def test_an_operation_has_ended_when_the_stack_itself_says_so(
    told: Any, status: str | None
) -> None:
    assert operations.end(history(*told)[::-1]) == status


def test_the_end_of_a_nested_stack_is_not_that_of_the_stack() -> None:
    nested = {**history(("UPDATE_COMPLETE",))[0], "PhysicalResourceId": "arn:other/1"}

    assert operations.end([*history(BEGUN), nested]) is None


@pytest.mark.parametrize("begun", [BEGUN, SILENT])
@pytest.mark.parametrize(
    "after",
    [
        [],
        [("UPDATE_FAILED", "Processor", "no"), ("UPDATE_ROLLBACK_IN_PROGRESS",)],
        # What is found wrong before anything is touched.
        [("UPDATE_FAILED",), ("UPDATE_ROLLBACK_IN_PROGRESS",)],
        [("UPDATE_COMPLETE", "Table"), ("UPDATE_COMPLETE",)],
    ],
)
def test_an_operation_is_followed_from_its_own_beginning(
    begun: Any, after: Any
) -> None:
    before = [("CREATE_IN_PROGRESS",), ("CREATE_COMPLETE", "Table")]
    ended = ("CREATE_COMPLETE",)

    assert operations.before_the_last(history(*before, ended, begun, *after)) == "3"


def test_a_deletion_ordered_while_another_operation_runs_is_one_of_its_own() -> None:
    deletion = ("DELETE_IN_PROGRESS", "", "User Initiated")

    assert operations.before_the_last(history(BEGUN, deletion)) == "1"


def test_the_first_operation_has_nothing_before_it() -> None:
    told = [("REVIEW_IN_PROGRESS",), ("CREATE_IN_PROGRESS",), ("CREATE_COMPLETE",)]

    assert operations.before_the_last(history(*told)) is None
    assert operations.before_the_last([]) is None


def test_a_deletion_that_needed_two_tries_is_read_whole() -> None:
    found = operations.of_the_deletion(
        history(
            ("DELETE_SKIPPED", "Old"),
            ("UPDATE_COMPLETE",),
            ("DELETE_IN_PROGRESS",),
            ("DELETE_SKIPPED", "Table"),
            ("DELETE_FAILED",),
            ("DELETE_IN_PROGRESS",),
            ("DELETE_COMPLETE",),
        )
    )

    assert [one["EventId"] for one in found] == ["7", "6", "5", "4", "3"]


ROLLED_BACK_CREATION = [
    ("CREATE_IN_PROGRESS", "", "User Initiated"),
    ("CREATE_FAILED", "Processor", "no"),
    ("ROLLBACK_IN_PROGRESS",),
    ("DELETE_SKIPPED", "Table"),
    ("ROLLBACK_COMPLETE",),
]
DELETED = [("DELETE_IN_PROGRESS", "", "User Initiated"), ("DELETE_COMPLETE",)]


@pytest.mark.parametrize(
    ("told", "count"),
    [
        (ROLLED_BACK_CREATION, 5),
        ([*ROLLED_BACK_CREATION, *DELETED], 5),
        ([*ROLLED_BACK_CREATION[:-1], ("ROLLBACK_FAILED",), *DELETED], 5),
        (ROLLED_BACK_CREATION[:-1], 0),
        ([("CREATE_COMPLETE",), *DELETED], 0),
        ([("CREATE_COMPLETE",), BEGUN, ROLLED_BACK], 0),
    ],
)
def test_a_failed_creation_is_told_from_a_stack_that_stood(
    told: Any, count: int
) -> None:
    found = list(operations.of_a_failed_creation(history(*told)))

    assert len(found) == count
    assert {one["ResourceStatus"] for one in found} & {"DELETE_COMPLETE"} == set()
