"""Event source mappings in the emulator: what the model says is what happens.

A function of the tests' own reads a stream of its own. It appends what it was given to
a file, and fails for records that say so.
"""

from __future__ import annotations

import base64
import io
import json
import time
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from trafficctl.local import streams
from trafficctl.local.mapping import Record

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
        self.mapping = aws.create_event_source_mapping(
            FunctionName=self.name,
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


def numbered(*numbers: int, **more: Any) -> list[dict[str, Any]]:
    return [{"n": n, **more} for n in numbers]


def test_records_come_in_order_and_in_batches(pipe: Pipe, eventually: Any) -> None:
    pipe.put(*numbered(*range(25)))
    pipe.map(BatchSize=10, MaximumBatchingWindowInSeconds=1)

    assert eventually(lambda: len(pipe.numbers()) == 25)
    assert [len(b) for b in pipe.batches()] == [10, 10, 5]
    assert pipe.numbers() == list(range(25))


def test_a_mapping_from_latest_leaves_out_what_was_there(
    pipe: Pipe, eventually: Any
) -> None:
    pipe.put(*numbered(1))
    pipe.map(StartingPosition="LATEST")
    pipe.put(*numbered(2))

    assert eventually(pipe.batches) == [[2]]


def test_only_what_follows_the_failed_record_comes_again(
    pipe: Pipe, eventually: Any
) -> None:
    pipe.put({"n": 0}, {"n": 1, "fail": True}, {"n": 2})
    pipe.map(MaximumRetryAttempts=1, MaximumBatchingWindowInSeconds=1)

    assert eventually(pipe.failures)
    assert pipe.batches() == [[0, 1, 2], [1, 2]]


def test_a_poison_record_is_isolated_and_set_aside_alone(
    pipe: Pipe, eventually: Any
) -> None:
    pipe.put(*numbered(0, 1, 2), {"n": 3, "raise": True}, *numbered(4, 5))
    pipe.map(
        MaximumRetryAttempts=1,
        BisectBatchOnFunctionError=True,
        MaximumBatchingWindowInSeconds=1,
    )

    ((key, body),) = eventually(pipe.failures).items()

    assert key.startswith(f"aws/lambda/{pipe.mapping}/shardId-000000000000/")
    assert body["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert body["responseContext"]["functionError"] == "Unhandled"
    assert body["KinesisBatchInfo"]["batchSize"] == 1
    (record,) = body["payload"]["Records"]
    assert json.loads(base64.b64decode(record["kinesis"]["data"]))["n"] == 3
    assert eventually(lambda: {0, 1, 2, 4, 5} <= set(pipe.numbers()))


@pytest.mark.parametrize("action", READ_ACTIONS)
def test_a_role_that_may_not_read_stops_the_mapping(
    pipe: Pipe, without_action: Any, eventually: Any, action: str
) -> None:
    with without_action(pipe.role_arn, action):
        pipe.put(*numbered(1))
        pipe.map()
        assert eventually(lambda: "PROBLEM" in pipe.result())
        assert action.replace("Summary", "") in pipe.result()
        assert pipe.batches() == []
    assert eventually(pipe.batches) == [[1]]


@pytest.mark.parametrize("action", WRITE_ACTIONS)
def test_a_role_that_may_not_write_loses_what_failed(
    pipe: Pipe, without_action: Any, eventually: Any, action: str
) -> None:
    """As on AWS: DestinationDeliveryFailures counts it, and the stream goes on."""
    with without_action(pipe.role_arn, action):
        pipe.put({"n": 1, "raise": True})
        pipe.map(MaximumRetryAttempts=0)
        assert eventually(lambda: "discarded" in pipe.result())
        pipe.put(*numbered(2))
        assert eventually(lambda: 2 in pipe.numbers())
        assert pipe.failures() == {}


@pytest.mark.parametrize("count", [4, 3, 1])
def test_a_new_shard_count_loses_nothing_and_keeps_the_order(
    pipe: Pipe, eventually: Any, count: int
) -> None:
    kinesis = pipe.city.client("kinesis")
    kinesis.update_shard_count(
        StreamName=pipe.name, TargetShardCount=2, ScalingType="UNIFORM_SCALING"
    )
    for n in range(5):
        pipe.put({"n": n}, key="a")
    kinesis.update_shard_count(
        StreamName=pipe.name, TargetShardCount=count, ScalingType="UNIFORM_SCALING"
    )
    for n in range(5, 10):
        pipe.put({"n": n}, key="a")
    pipe.map(BatchSize=3)

    assert eventually(lambda: len(pipe.numbers()) == 10)
    assert pipe.numbers() == list(range(10))


def test_a_shard_that_splits_under_the_mapping_is_read_to_its_end(
    pipe: Pipe, eventually: Any
) -> None:
    pipe.map(BatchSize=2, ParallelizationFactor=3)
    pipe.put(*numbered(*range(7)), key="a")
    kinesis = pipe.city.client("kinesis")
    shard = kinesis.list_shards(StreamName=pipe.name)["Shards"][0]
    kinesis.split_shard(
        StreamName=pipe.name,
        ShardToSplit=shard["ShardId"],
        NewStartingHashKey=str(2**127),
    )
    pipe.put(*numbered(*range(7, 14)), key="a")

    assert eventually(lambda: len(pipe.numbers()) == 14)
    assert pipe.numbers() == list(range(14))


def test_a_disabled_mapping_goes_on_where_it_was(pipe: Pipe, eventually: Any) -> None:
    aws = pipe.city.client("lambda")
    pipe.map()
    pipe.put(*numbered(1))
    assert eventually(pipe.batches) == [[1]]
    aws.update_event_source_mapping(UUID=pipe.mapping, Enabled=False)
    time.sleep(0.6)  # the mappings are looked after four times a second

    pipe.put(*numbered(2))
    time.sleep(0.3)
    assert pipe.numbers() == [1]
    aws.update_event_source_mapping(
        UUID=pipe.mapping, Enabled=True, ParallelizationFactor=2
    )

    assert eventually(lambda: pipe.numbers() == [1, 2])


# What the readers stand on, by itself


def shard_of(*arrived: float) -> dict[str, Any]:
    return {
        "records": [
            {
                "SequenceNumber": str(n),
                "PartitionKey": "k",
                "Data": "eA==",
                "ApproximateArrivalTimestamp": at,
            }
            for n, at in enumerate(arrived)
        ],
        "starting_hash_key": "0",
        "ending_hash_key": "9",
    }


def test_readers_keep_their_place_when_the_retention_takes_records() -> None:
    now = time.time()
    content = shard_of(now - 90_000, now - 90_000, now)
    stream = {"RetentionPeriodHours": 24, "shards": {"s": content}}
    shard = streams.Shard("s", content, closed=False, generation=0)

    streams.expire(stream)

    assert [r.offset for r in streams.read(shard, 0, 10)] == [2]
    assert streams.read(shard, 2, 10) == [Record("2", "k", "eA==", now, 2)]
    assert streams.end(shard) == 3
