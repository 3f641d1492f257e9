"""What a city's stack comes to hold, and a listing of all there is of it."""

from __future__ import annotations

from typing import Any

from .conftest import EmptyCity


def device_of(stack: str) -> str:
    """The stack's device: two stacks of an account have no Thing of one name."""
    return f"{stack}-unit-1"


def fill(city: EmptyCity, stack: str) -> None:
    """A segment, three dead letters, a user, a device and a claim certificate."""
    out = city.outputs(stack)
    city.client("dynamodb").put_item(
        TableName=out["RoadSegmentsTable"],
        Item={"segment_id": {"S": "a-1"}, "version": {"N": "1"}},
    )
    for number in range(3):
        city.client("s3").put_object(
            Bucket=out["DeadLetterBucket"], Key=f"iot/{number}.json", Body=b"{}"
        )
    city.client("cognito-idp").admin_create_user(
        UserPoolId=out["UserPoolId"],
        Username="day-shift@city.example",
        TemporaryPassword="Made-up-1-for-a-test",
    )
    iot = city.client("iot")
    name = device_of(stack)
    iot.create_thing(
        thingName=name,
        thingTypeName=out["DeviceThingType"],
        attributePayload={"attributes": {"segment_id": "a-1"}},
    )
    made = iot.create_keys_and_certificate(setAsActive=True)
    iot.attach_policy(policyName=out["DevicePolicy"], target=made["certificateArn"])
    iot.attach_thing_principal(thingName=name, principal=made["certificateArn"])
    claim = iot.create_keys_and_certificate(setAsActive=True)
    iot.attach_policy(policyName=out["ClaimPolicy"], target=claim["certificateArn"])


def everything_of(city: EmptyCity, stack: str) -> dict[str, list[Any]]:
    """All that bears the stack's name, kind by kind; empty kinds are left out."""
    low = stack.lower()
    iot, logs = city.client("iot"), city.client("logs")
    found = {
        "tables": city.client("dynamodb").list_tables()["TableNames"],
        "buckets": [b["Name"] for b in city.client("s3").list_buckets()["Buckets"]],
        "groups": [g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]],
        "functions": [
            f["FunctionName"]
            for f in city.client("lambda").list_functions()["Functions"]
        ],
        "streams": city.client("kinesis").list_streams()["StreamNames"],
        "topics": [t["TopicArn"] for t in city.client("sns").list_topics()["Topics"]],
        "queues": city.client("sqs").list_queues().get("QueueUrls", []),
        "policies": [p["policyName"] for p in iot.list_policies()["policies"]],
        "types": [t["thingTypeName"] for t in iot.list_thing_types()["thingTypes"]],
        "things": [t["thingName"] for t in iot.list_things()["things"]],
        "rules": [r["ruleName"] for r in iot.list_topic_rules()["rules"]],
        "roles": [r["RoleName"] for r in city.client("iam").list_roles()["Roles"]],
        "buses": [
            b["Name"] for b in city.client("events").list_event_buses()["EventBuses"]
        ],
        "alarms": [
            a["AlarmName"]
            for a in city.client("cloudwatch").describe_alarms()["MetricAlarms"]
        ],
        "pools": [
            p["Name"]
            for p in city.client("cognito-idp").list_user_pools(MaxResults=60)[
                "UserPools"
            ]
        ],
        "keys": live_keys(city, stack),
        "packages": packages(city, stack),
    }
    mine = {
        kind: [one for one in names if low in one.lower().replace("_", "-")]
        for kind, names in found.items()
    }
    return {kind: names for kind, names in mine.items() if names}


def live_keys(city: EmptyCity, stack: str) -> list[str]:
    """Descriptions of the stack's keys that do not wait for their deletion."""
    kms = city.client("kms")
    described = [
        kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"]
        for one in kms.list_keys()["Keys"]
    ]
    return [
        one["Description"]
        for one in described
        if one["KeyState"] != "PendingDeletion" and one["Description"].endswith(stack)
    ]


def packages(city: EmptyCity, stack: str) -> list[str]:
    """Keys of the packages that were uploaded for a stack."""
    s3 = city.client("s3")
    return [
        f"{bucket['Name']}/{one['Key']}"
        for bucket in s3.list_buckets()["Buckets"]
        if "artifacts" in bucket["Name"]
        for one in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
        if one["Key"].startswith(f"{stack}/")
    ]
