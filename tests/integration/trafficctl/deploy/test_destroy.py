"""A stack goes; its data stays, or all of it goes, as it was said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .conftest import EmptyCity
from .things import device_of, everything_of, fill

KEPT = {
    "DataKey",
    "RoadSegments",
    "SegmentHistory",
    "CongestionAlerts",
    "DeadLetterBucket",
    "QuarantineBucket",
    "Controllers",
    "DevicePolicy",
    "DeviceThingType",
}


def test_data_outlives_the_stack_and_the_next_one_goes_on_with_it(
    empty_city: EmptyCity, eventually: Any
) -> None:
    empty_city.run("deploy", "--stack", "kept", "--yes", *memory("512"))
    before = empty_city.resources("kept")
    fill(empty_city, "kept")

    gone = empty_city.run("destroy", "--stack", "kept", "--yes")
    left = everything_of(empty_city, "kept")
    declined = empty_city.run("deploy", "--stack", "kept")
    known = eventually(
        lambda: "imports them" in empty_city.run("preflight", "--stack", "kept").stdout
    )
    again = empty_city.run("deploy", "--stack", "kept", "--yes")

    assert gone.returncode == 0, gone.stderr
    assert "kept-road_segments" in gone.stdout
    assert "1 items" in gone.stdout
    assert "aws dynamodb delete-table --table-name kept-road_segments" in gone.stderr
    assert "functions" not in left
    assert "streams" not in left
    assert "kept-road_segments" in left["tables"]
    assert known
    assert declined.returncode == 2
    assert "an earlier stack kept left its data" in declined.stderr
    assert again.returncode == 0, again.stderr
    after = empty_city.resources("kept")
    assert {name: after[name] for name in KEPT} == {name: before[name] for name in KEPT}
    holds_all_that_was_put_in(empty_city, "kept")

    empty_city.run("destroy", "--stack", "kept", "--yes")
    purged = empty_city.run("destroy", "--purge", "--stack", "kept", "--yes")

    assert purged.returncode == 0, purged.stderr
    assert everything_of(empty_city, "kept") == {}


def memory(size: str) -> tuple[str, str]:
    """A parameter that is not the default, to be found again."""
    return "--parameter", f"LambdaMemorySize={size}"


def holds_all_that_was_put_in(city: EmptyCity, stack: str) -> None:
    """The data of `fill` is there, and the parameters of the stack before."""
    out = city.outputs(stack)
    items = city.client("dynamodb").scan(TableName=out["RoadSegmentsTable"])["Items"]
    assert [one["segment_id"]["S"] for one in items] == ["a-1"]
    objects = city.client("s3").list_objects_v2(Bucket=out["DeadLetterBucket"])
    assert objects["KeyCount"] == 3
    users = city.client("cognito-idp").list_users(UserPoolId=out["UserPoolId"])
    assert len(users["Users"]) == 1
    things = city.client("iot").list_things(thingTypeName=out["DeviceThingType"])
    assert [one["thingName"] for one in things["things"]] == [device_of(stack)]
    (parameter,) = [
        p["ParameterValue"]
        for p in city.stack(stack)["Parameters"]
        if p["ParameterKey"] == "LambdaMemorySize"
    ]
    assert parameter == "512"
    targets = city.client("iot").list_targets_for_policy(policyName=out["DevicePolicy"])
    assert len(targets["targets"]) == 1


def test_a_purge_leaves_nothing_and_touches_no_neighbour(
    empty_city: EmptyCity, tmp_path: Path
) -> None:
    production = ("--parameter", "Environment=production")
    for stack, more in (("purged", production), ("beside", ())):
        done = empty_city.run("deploy", "--stack", stack, "--yes", *more)
        assert done.returncode == 0, done.stderr
        fill(empty_city, stack)
    beside = everything_of(empty_city, "beside")
    ids = [set(empty_city.resources(name).values()) for name in ("purged", "beside")]
    assert ids[0] & ids[1] == {"$default"}  # the stage, of an API of its own
    command = ("destroy", "--purge", "--stack", "purged")
    hijacks_nothing(empty_city, tmp_path / "units.csv", "purged", "beside")

    certificates = len(empty_city.client("iot").list_certificates()["certificates"])
    protected = empty_city.run(*command, "--yes")
    unasked = empty_city.run(*command, "--despite-protection", typed="purged\n")
    still = empty_city.stack("purged")["StackStatus"]
    done = empty_city.run(*command, "--despite-protection", "--yes")
    again = empty_city.run(*command, "--yes")

    assert protected.returncode == 2
    assert "purged-road_segments" in protected.stderr
    assert "--despite-protection" in protected.stderr
    assert unasked.returncode == 2  # a pipe is no keyboard
    assert still == "UPDATE_COMPLETE"  # which turned protection on
    assert done.returncode == 0, done.stderr
    for size in ("1 items", "3 objects", "1 users", "1 registered devices"):
        assert size in done.stdout
    assert "nothing of stack purged is left" in done.stderr
    assert everything_of(empty_city, "purged") == {}
    assert everything_of(empty_city, "beside") == beside
    left = empty_city.client("iot").list_certificates()["certificates"]
    assert len(left) == certificates - 2  # the device's and the claim's
    assert again.returncode == 0
    assert "nothing left of one" in again.stderr


def hijacks_nothing(city: EmptyCity, path: Path, stack: str, neighbour: str) -> None:
    """What registers a neighbour's device is refused, and leaves it as it was."""
    name = device_of(neighbour)
    path.write_text(f"device_id,segment_id\n{name},a-1\n")
    options = ("--again", "--yes", "--stack", stack)
    before = city.client("iot").describe_thing(thingName=name)

    done = city.run("sensors", "register", str(path), *options)

    assert done.returncode == 3
    assert f"{name}: expected a Thing of type {stack}-device" in done.stderr
    assert f"one of type {neighbour}-device" in done.stderr
    after = city.client("iot").describe_thing(thingName=name)
    assert after["attributes"] == before["attributes"] == {"segment_id": "a-1"}
    assert after["thingTypeName"] == f"{neighbour}-device"
