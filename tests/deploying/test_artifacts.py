"""The bucket of packages is closed before anything is laid into it, each time."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from trafficctl.deploying.artifacts import Artifacts, tls_only
from trafficctl.deploying.stack import Account

from .fakes import BUCKET, Answers, FakeSession, refusal

NUMBER = "111122223333"
WHO: Answers = {
    ("sts", "get_caller_identity"): {
        "Account": NUMBER,
        "Arn": f"arn:aws:iam::{NUMBER}:user/deployer",
    }
}
CLOSING = ["put_public_access_block", "put_bucket_encryption", "put_bucket_policy"]
ABSENT: Answers = {("s3", "head_bucket"): refusal("404"), ("s3", "create_bucket"): {}}


def asked_of(answers: Answers, bucket: str | None = None) -> tuple[bool, FakeSession]:
    """Whether the bucket was made, and what was asked on the way."""
    session = FakeSession({**WHO, **BUCKET, **answers})
    return Artifacts(Account(session), "city", bucket).ensure(), session


@pytest.mark.parametrize("answers", [{}, ABSENT], ids=["there", "absent"])
def test_our_own_bucket_is_closed_whoever_made_it_and_when(answers: Answers) -> None:
    made, session = asked_of(answers)

    closing = [(name, told) for _, name, told in session.asked if name in CLOSING]
    assert made is bool(answers)
    assert [name for name, _ in closing] == CLOSING
    assert {told["ExpectedBucketOwner"] for _, told in closing} == {NUMBER}
    access, _, policy = (told for _, told in closing)
    assert set(access["PublicAccessBlockConfiguration"].values()) == {True}
    assert json.loads(policy["Policy"]) == tls_only(policy["Bucket"], "aws")


def test_a_bucket_of_somebody_elses_choice_is_used_as_it_is() -> None:
    made, session = asked_of({}, "mine")

    assert (made, [name for _, name, _ in session.asked]) == (
        False,
        ["head_bucket", "get_caller_identity"][::-1],
    )


def test_a_bucket_that_cannot_be_closed_takes_no_package() -> None:
    """Who may not close it is told so, and not left with an open one."""
    denied: Answers = {("s3", "put_bucket_policy"): refusal("AccessDenied")}

    with pytest.raises(type(refusal("")), match="AccessDenied"):
        asked_of(denied)


def test_the_recipe_in_plain_aws_cli_sets_the_same_policy() -> None:
    module = "trafficctl.deploying.artifacts"
    printed = subprocess.run(
        [sys.executable, "-m", module, "mine"], capture_output=True, check=True
    ).stdout

    assert json.loads(printed) == tls_only("mine", "aws")
