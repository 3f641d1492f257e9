"""The bucket that packages and templates are uploaded to, one for account and Region.

Each stack has a folder of its own in it. Names change with the content: an upload
never overwrites what a deployed function or a rollback still needs.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.deploying.stack import Account
from trafficctl.errors import CityError

HOME_REGION = "us-east-1"  # the one Region that CreateBucket must not be told


class Artifacts:
    """The bucket's part that belongs to one stack."""

    def __init__(self, account: Account, stack: str, bucket: str | None = None) -> None:
        self.account = account
        self.stack = stack
        self.given = bucket is not None
        self.bucket = bucket or bucket_name(account.number, account.region)
        self.s3 = account.client("s3")

    def ensure(self) -> bool:
        """Make the bucket if there is none, and close it; whether it was made.

        It is closed at each deployment: an earlier one may have been interrupted, or
        somebody may have opened it. A bucket given by name must exist, and is used as
        it is.
        """
        exists = self._exists()
        if self.given:
            if not exists:
                raise CityError(
                    f"there is no bucket {self.bucket} - make it, or leave --bucket out"
                )
            return False
        if not exists:
            self._make()
        self._close()
        return not exists

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
        self.s3.create_bucket(Bucket=self.bucket, **where)

    def _close(self) -> None:
        ours = {"Bucket": self.bucket, "ExpectedBucketOwner": self.account.number}
        self.s3.put_public_access_block(
            **ours,
            PublicAccessBlockConfiguration=dict.fromkeys(
                (
                    "BlockPublicAcls",
                    "IgnorePublicAcls",
                    "BlockPublicPolicy",
                    "RestrictPublicBuckets",
                ),
                True,
            ),
        )
        self.s3.put_bucket_encryption(
            **ours,
            ServerSideEncryptionConfiguration={
                "Rules": [
                    {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
                ]
            },
        )
        self.s3.put_bucket_policy(
            **ours,
            Policy=json.dumps(tls_only(self.bucket, self._partition())),
        )

    def _partition(self) -> str:
        return str(self.s3.meta.partition)


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
