"""What the city keeps is encrypted, recoverable, and outlives a slip of the hand."""

from __future__ import annotations

from typing import Any

import pytest

from .template import TEMPLATE, of_type, properties, shown

TABLES = of_type("AWS::DynamoDB::Table")
# They are small.
ON_DEMAND = {"CongestionAlerts", "SensorFaults", "DeviceRegistry", "TrafficIncidents"}
BUCKETS = of_type("AWS::S3::Bucket")
KEYS = of_type("AWS::KMS::Key")
# Empty in a day, kept only till then.
SCRATCH = {"SpillBucket", "QueryResultsBucket", "HealthMemory"}
LOGS = set(of_type("AWS::Logs::LogGroup"))
DATA_KEY = {"Fn::GetAtt": ["DataKey", "Arn"]}
ALERT_KEY = {"Fn::GetAtt": ["AlertKey", "Arn"]}


def test_the_tables_have_the_keys_that_readers_ask_by() -> None:
    assert {name: keys_of(table["Properties"]) for name, table in TABLES.items()} == {
        "RoadSegments": {"": ["segment_id"]},
        "SegmentHistory": {"": ["segment_id", "minute"], "by_hour": ["hour", "minute"]},
        "CongestionAlerts": {
            "": ["alert_id"],
            "open_alerts": ["open_flag", "opened_at"],
            "by_day": ["day", "opened_at"],
        },
        "TrafficIncidents": {
            "": ["incident_id"],
            "open_incidents": ["open_flag", "opened_at"],
            "by_day": ["day", "opened_at"],
        },
        "SensorFaults": {"": ["fault_id"], "open_faults": ["open_flag", "since"]},
        "DeviceRegistry": {"": ["device_id"]},
    }


def keys_of(table: dict[str, Any]) -> dict[str, list[str]]:
    """Return the key attributes of a table, under "", and of each of its indexes."""
    indexes = table.get("GlobalSecondaryIndexes", [])
    schemas = {"": table["KeySchema"]}
    schemas |= {index["IndexName"]: index["KeySchema"] for index in indexes}
    return {
        name: [key["AttributeName"] for key in schema]
        for name, schema in schemas.items()
    }


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_encrypted_recoverable_and_protected_in_production(
    name: str,
) -> None:
    table = TABLES[name]["Properties"]

    assert table["SSESpecification"] == {
        "SSEEnabled": True,
        "SSEType": "KMS",
        "KMSMasterKeyId": DATA_KEY,
    }
    recovery = table["PointInTimeRecoverySpecification"]
    assert recovery == {"PointInTimeRecoveryEnabled": True}
    protection = table["DeletionProtectionEnabled"]
    assert protection == {"Fn::If": ["HasProtection", True, False]}
    by_parameter = {"Ref": "DynamoDBBillingMode"}
    expected = "PAY_PER_REQUEST" if name in ON_DEMAND else by_parameter
    assert table["BillingMode"] == expected


def test_a_table_on_demand_has_no_capacity_to_pay_for() -> None:
    assert [n for n in ON_DEMAND if "ProvisionedThroughput" in str(TABLES[n])] == []


def test_history_and_alerts_expire_segments_do_not() -> None:
    expiring = {
        name: table["Properties"].get("TimeToLiveSpecification")
        for name, table in TABLES.items()
    }

    by_time = {"AttributeName": "expires_at", "Enabled": True}
    assert expiring == {
        "RoadSegments": None,
        "SegmentHistory": by_time,
        "CongestionAlerts": by_time,
        "TrafficIncidents": by_time,
        "SensorFaults": by_time,
        "DeviceRegistry": None,
    }


def test_provisioned_tables_and_indexes_scale_both_ways() -> None:
    targets = of_type("AWS::ApplicationAutoScaling::ScalableTarget")
    scaled = {
        (shown(one["ResourceId"]), one["ScalableDimension"])
        for one in (target["Properties"] for target in targets.values())
    }
    expected = {
        (f"table/${{{table}}}" + (f"/index/{index}" if index else ""), dimension)
        for table, resource in TABLES.items()
        if table not in ON_DEMAND
        for index in keys_of(resource["Properties"])
        for dimension in dimensions("index" if index else "table")
    }

    assert scaled == expected


def dimensions(kind: str) -> list[str]:
    """Return the scalable dimensions of a table or of an index."""
    return [f"dynamodb:{kind}:{way}CapacityUnits" for way in ("Read", "Write")]


def test_each_scaling_target_has_one_policy_for_its_own_direction() -> None:
    policies = of_type("AWS::ApplicationAutoScaling::ScalingPolicy")
    targets = of_type("AWS::ApplicationAutoScaling::ScalableTarget")
    directions = {
        shown(policy["Properties"]["ScalingTargetId"]): metric_of(policy)
        for policy in policies.values()
    }

    assert directions == {
        name: f"DynamoDB{'Read' if 'Read' in name else 'Write'}CapacityUtilization"
        for name in targets
    }


