"""What outlives a stack is found whole, looked into cheaply, and nobody else's."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tests.template.template import TEXT
from trafficctl.destroy.command import older_leftovers, what_is_left
from trafficctl.destroy.removal import Removal
from trafficctl.stack import empty_bucket, retained_types
from trafficctl.stack import template as texts
from trafficctl.stack.retained_types import FEW_ITEMS, FEW_OBJECTS, KINDS
from trafficctl.stack.stack import Account

from ..stack.events import STACK_ID, event
from ..stack.fakes import Answers, FakeSession, refusal

TABLE, BUCKET = "AWS::DynamoDB::Table", "AWS::S3::Bucket"
NOWHERE = refusal("ValidationError", "Stack for city-1 does not exist")


def account(answers: Answers) -> Account:
    """An account that answers so."""
    return Account(FakeSession(answers, endpoint="http://127.0.0.1:1"))


# -- looked into


@pytest.mark.parametrize(
    ("told", "counted", "more", "said", "scans"),
    [
        (650_000_000, 0, False, "about 650,000,000 items", 0),
        (FEW_ITEMS, 0, False, "about 1,000 items", 0),
        (0, 3, False, "3 items", 1),  # younger than DynamoDB's own number
        (0, 1000, True, "at least 1,000 items", 1),
        (0, 0, False, "0 items", 1),
    ],
)
def test_a_table_is_looked_into_once_and_only_if_it_seems_small(
    told: int, counted: int, more: bool, said: str, scans: int
) -> None:
    page = {"Count": counted} | ({"LastEvaluatedKey": {}} if more else {})
    session = FakeSession(
        {
            ("dynamodb", "describe_table"): {"Table": {"ItemCount": told}},
            ("dynamodb", "scan"): page,
        }
    )

    assert KINDS[TABLE].size(Account(session), "city-road_segments") == said
    asked = [asked for _, name, asked in session.asked if name == "scan"]
    assert [one["Limit"] for one in asked] == [FEW_ITEMS] * scans


class Pages:
    """S3 with a bucket of many objects, which counts the pages that are read."""

    def __init__(self, objects: int) -> None:
        self.objects, self.read = objects, 0

    def get_paginator(self, _operation: str) -> Pages:
        """Itself."""
        return self

    def paginate(self, **_asked: Any) -> Any:
        """The objects, a thousand a page."""
        for start in range(0, self.objects, empty_bucket.PAGE):
            self.read += 1
            number = min(empty_bucket.PAGE, self.objects - start)
            yield {"Versions": [{"Key": str(n)} for n in range(number)]}


def test_a_bucket_is_counted_no_further_than_it_takes() -> None:
    full, small = Pages(5_000_000), Pages(1200)

    assert empty_bucket.count(full, "city", FEW_OBJECTS) > FEW_OBJECTS
    assert full.read == 11
    assert empty_bucket.count(small, "city", FEW_OBJECTS) == 1200
    assert empty_bucket.count(Pages(2), "city", most=0) == 2


@pytest.mark.parametrize(
    ("objects", "said"), [(3, "3 objects"), (20_000, "over 10,000 objects")]
)
def test_a_bucket_too_full_to_be_counted_is_said_to_be_so(
    objects: int, said: str
) -> None:
    versions = [{"Key": str(n)} for n in range(objects)]
    found = account({("s3", "list_object_versions"): {"Versions": versions}})

    assert retained_types.KINDS[BUCKET].size(found, "city-letters") == said


# -- found


def skipped(logical_id: str, kind: str, physical_id: str) -> Any:
    """The event of a resource that was left alone."""
    return {
        **event(physical_id, "DELETE_SKIPPED", logical_id),
        "ResourceType": kind,
        "PhysicalResourceId": physical_id,
    }


NOW = {
    "LogicalResourceId": "RoadSegments",
    "ResourceType": TABLE,
    "ResourceStatus": "UPDATE_COMPLETE",
    "PhysicalResourceId": "city-road_segments",
}


def living(events: list[Any], **more: Any) -> Removal:
    """The removal of a stack that has one table, and these events behind it."""
    stack = {"StackId": STACK_ID, "StackStatus": "UPDATE_COMPLETE"}
    answers: Answers = {
        ("cloudformation", "describe_stacks"): {"Stacks": [stack]},
        ("cloudformation", "list_stacks"): {"StackSummaries": []},
        ("cloudformation", "get_template"): {"TemplateBody": TEXT},
        ("cloudformation", "list_stack_resources"): {"StackResourceSummaries": [NOW]},
        ("cloudformation", "describe_stack_resources"): NOWHERE,
        ("cloudformation", "describe_stack_events"): {"StackEvents": events},
        ("sts", "get_caller_identity"): {"Account": "111122223333"},
    }
    answers |= {("cloudformation", name): answer for name, answer in more.items()}
    return Removal(account(answers), "city", TEXT, lambda _said: None)


def names(removal: Removal) -> list[str]:
    """The physical ids of what stays."""
    return [one.physical_id for one in removal.staying()]


def test_what_updates_left_behind_is_none_of_the_stacks() -> None:
    removal = living([skipped("SpillBucket", BUCKET, "city-spill-1")])

    assert names(removal) == ["city-road_segments"]


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("IMPORT_COMPLETE", []),
        ("IMPORT_ROLLBACK_COMPLETE", ["city-spill-1"]),
        ("DELETE_SKIPPED", ["city-spill-1"]),
    ],
)
def test_once_the_stack_is_gone_what_another_has_taken_in_is_that_stacks(
    status: str, found: list[str]
) -> None:
    gone = {"StackName": "city", "StackId": "arn:city/0", "CreationTime": "2026"}
    removal = living(
        [skipped("SpillBucket", BUCKET, "city-spill-1")],
        describe_stacks=NOWHERE,
        list_stacks={"StackSummaries": [gone]},
        describe_stack_resources={"StackResources": [{"ResourceStatus": status}]},
    )
    absent = refusal("ResourceNotFoundException")
    removal.account.session.answers |= {
        ("s3", "head_bucket"): {},
        ("dynamodb", "describe_table"): absent,
        ("iot", "get_policy"): absent,
        ("iot", "describe_thing_type"): absent,
        ("logs", "describe_log_groups"): {"logGroups": []},
    }

    assert names(removal) == found


@pytest.mark.parametrize(
    ("ended", "left"),
    [("ROLLBACK_COMPLETE", ["city-memory-1"]), ("UPDATE_COMPLETE", [])],
)
def test_what_a_failed_creation_of_the_name_left_is_purged_too(
    ended: str, left: list[str]
) -> None:
    gone = {"StackName": "city", "StackId": "arn:city/0", "CreationTime": "2026"}
    history = {
        "arn:city/0": [
            event("2", "DELETE_COMPLETE"),
            event("1", ended),
            skipped("HealthMemory", BUCKET, "city-memory-1"),
        ],
        STACK_ID: [event("3", "UPDATE_COMPLETE")],
    }
    removal = living(
        [],
        list_stacks={"StackSummaries": [gone]},
        describe_stack_events=lambda StackName: {"StackEvents": history[StackName]},  # noqa: N803 - boto3's
    )
    removal.account.session.answers["s3", "head_bucket"] = {}

    assert names(removal) == ["city-road_segments", *left]


# -- deleted


def test_a_deletion_under_way_is_followed_and_not_ordered_again() -> None:
    """The order would begin nothing, and be waited for in vain."""
    deleting = {"StackId": STACK_ID, "StackStatus": "DELETE_IN_PROGRESS"}
    ended = {**deleting, "StackStatus": "DELETE_COMPLETE"}
    statuses = iter([deleting, ended])
    begun = event("1", "DELETE_IN_PROGRESS", reason="User Initiated")
    removal = living(
        [event("2", "DELETE_COMPLETE"), begun],
        describe_stacks=lambda **_asked: {"Stacks": [next(statuses)]},
    )

    removal.delete_stack()

    asked = {name for _, name, _ in removal.account.session.asked}
    assert "delete_stack" not in asked


def test_a_stack_in_review_goes_though_nothing_was_ever_made_of_it() -> None:
    """It has no template, and may go without an event of its own."""
    review = {"StackId": STACK_ID, "StackStatus": "REVIEW_IN_PROGRESS"}
    statuses = iter([review, {**review, "StackStatus": "DELETE_COMPLETE"}])
    removal = living(
        [],
        describe_stacks=lambda **_asked: {"Stacks": [next(statuses)]},
        get_template={"StagesAvailable": []},
        delete_stack={},
    )

    assert (removal.exists, removal.going(), removal.staying()) == (True, [], [])
    assert removal.given_buckets() == set()
    removal.delete_stack()

    ordered = [a for _, name, a in removal.account.session.asked if "delete" in name]
    assert ordered == [{"StackName": STACK_ID}]


def test_packages_in_a_bucket_of_ones_own_are_named_at_last() -> None:
    own = texts.with_code(TEXT, "my-packages", "city/traffic-1.zip")
    made = texts.with_code(
        TEXT, "city-traffic-artifacts-111122223333-eu-central-1", "city/traffic-1.zip"
    )

    assert texts.code_buckets(TEXT) == set()
    assert living([], get_template={"TemplateBody": made}).given_buckets() == set()
    given = living([], get_template={"TemplateBody": own}).given_buckets()
    assert given == {"my-packages"}
    assert what_is_left("city", given) == (
        "nothing of stack city is left but its packages in a bucket of yours:\n"
        "  aws s3 rm --recursive s3://my-packages/city/"
    )
    assert what_is_left("city", set()) == "nothing of stack city is left"


def test_what_earlier_stacks_left_is_listed_and_deleted_by_the_aws_cli() -> None:
    said = older_leftovers("city").splitlines()

    assert "list-stacks" in said[1]
    assert "StackName=='city'" in said[1]
    assert "DELETE_SKIPPED" in said[2]
    assert [line.strip().split()[:2] for line in said[3:]] == [
        ["aws", service]
        for service in ("iot", "iot", "dynamodb", "s3", "cognito-idp", "logs", "kms")
    ]


def test_the_commands_are_ones_that_a_shell_understands() -> None:
    lines = older_leftovers("city").splitlines()[1:3]
    script = "\n".join(lines)

    done = subprocess.run(["/bin/sh", "-nc", script], check=True, capture_output=True)

    assert done.stderr == b""
