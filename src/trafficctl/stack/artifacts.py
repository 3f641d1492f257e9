"""The bucket that packages and templates are uploaded to, one for account and Region.

Each stack has a folder of its own in it. Names change with the content: an upload
never overwrites what a deployed function or a rollback still needs.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.aws.retry import ConflictRetry
from trafficctl.errors import CityError
from trafficctl.stack.stack import Account

HOME_REGION = "us-east-1"  # the one Region that CreateBucket must not name
BUSY = ("OperationAborted",)  # two deployments at once; boto3 does not repeat it
BUSY_S = 15.0
CIPHER = {"SSEAlgorithm": "AES256"}
NO_ACCESS = dict.fromkeys(
    (
        "BlockPublicAcls",
        "IgnorePublicAcls",
        "BlockPublicPolicy",
        "RestrictPublicBuckets",
    ),
    True,
)


class Artifacts:
    """The bucket's part that belongs to one stack."""

    def __init__(
        self,
        account: Account,
        stack: str,
        bucket: str | None = None,
        say: Callable[[str], None] = lambda _said: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.account, self.say = account, say
        self._patience = ConflictRetry(sleep, say)
        self.stack = stack
        self.given = bucket is not None
        self.bucket = bucket or bucket_name(account.number, account.region)
        self.s3 = account.client("s3")

    def ensure(self) -> None:
        """Make the bucket if there is none, and close it, telling what was done.

        At each deployment it is seen to be closed: an earlier one may have been
        interrupted, or somebody may have opened it. A bucket given by name must
        exist, and is used as it is.
        """
        exists = self._exists()
        if self.given:
            if not exists:
                raise CityError(
                    f"there is no bucket {self.bucket} - make it, or leave --bucket out"
                )
            return
        if not exists:
            self._make()
            self.say(f"made bucket {self.bucket} for packages")
        changed = self._close()
        if exists and changed:
            self.say(f"restored settings of bucket {self.bucket}: {', '.join(changed)}")

    def upload(self, data: bytes, name: str, suffix: str) -> str:
        """Upload; the key, which holds the content's hash."""
        key = f"{self.stack}/{name}-{hashlib.sha256(data).hexdigest()[:16]}{suffix}"
        self.s3.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=data,
            ExpectedBucketOwner=self.account.number,
        )
        return key

    def url(self, key: str) -> str:
        """An object's address, as CloudFormation takes it."""
        return f"{self.s3.meta.endpoint_url}/{self.bucket}/{key}"

    def _exists(self) -> bool:
        try:
            self.s3.head_bucket(
                Bucket=self.bucket, ExpectedBucketOwner=self.account.number
            )
        except ClientError as exc:
            code = exc.response["Error"]["Code"]
            if code in ("404", "NoSuchBucket"):
                return False
            if code in ("403", "AccessDenied"):
                raise CityError(
                    f"bucket {self.bucket} is not this identity's to use, or another "
                    "account's - name one of your own with --bucket"
                ) from exc
            raise
        return True

    def _make(self) -> None:
        where: dict[str, Any] = {}
        if self.account.region != HOME_REGION:
            where = {
                "CreateBucketConfiguration": {"LocationConstraint": self.account.region}
            }
        try:
            self._insist(self.s3.create_bucket, Bucket=self.bucket, **where)
        except ClientError as exc:  # another deployment was quicker
            if exc.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
                raise

    def _close(self) -> list[str]:
        """Set what differs from what it should be; return what that was."""
        api = self.s3
        policy = tls_only(self.bucket, self._partition())
        changed = []
        if _access(self._read(api.get_public_access_block)) != NO_ACCESS:
            self._put(
                api.put_public_access_block, PublicAccessBlockConfiguration=NO_ACCESS
            )
            changed.append("public access block")
        if _ciphers(self._read(api.get_bucket_encryption)) != [CIPHER]:
            rules = [{"ApplyServerSideEncryptionByDefault": CIPHER}]
            self._put(
                api.put_bucket_encryption,
                ServerSideEncryptionConfiguration={"Rules": rules},
            )
            changed.append("encryption")
        if _policy(self._read(api.get_bucket_policy)) != policy:
            self._put(api.put_bucket_policy, Policy=json.dumps(policy))
            changed.append("policy")
        return changed

    def _read(self, get: Callable[..., Any]) -> Any:
        """A setting; nothing where there is none, or where it may not be read."""
        try:
            return get(Bucket=self.bucket, ExpectedBucketOwner=self.account.number)
        except ClientError:
            return {}  # so it is set, and that tells what is wrong

    def _put(self, put: Callable[..., Any], **setting: Any) -> None:
        owner = self.account.number
        self._insist(put, Bucket=self.bucket, ExpectedBucketOwner=owner, **setting)

    def _insist(self, call: Callable[..., Any], **arguments: Any) -> None:
        self._patience.retry_while_in_use(
            f"bucket {self.bucket}", BUSY_S, lambda: call(**arguments), BUSY
        )

    def _partition(self) -> str:
        return str(self.s3.meta.partition)


def _access(answer: Any) -> Any:
    return answer.get("PublicAccessBlockConfiguration")


def _ciphers(answer: Any) -> list[Any]:
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    return [one.get("ApplyServerSideEncryptionByDefault") for one in rules]


def _policy(answer: Any) -> Any:
    return json.loads(answer.get("Policy", "null"))


def bucket_name(account: str, region: str) -> str:
    """The bucket's name: S3's names are one space for all accounts."""
    return f"city-traffic-artifacts-{account}-{region}"


def tls_only(bucket: str, partition: str) -> dict[str, Any]:
    """The bucket policy that refuses plain HTTP, and TLS below 1.2."""
    arn = f"arn:{partition}:s3:::{bucket}"
    anybody = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
    }
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    old = {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {**anybody, "Sid": "RefusePlainHttp", "Condition": plain},
            {**anybody, "Sid": "RefuseOldTls", "Condition": old},
        ],
    }


if __name__ == "__main__":  # for the recipe in plain AWS CLI: python -m ... BUCKET
    print(json.dumps(tls_only(sys.argv[1], *(sys.argv[2:] or ["aws"]))))
