"""A new stack takes the data of an earlier one in, and sets it as it is asked to."""

from __future__ import annotations

from .conftest import EmptyCity
from .things import everything_of

PRODUCTION = ("--parameter", "Environment=production")


def protected(city: EmptyCity, table: str) -> bool:
    """Whether a table has deletion protection."""
    found = city.client("dynamodb").describe_table(TableName=table)["Table"]
    return bool(found.get("DeletionProtectionEnabled"))


def test_what_is_wished_reaches_the_data_that_is_taken_in(
    empty_city: EmptyCity,
) -> None:
    for command in ("deploy", "destroy"):
        done = empty_city.run(command, "--stack", "again", "--yes")
        assert done.returncode == 0, done.stderr
    tables = everything_of(empty_city, "again")["tables"]
    before = [protected(empty_city, one) for one in tables]

    done = empty_city.run("deploy", "--stack", "again", "--yes", *PRODUCTION)

    assert done.returncode == 0, done.stderr
    assert len(tables) > 2
    assert before == [False] * len(tables)
    assert [protected(empty_city, one) for one in tables] == [True] * len(tables)
    assert "comparing the template" not in done.stderr


def test_data_that_no_record_tells_of_is_compared_as_it_is(
    empty_city: EmptyCity,
) -> None:
    """The 90 days of the record are over: its names are all there is."""
    key = empty_city.client("kms").create_key()["KeyMetadata"]["KeyId"]
    empty_city.client("dynamodb").create_table(
        TableName="old-road_segments",
        KeySchema=[{"AttributeName": "segment_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "segment_id", "AttributeType": "S"}],
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
    )

    done = empty_city.run("deploy", "--stack", "old", "--yes")

    assert done.returncode == 0, done.stderr
    assert empty_city.resources("old")["RoadSegments"] == "old-road_segments"
    assert empty_city.resources("old")["DataKey"] == key
    assert "comparing the template with the resources as they are" in done.stderr
    shown = [line.split()[:2] for line in done.stderr.splitlines()]
    assert ["Modify", "RoadSegments"] in shown
    found = empty_city.client("dynamodb").describe_table(TableName="old-road_segments")
    assert found["Table"]["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
