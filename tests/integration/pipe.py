"""A stream, a function that reads it, and a bucket for what fails: the tests' own.

The function appends what it was given to a file, and fails for records that say so.
"""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HANDLER = """
import base64, json, os

def handler(event, context):
    data = [r["kinesis"]["data"] for r in event["Records"]]
    given = [json.loads(base64.b64decode(d)) for d in data]
    with open(os.environ["SEEN"], "a") as seen:
        seen.write(json.dumps(given) + chr(10))
    failed = [
        {"itemIdentifier": r["kinesis"]["sequenceNumber"]}
        for r, d in zip(event["Records"], given) if d.get("fail")
    ]
    if any(d.get("raise") for d in given):
        raise RuntimeError("asked to")
    return {"batchItemFailures": failed}
"""

READ_ACTIONS = (
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:DescribeStreamSummary",
    "kms:Decrypt",
)
WRITE_ACTIONS = ("s3:PutObject", "s3:ListBucket", "kms:GenerateDataKey")


@dataclass
class Pipe:
    """A stream, a function that reads it, and a bucket for what fails."""

    city: Any
    name: str
    seen: Path
    role_arn: str
    mapping: str = ""

    def put(self, *messages: dict[str, Any], key: str = "k") -> None:
        data = [{"Data": json.dumps(m), "PartitionKey": key} for m in messages]
        self.city.client("kinesis").put_records(StreamName=self.name, Records=data)

    def batches(self) -> list[list[Any]]:
        """What the function was given, call by call."""
        if not self.seen.exists():
            return []
        lines = self.seen.read_text().splitlines()
        return [[m["n"] for m in json.loads(line)] for line in lines]

    def numbers(self) -> list[Any]:
        return [n for batch in self.batches() for n in batch]

    def failures(self) -> dict[str, Any]:
        """Objects in the failure bucket, by key."""
        s3 = self.city.client("s3")
        listed = s3.list_objects_v2(Bucket=self.name).get("Contents", [])
        keys = [o["Key"] for o in listed]
        return {
            k: json.load(s3.get_object(Bucket=self.name, Key=k)["Body"]) for k in keys
        }

    def map(self, **options: Any) -> None:
        aws = self.city.client("lambda")
        region, account = self.city.city.region, "000000000000"
        options.setdefault("StartingPosition", "TRIM_HORIZON")
        options.setdefault("FunctionName", self.name)
        self.mapping = aws.create_event_source_mapping(
            EventSourceArn=f"arn:aws:kinesis:{region}:{account}:stream/{self.name}",
            FunctionResponseTypes=["ReportBatchItemFailures"],
            DestinationConfig={
                "OnFailure": {"Destination": f"arn:aws:s3:::{self.name}"}
            },
            **options,
        )["UUID"]

    def result(self) -> str:
        """What the mapping says of its last turn."""
        aws = self.city.client("lambda")
        found = aws.get_event_source_mapping(UUID=self.mapping)
        return str(found["LastProcessingResult"])


@pytest.fixture
def pipe(local_city: Any, tmp_path: Path) -> Iterator[Pipe]:
    name = f"pipe-{uuid.uuid4().hex[:8]}"
    key_arn = _key(local_city)
    role = _role(local_city, name)
    made = Pipe(local_city, name, tmp_path / "seen.jsonl", role)
    kinesis = local_city.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.start_stream_encryption(
        StreamName=name, EncryptionType="KMS", KeyId=key_arn
    )
    _bucket(local_city, name, key_arn)
    _function(local_city, made)
    yield made
    if made.mapping:
        local_city.client("lambda").delete_event_source_mapping(UUID=made.mapping)


def _key(local_city: Any) -> str:
    made = local_city.client("kms").create_key()
    return str(made["KeyMetadata"]["Arn"])


def _bucket(local_city: Any, name: str, key_arn: str) -> None:
    s3 = local_city.client("s3")
    s3.create_bucket(Bucket=name)
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": default}]
        },
    )


def _role(local_city: Any, name: str) -> str:
    iam = local_city.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    trust["Principal"] = {"Service": "lambda.amazonaws.com"}  # type: ignore[assignment]
    made = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )
    actions = [*READ_ACTIONS, *WRITE_ACTIONS]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_role_policy(
        RoleName=name, PolicyName="all", PolicyDocument=json.dumps(document)
    )
    return str(made["Role"]["Arn"])


def _function(local_city: Any, pipe: Pipe) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", HANDLER)
    local_city.client("lambda").create_function(
        FunctionName=pipe.name,
        Runtime="python3.12",
        Handler="index.handler",
        Role=pipe.role_arn,
        Code={"ZipFile": packed.getvalue()},
        Environment={"Variables": {"SEEN": str(pipe.seen)}},
    )
