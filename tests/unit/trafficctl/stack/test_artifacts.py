"""The bucket of packages is closed before anything is laid into it, each time."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from trafficctl.errors import CityError
from trafficctl.stack.artifacts import NO_ACCESS, Artifacts, bucket_name, tls_only
from trafficctl.stack.stack import Account

from .fakes import BUCKET, Answers, FakeSession, refusal

NUMBER = "111122223333"
OURS = bucket_name(NUMBER, "eu-central-1")
WHO: Answers = {
    ("sts", "get_caller_identity"): {
        "Account": NUMBER,
        "Arn": f"arn:aws:iam::{NUMBER}:user/deployer",
    }
}
CLOSING = ["put_public_access_block", "put_bucket_encryption", "put_bucket_policy"]
ABSENT: Answers = {("s3", "head_bucket"): refusal("404"), ("s3", "create_bucket"): {}}


def asked_of(
    answers: Answers, bucket: str | None = None
) -> tuple[list[str], FakeSession, list[float]]:
    """What was said, what was asked on the way, and how long was waited."""
    session = FakeSession({**WHO, **BUCKET, **answers})
    said: list[str] = []
    waited_s: list[float] = []
    Artifacts(Account(session), "city", bucket, said.append, waited_s.append).ensure()
    return said, session, waited_s


def closing(session: FakeSession) -> list[str]:
    """What was set."""
    return [name for _, name, _ in session.asked if name in CLOSING]


RESTORED = (
    f"restored settings of bucket {OURS}: public access block, encryption, policy"
)


@pytest.mark.parametrize(
    ("answers", "word"),
    [({}, RESTORED), (ABSENT, f"made bucket {OURS} for packages")],
    ids=["there", "absent"],
)
def test_our_own_bucket_is_closed_old_or_new(answers: Answers, word: str) -> None:
    said, session, _waited_s = asked_of(answers)

    told = [told for _, name, told in session.asked if name in CLOSING]
    assert said == [word]
    assert closing(session) == CLOSING
    assert {one["ExpectedBucketOwner"] for one in told} == {NUMBER}
    access, _, policy = told
    assert set(access["PublicAccessBlockConfiguration"].values()) == {True}
    assert json.loads(policy["Policy"]) == tls_only(OURS, "aws")


def rules(cipher: str) -> dict[str, object]:
    """The encryption of a bucket, as S3 tells it."""
    default = {"SSEAlgorithm": cipher}
    one = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": False}
    return {"ServerSideEncryptionConfiguration": {"Rules": [one]}}


CLOSED: Answers = {
    ("s3", "get_public_access_block"): {"PublicAccessBlockConfiguration": NO_ACCESS},
    ("s3", "get_bucket_encryption"): rules("AES256"),
    ("s3", "get_bucket_policy"): {"Policy": json.dumps(tls_only(OURS, "aws"))},
}
OPENED = {"PublicAccessBlockConfiguration": {**NO_ACCESS, "BlockPublicAcls": False}}


@pytest.mark.parametrize(
    ("found", "put"),
    [
        ({}, []),
        ({("s3", "get_public_access_block"): OPENED}, CLOSING[:1]),
        ({("s3", "get_bucket_encryption"): rules("aws:kms")}, CLOSING[1:2]),
        ({("s3", "get_bucket_policy"): {"Policy": "{}"}}, CLOSING[2:]),
        ({("s3", "get_bucket_policy"): refusal("NoSuchBucketPolicy")}, CLOSING[2:]),
    ],
)
def test_only_what_differs_is_set(found: Answers, put: list[str]) -> None:
    said, session, _waited_s = asked_of({**CLOSED, **found})

    assert closing(session) == put
    assert len(said) == len(put)


def test_two_deployments_at_once_wait_for_each_other() -> None:
    busy = iter([refusal("OperationAborted"), refusal("OperationAborted"), {}])

    _said, session, waited_s = asked_of(
        {**CLOSED, ("s3", "put_bucket_policy"): lambda **_asked: next(busy)}
        | {("s3", "get_bucket_policy"): refusal("NoSuchBucketPolicy")}
    )

    assert closing(session) == ["put_bucket_policy"] * 3
    assert waited_s == [0.5, 1.0]


def test_a_bucket_that_stays_busy_is_an_error_in_the_end() -> None:
    with pytest.raises(CityError, match=f"bucket {OURS} is still in use.*Aborted"):
        asked_of({("s3", "put_bucket_policy"): refusal("OperationAborted")})


def test_a_bucket_that_another_deployment_has_just_made_is_ours() -> None:
    quicker = refusal("BucketAlreadyOwnedByYou")

    _said, session, _waited_s = asked_of({**ABSENT, ("s3", "create_bucket"): quicker})

    assert closing(session) == CLOSING


def test_a_bucket_of_somebody_elses_choice_is_used_as_it_is() -> None:
    said, session, _waited_s = asked_of({}, "mine")

    assert (said, [name for _, name, _ in session.asked]) == (
        [],
        ["head_bucket", "get_caller_identity"][::-1],
    )


def test_a_bucket_that_cannot_be_closed_takes_no_package() -> None:
    """Who may not close it is told so, and not left with an open one."""
    denied: Answers = {("s3", "put_bucket_policy"): refusal("AccessDenied")}

    with pytest.raises(type(refusal("")), match="AccessDenied"):
        asked_of(denied)


def test_the_recipe_in_plain_aws_cli_sets_the_same_policy() -> None:
    module = "trafficctl.stack.artifacts"
    printed = subprocess.run(
        [sys.executable, "-m", module, "mine"], capture_output=True, check=True
    ).stdout

    assert json.loads(printed) == tls_only("mine", "aws")
