"""A device speaks for itself and its own segment; what it says is never lost."""

from __future__ import annotations

from .template import properties, shown, statements

IOT = "arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}"
THING = "${!iot:Connection.Thing.ThingName}"
SEGMENT = "${!iot:Connection.Thing.Attributes[segment_id]}"


def test_a_device_connects_as_itself_and_publishes_for_its_segment_only() -> None:
    granted = [
        (one["Effect"], one["Action"], shown(one["Resource"]), one.get("Condition"))
        for one in statements(properties("DevicePolicy")["PolicyDocument"])
    ]

    kind = {"iot:Connection.Thing.ThingTypeName": {"Ref": "DeviceThingType"}}
    own = {"StringEquals": kind}
    attached = {"Bool": {"iot:Connection.Thing.IsAttached": ["true"]}, **own}
    topic = f"topic/$aws/rules/${{IngestRule}}/traffic/{SEGMENT}/{THING}"
    assert granted == [
        ("Allow", "iot:Connect", f"{IOT}:client/{THING}", attached),
        ("Allow", "iot:Publish", f"{IOT}:{topic}", own),
    ]


def test_the_topic_overrides_what_a_payload_claims() -> None:
    payload = properties("IngestRule")["TopicRulePayload"]

    assert payload["Sql"] == (
        "SELECT *, topic(2) AS segment_id, topic(3) AS device_id, "
        "timestamp() AS received_at FROM 'traffic/+/+'"
    )
    assert payload["AwsIotSqlVersion"] == "2016-03-23"


def test_a_segments_readings_stay_in_order_in_one_shard() -> None:
    (action,) = properties("IngestRule")["TopicRulePayload"]["Actions"]

    assert action["Kinesis"]["PartitionKey"] == "${topic(2)}"
    assert action["Kinesis"]["StreamName"] == {"Ref": "ReadingsStream"}


def test_a_reading_that_misses_the_stream_is_kept_under_a_role_of_its_own() -> None:
    payload = properties("IngestRule")["TopicRulePayload"]
    kept = payload["ErrorAction"]["Sqs"]

    assert kept["QueueUrl"] == {"Ref": "UndeliveredQueue"}
    assert kept["UseBase64"] is False
    assert kept["RoleArn"] != payload["Actions"][0]["Kinesis"]["RoleArn"]


def test_many_kept_readings_share_an_object() -> None:
    source, queue = properties("UndeliveredSource"), properties("UndeliveredQueue")
    keeper = properties("UndeliveredKeeper")

    assert source["EventSourceArn"] == {"Fn::GetAtt": ["UndeliveredQueue", "Arn"]}
    assert source["FunctionName"] == {"Ref": "UndeliveredKeeper"}
    assert source["BatchSize"] == 10_000
    assert source["MaximumBatchingWindowInSeconds"] > 0
    assert "FunctionResponseTypes" not in source  # a batch is kept whole or not at all
    assert queue["VisibilityTimeout"] == 6 * keeper["Timeout"]
    assert "RedrivePolicy" not in queue  # nothing is given up before 14 days
    variables = keeper["Environment"]["Variables"]
    assert variables == {"DEAD_LETTER_BUCKET": {"Ref": "DeadLetterBucket"}}


def test_the_rules_name_has_no_hyphen() -> None:
    name = properties("IngestRule")["RuleName"]

    joined = {"Fn::Split": ["-", {"Fn::Sub": "${AWS::StackName}-ingest"}]}
    assert name == {"Fn::Join": ["_", joined]}
