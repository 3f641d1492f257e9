"""Whoever stops watching a deployment does not stop the deployment."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.template.template import PATH
from trafficctl.aws.session import is_loopback
from trafficctl.deploy.deployment import deploy
from trafficctl.deploy.request import DeployRequest, Prompter
from trafficctl.errors import CityError
from trafficctl.stack.artifacts import Artifacts, bucket_name
from trafficctl.stack.follow import BEGIN_PATIENCE_S, Follower
from trafficctl.stack.stack import Account, Stack

from .events import STACK_ID, event
from .fakes import BUCKET, FakeSession, refusal

STACK = {"StackName": "city", "StackId": STACK_ID, "StackStatus": "UPDATE_COMPLETE"}
TODAY = dt.date(2026, 11, 23)
WHO = {"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/deployer"}


def test_ctrl_c_while_following_changes_nothing_and_says_how_to_go_on() -> None:
    looks = iter([{"StackEvents": []}, KeyboardInterrupt()])
    creating = {**STACK, "StackStatus": "CREATE_IN_PROGRESS"}
    session = FakeSession(
        {
            ("sts", "get_caller_identity"): WHO,
            ("cloudformation", "describe_stacks"): {"Stacks": [creating]},
            ("cloudformation", "describe_stack_events"): lambda **_asked: next(looks),
        }
    )
    said: list[str] = []
    talk = Prompter(said.append, lambda _changes: None, lambda _question: True)

    with pytest.raises(KeyboardInterrupt):
        deploy(session, DeployRequest("city", Path(PATH), today=TODAY), talk)

    assert "stack city is CREATE_IN_PROGRESS: following it" in said[0]
    assert "continues with stack city" in said[1]
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
            **BUCKET,
            ("s3", "put_object"): {},
            ("cloudformation", "describe_stacks"): {"Stacks": [STACK]},
            ("cloudformation", "create_change_set"): {"Id": "c", "StackId": "arn"},
            ("cloudformation", "describe_change_set"): {"Status": "CREATE_COMPLETE"},
            ("cloudformation", "describe_stack_events"): {"StackEvents": []},
            ("cloudformation", "execute_change_set"): KeyboardInterrupt(),
        }
    )
    said: list[str] = []
    talk = Prompter(said.append, lambda _changes: None, lambda _question: True)
    request = DeployRequest("city", Path(PATH), code=code, today=TODAY, **wish)
    with pytest.raises(KeyboardInterrupt):
        deploy(session, request, talk)
    return session, said


def test_ctrl_c_while_the_order_is_given_says_so_too(tmp_path: Path) -> None:
    """The answer was interrupted, and may have been a yes."""
    session, said = updating(tmp_path)

    assert "continues with stack city" in said[-1]
    assert session.asked[-1][1] == "execute_change_set"


@pytest.mark.parametrize("reverts", [True, False])
def test_drift_is_reverted_only_when_asked_for(tmp_path: Path, reverts: bool) -> None:
    """It would undo what an incident made necessary, and what scaling has set."""
    session, _said = updating(tmp_path, revert_drift=reverts)

    (made,) = (a for _, name, a in session.asked if name == "create_change_set")
    assert made.get("DeploymentMode") == ("REVERT_DRIFT" if reverts else None)


class Follow:
    """A stack whose events and status change from one look to the next.

    Each look is a step of `course`: what has newly happened, and the status then.
    """

    def __init__(self, *course: tuple[list[Any], str], before: Any = ()) -> None:
        self.course, self.looks = course, 0
        self.happened: list[Any] = list(before)  # newest first
        self.session = FakeSession(
            {
                ("cloudformation", "describe_stacks"): self.describe,
                ("cloudformation", "describe_stack_events"): self.events,
            },
            endpoint="http://127.0.0.1:1",  # a local city is looked at more often
        )
        self.stack = Stack(Account(self.session), "city")

    def step(self) -> str:
        """What CloudFormation has done by now; the status."""
        new, status = self.course[min(self.looks, len(self.course) - 1)]
        self.happened[:0] = [] if self.looks >= len(self.course) else new
        self.looks += 1
        return status

    def describe(self, **_asked: Any) -> Any:
        """The stack's status at this look."""
        return {"Stacks": [{**STACK, "StackStatus": self.step()}]}

    def events(self, **_asked: Any) -> Any:
        """The events at this look."""
        self.step()
        return {"StackEvents": list(self.happened)}

    def follower(self, *awaited: str, resumed: bool = False) -> Follower:
        """Who follows it."""
        return Follower(self.stack, STACK_ID, awaited, resumed=resumed)


BEGUN = event("2", "UPDATE_IN_PROGRESS", reason="User Initiated")