def metric_of(policy: dict[str, Any]) -> str:
    """Return the metric that a scaling policy follows."""
    followed = policy["Properties"]["TargetTrackingScalingPolicyConfiguration"]
    metric: str = followed["PredefinedMetricSpecification"]["PredefinedMetricType"]
    return metric


def test_capacity_stays_between_the_parameters_of_its_direction() -> None:
    targets = of_type("AWS::ApplicationAutoScaling::ScalableTarget")
    bounds = {
        (shown(one["MinCapacity"]), shown(one["MaxCapacity"]), way_of(one))
        for one in (target["Properties"] for target in targets.values())
    }

    assert bounds == {
        ("DynamoDBReadCapacity", "DynamoDBMaxReadCapacity", "Read"),
        ("DynamoDBWriteCapacity", "DynamoDBMaxWriteCapacity", "Write"),
    }


def way_of(target: dict[str, Any]) -> str:
    """Return the direction that a scaling target scales."""
    return "Read" if "Read" in target["ScalableDimension"] else "Write"


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_is_encrypted_closed_and_forgets(name: str) -> None:
    bucket = properties(name)
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]

    assert encryption == {
        "BucketKeyEnabled": True,
        "ServerSideEncryptionByDefault": {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": DATA_KEY,
        },
    }
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {
        "Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]
    }
    days = rule["ExpirationInDays"]
    assert rule["Status"] == "Enabled"
    assert days == 1 if name in SCRATCH else days >= 90


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_is_reached_by_tls_1_2_or_better_only(name: str) -> None:
    policy = properties(f"{name}Policy")

    anybody = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [
            {"Fn::GetAtt": [name, "Arn"]},
            {"Fn::Sub": f"${{{name}.Arn}}/*"},
        ],
    }
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    old = {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
    assert policy["Bucket"] == {"Ref": name}
    assert policy["PolicyDocument"]["Statement"] == [
        {**anybody, "Sid": "RefusePlainHttp", "Condition": plain},
        {**anybody, "Sid": "RefuseOldTls", "Condition": old},
    ]


def test_every_other_store_is_under_a_key_of_ours() -> None:
    assert [
        properties("ReadingsStream")["StreamEncryption"]["KeyId"],
        properties("Processor")["KmsKeyArn"],
        properties("ProcessorLogs")["KmsKeyId"],
        properties("AlertTopic")["KmsMasterKeyId"],
        properties("AlertDeadLetterQueue")["KmsMasterKeyId"],
    ] == [DATA_KEY, DATA_KEY, DATA_KEY, ALERT_KEY, ALERT_KEY]


@pytest.mark.parametrize("name", KEYS)
def test_a_key_rotates(name: str) -> None:
    assert properties(name)["EnableKeyRotation"] is True


def openers(key: str) -> dict[str, list[str]]:
    """Return the conditions of each statement by which a key decrypts."""
    return {
        statement["Sid"]: sorted(
            name
            for operator in statement.get("Condition", {}).values()
            for name in operator
        )
        for statement in properties(key)["KeyPolicy"]["Statement"]
        if "kms:Decrypt" in statement["Action"]
    }


def test_a_key_opens_data_only_through_the_services_that_hold_it() -> None:
    assert openers("DataKey") == {
        "AccountUsesKeyThroughServices": ["kms:ViaService"],
        "LogsUseKey": ["kms:EncryptionContext:aws:logs:arn"],
    }


def test_the_key_of_alerts_opens_for_this_account_only() -> None:
    assert openers("AlertKey") == {
        "AccountUsesKeyThroughServices": ["kms:ViaService"],
        "EventBridgeKeepsUntold": ["aws:SourceAccount"],
        "AlarmsTellEngineers": ["aws:SourceAccount", "aws:SourceArn"],
    }


def test_the_log_key_is_for_the_log_groups_by_their_own_names() -> None:
    names = {shown(properties(name)["LogGroupName"]) for name in LOGS}
    logs = properties("DataKey")["KeyPolicy"]["Statement"][-1]
    contexts = logs["Condition"]["ArnEquals"]["kms:EncryptionContext:aws:logs:arn"]

    assert {shown(each).partition(":log-group:")[2] for each in contexts} == names


def test_the_outputs_are_the_names_others_rely_on() -> None:
    tables = {f"{name}Table{end}" for name in TABLES for end in ("", "Arn")}
    others = """
        ReadingsStream ReadingsStreamArn ShardScalerFunction ProcessorFunction
        ProcessorFunctionArn AlertBus AlertBusArn AlertTopicArn
        AlertDeadLetterQueueUrl UndeliveredQueueUrl QuarantineBucket
        DeadLetterBucket IngestRule
        IngestTopicPrefix DevicePolicy DeviceThingType FleetTemplate ClaimPolicy
        DashboardUrl OperationsTopicArn IncidentsFunction SensorHealthFunction
        HealthMemoryBucket ProfileBuilderFunction ProfilesBucket DataKeyArn LiveUrl
        LiveApiId UserPoolId UserPoolClientId
        UserPoolDomain FeedReaderClientId TemplateVersion
    """
    assert set(TEMPLATE["Outputs"]) == tables | set(others.split())
