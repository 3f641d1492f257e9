"""Whoever stops watching a deployment does not stop the deployment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.template.template import PATH
from trafficctl.deploying.artifacts import Artifacts, bucket_name
from trafficctl.deploying.follow import Follower
from trafficctl.deploying.run import Talk, Wish, deploy
from trafficctl.deploying.stack import Account, Stack, is_loopback
from trafficctl.errors import CityError

from .fakes import FakeSession, refusal

STACK = {"StackName": "city", "StackId": "arn:city/1", "StackStatus": "UPDATE_COMPLETE"}
WHO = {"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/deployer"}


def test_ctrl_c_while_following_changes_nothing_and_says_how_to_go_on() -> None:
    looks = iter([{**STACK, "StackStatus": "CREATE_IN_PROGRESS"}] * 2)

    def describe(**_asked: Any) -> Any:
        return {"Stacks": [found]} if (found := next(looks, None)) else stopped

    stopped = KeyboardInterrupt()
    session = FakeSession(
        {
            ("sts", "get_caller_identity"): WHO,
            ("cloudformation", "describe_stacks"): describe,
            ("cloudformation", "describe_stack_events"): {"StackEvents": []},
        }
    )
    said: list[str] = []
    talk = Talk(said.append, lambda _changes: None, lambda _question: True)

    with pytest.raises(KeyboardInterrupt):
        deploy(session, Wish("city", Path(PATH)), talk)

    assert "stack city is CREATE_IN_PROGRESS: following it" in said[0]
    assert "goes on with stack city by itself" in said[1]
    operations = {operation for _, operation, _ in session.asked}
    assert operations == {
        "get_caller_identity",
        "describe_stacks",
        "describe_stack_events",
    }


def updating(tmp_path: Path, **wish: Any) -> tuple[FakeSession, list[str]]:
    """An update that is interrupted in the moment it is ordered, and what was said."""
    code = tmp_path / "traffic.zip"
    code.write_bytes(b"")
    session = FakeSession(
        {
            ("sts", "get_caller_identity"): WHO,
            ("s3", "head_bucket"): {},
            ("s3", "put_object"): {},
            ("cloudformation", "describe_stacks"): {"Stacks": [STACK]},
            ("cloudformation", "create_change_set"): {"Id": "c", "StackId": "arn"},
            ("cloudformation", "describe_change_set"): {"Status": "CREATE_COMPLETE"},
            ("cloudformation", "describe_stack_events"): {"StackEvents": []},
            ("cloudformation", "execute_change_set"): KeyboardInterrupt(),
        }
    )
    said: list[str] = []
    talk = Talk(said.append, lambda _changes: None, lambda _question: True)
    with pytest.raises(KeyboardInterrupt):
        deploy(session, Wish("city", Path(PATH), code=code, **wish), talk)
    return session, said


def test_ctrl_c_while_the_order_is_given_says_so_too(tmp_path: Path) -> None:
    """The answer was interrupted, and may have been a yes."""
    session, said = updating(tmp_path)

    assert "goes on with stack city by itself" in said[-1]
    assert session.asked[-1][1] == "execute_change_set"


@pytest.mark.parametrize("reverts", [True, False])
def test_drift_is_reverted_only_when_asked_for(tmp_path: Path, reverts: bool) -> None:
    """It would undo what an incident made necessary, and what scaling has set."""
    session, _said = updating(tmp_path, revert_drift=reverts)

    (made,) = (a for _, name, a in session.asked if name == "create_change_set")
    assert made.get("DeploymentMode") == ("REVERT_DRIFT" if reverts else None)


def test_an_operation_that_has_not_begun_yet_is_not_taken_for_one_that_has_ended() -> (
    None
):
    """AWS answers ExecuteChangeSet before the stack's status shows it."""
    statuses = iter(["REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"])
    begun: list[Any] = []

    def describe(**_asked: Any) -> Any:
        status = next(statuses)
        if status != "REVIEW_IN_PROGRESS":
            begun.insert(0, event(f"{status}-1", status))
        return {"Stacks": [{**STACK, "StackStatus": status}]}

    session = FakeSession(
        {
            ("cloudformation", "describe_stacks"): describe,
            ("cloudformation", "describe_stack_events"): lambda **_asked: {
                "StackEvents": list(begun)
            },
        },
        endpoint="http://127.0.0.1:1",  # a local city is looked at more often
    )
    stack = Stack(Account(session), "city")

    status = Follower(stack, "arn:city/1", ["Table"], lambda _said: None).to_the_end()

    assert status == "CREATE_COMPLETE"


def test_what_the_change_set_does_not_name_is_not_counted() -> None:
    """The local city applies all resources anew, and has an event for each."""
    told = [
        event("4", "UPDATE_COMPLETE"),
        event("3", "UPDATE_COMPLETE", "Topic"),
        event("2", "UPDATE_COMPLETE", "Table"),
    ]
    session = FakeSession(
        {
            ("cloudformation", "describe_stacks"): {"Stacks": [STACK]},
            ("cloudformation", "describe_stack_events"): lambda **_asked: {
                "StackEvents": list(happened)
            },
        },
        endpoint="http://127.0.0.1:1",
    )
    happened: list[Any] = []
    stack = Stack(Account(session), "city")
    follower = Follower(stack, "arn:city/1", ["Table"], lambda _said: None)
    happened += told

    follower.to_the_end()

    assert (follower.done, follower.total) == ({"Table"}, 1)


def event(event_id: str, status: str, name: str = "") -> dict[str, str]:
    """An event of a table or topic, or of the stack itself."""
    kind = "AWS::DynamoDB::Table" if name else "AWS::CloudFormation::Stack"
    return {
        "EventId": event_id,
        "LogicalResourceId": name or "city",
        "ResourceType": kind,
        "ResourceStatus": status,
    }


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("403", "another account's - name one of your own"),
        ("404", "there is no bucket"),
    ],
)
def test_a_bucket_that_cannot_be_used_is_said_to_be_so(code: str, message: str) -> None:
    session = FakeSession(
        {("sts", "get_caller_identity"): WHO, ("s3", "head_bucket"): refusal(code)}
    )

    with pytest.raises(CityError, match=message):
        Artifacts(Account(session), "city", "mine").ensure()


def test_the_bucket_of_an_account_and_region_is_nobody_elses() -> None:
    assert bucket_name("111122223333", "eu-central-1") == (
        "city-traffic-artifacts-111122223333-eu-central-1"
    )


def test_what_is_uploaded_goes_by_its_content_to_a_bucket_of_this_account() -> None:
    session = FakeSession(
        {("sts", "get_caller_identity"): WHO, ("s3", "put_object"): {}}
    )
    artifacts = Artifacts(Account(session), "city")

    keys = [artifacts.upload(data, "traffic", ".zip") for data in (b"a", b"a", b"b")]

    assert keys[0] == keys[1] != keys[2]
    assert keys[0].startswith("city/traffic-")
    assert {asked.get("ExpectedBucketOwner") for _, _, asked in session.asked[1:]} == {
        "111122223333"
    }


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        ("http://127.0.0.1:4566", True),
        ("http://localhost:4566", True),
        ("https://cloudformation.eu-central-1.amazonaws.com", False),
        ("https://localhost.example.org", False),
    ],
)
def test_a_local_city_is_known_by_its_address(endpoint: str, local: bool) -> None:
    assert is_loopback(endpoint) is local