def test_what_begins_between_two_looks_is_not_over_by_its_former_status() -> None:
    following = Follow(
        ([], "UPDATE_COMPLETE"),  # where following begins
        ([BEGUN], "UPDATE_COMPLETE"),
        ([], "UPDATE_IN_PROGRESS"),
        ([event("3", "UPDATE_ROLLBACK_IN_PROGRESS")], "UPDATE_ROLLBACK_IN_PROGRESS"),
        ([event("4", "UPDATE_ROLLBACK_COMPLETE")], "UPDATE_ROLLBACK_COMPLETE"),
        before=[event("1", "UPDATE_COMPLETE")],
    )

    assert following.follower().to_the_end() == "UPDATE_ROLLBACK_COMPLETE"


def test_an_operation_that_aws_begins_late_is_waited_for() -> None:
    """AWS answers ExecuteChangeSet before it begins; the stack is as it was."""
    idle: list[tuple[list[Any], str]] = [([], "UPDATE_COMPLETE")] * 5
    following = Follow(
        *idle,
        ([BEGUN], "UPDATE_IN_PROGRESS"),
        ([event("3", "UPDATE_COMPLETE")], "UPDATE_COMPLETE"),
        before=[event("1", "UPDATE_COMPLETE")],
    )
    follower = following.follower()
    follower._since -= BEGIN_PATIENCE_S / 2  # more than a while ago

    assert follower.to_the_end() == "UPDATE_COMPLETE"
    assert [one["EventId"] for one in follower.events] == ["2", "3"]


def test_an_operation_that_never_begins_is_no_success() -> None:
    following = Follow(([], "UPDATE_COMPLETE"), before=[event("1", "UPDATE_COMPLETE")])
    follower = following.follower()
    follower._since -= BEGIN_PATIENCE_S

    with pytest.raises(CityError, match="has not started on stack city after 300 s"):
        follower.to_the_end()


def test_what_fails_before_anything_is_touched_is_followed_through_its_rollback() -> (
    None
):
    following = Follow(
        ([], "UPDATE_COMPLETE"),
        ([event("3", "UPDATE_FAILED"), BEGUN], "UPDATE_ROLLBACK_IN_PROGRESS"),
        ([], "UPDATE_ROLLBACK_IN_PROGRESS"),
        ([event("4", "UPDATE_ROLLBACK_COMPLETE")], "UPDATE_ROLLBACK_COMPLETE"),
    )

    assert following.follower().to_the_end() == "UPDATE_ROLLBACK_COMPLETE"


def test_a_stack_that_is_gone_has_no_status() -> None:
    deleted = event("2", "DELETE_IN_PROGRESS")
    following = Follow(([], ""), ([event("3", "DELETE_COMPLETE"), deleted], ""))
    following.session.answers["cloudformation", "describe_stacks"] = refusal(
        "ValidationError", "Stack with id city does not exist"
    )

    assert following.follower().to_the_end() is None


def test_who_comes_back_during_the_rollback_is_told_its_first_cause() -> None:
    failed = event("3", "UPDATE_FAILED", "Processor", "Runtime is gone")
    rollback = event("4", "UPDATE_ROLLBACK_IN_PROGRESS")
    following = Follow(
        ([], rollback["ResourceStatus"]),
        ([], rollback["ResourceStatus"]),
        ([event("5", "UPDATE_ROLLBACK_COMPLETE")], "UPDATE_ROLLBACK_COMPLETE"),
        before=[
            rollback,
            failed,
            BEGUN,
            event("1", "CREATE_COMPLETE"),
            event("0", "CREATE_FAILED", "Topic", "of another time"),
        ],
    )
    following.session.answers["sts", "get_caller_identity"] = WHO
    talk = Prompter(lambda _said: None, lambda _changes: None, lambda _question: True)

    with pytest.raises(CityError) as caught:
        deploy(following.session, DeployRequest("city", Path(PATH), today=TODAY), talk)

    assert str(caught.value).startswith(
        "stack city is UPDATE_ROLLBACK_COMPLETE. First cause: "
        "Processor (AWS::Lambda::Function): Runtime is gone - "
    )


def test_what_the_change_set_does_not_name_is_not_counted() -> None:
    """The local city applies all resources again, and has an event for each."""
    following = Follow(
        ([], "UPDATE_COMPLETE"),
        (
            [
                event("5", "UPDATE_COMPLETE"),
                event("4", "UPDATE_COMPLETE", "Topic"),
                event("3", "UPDATE_COMPLETE", "Table"),
                BEGUN,
            ],
            "UPDATE_COMPLETE",
        ),
    )
    follower = following.follower("Table")

    follower.to_the_end()

    assert (follower.done, follower.total) == ({"Table"}, 1)


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
