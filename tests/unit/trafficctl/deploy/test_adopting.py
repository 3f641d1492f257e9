"""A stack that takes data in is told how that data was made, then how it shall be."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.template.template import PATH, TEXT
from trafficctl.deploy.deployment import deploy
from trafficctl.deploy.request import DeployRequest, Prompter
from trafficctl.errors import CityError
from trafficctl.local.ports import SITE_URL
from trafficctl.stack import retained
from trafficctl.stack.retained import RetainedResource
from trafficctl.stack.stack import Account, Stack

from ..stack.events import STACK_ID, event, history
from ..stack.fakes import BUCKET, FakeSession, refusal

GONE_ID = "arn:city/0"
TABLE = RetainedResource("RoadSegments", "AWS::DynamoDB::Table", "city-road_segments")
KEY = RetainedResource("DataKey", "AWS::KMS::Key", "key-1")
WISH = {"Environment": "production", "AlertHoldSeconds": "90"}
TODAY = dt.date(2026, 11, 23)
LOCAL = {"SiteUrl": SITE_URL}  # this cloud is at a loopback address
FORMER = {"Environment": "staging", "KinesisShardCount": "7"}


NOBODYS = refusal("ValidationError", "Stack for it does not exist")


def listed(values: dict[str, str]) -> list[dict[str, str]]:
    """Parameters as CloudFormation has them."""
    return [
        {"ParameterKey": key, "ParameterValue": value} for key, value in values.items()
    ]


def kept(one: RetainedResource) -> dict[str, Any]:
    """The event of a resource that a deletion leaves alone."""
    return {
        "StackId": GONE_ID,
        "EventId": one.physical_id,
        "ResourceStatus": "DELETE_SKIPPED",
        "LogicalResourceId": one.logical_id,
        "ResourceType": one.type,
        "PhysicalResourceId": one.physical_id,
    }


class Cloud:
    """An account with what an earlier stack left, and no stack until it is imported."""

    def __init__(self, remembered: bool, record: list[Any] | None = None) -> None:
        self.remembered = remembered
        self.record = [kept(TABLE), kept(KEY)] if record is None else record
        self.made: list[dict[str, Any]] = []
        self.events: list[Any] = []
        gone = refusal("ResourceNotFoundException")
        table = {"SSEDescription": {"KMSMasterKeyArn": "arn:aws:kms:key/key-1"}}
        self.session = FakeSession(
            {
                ("sts", "get_caller_identity"): {"Account": "111122223333"},
                **BUCKET,
                ("s3", "put_object"): {},
                ("iot", "get_policy"): gone,
                ("iot", "describe_thing_type"): gone,
                ("logs", "describe_log_groups"): {"logGroups": []},
                ("kms", "describe_key"): {"KeyMetadata": {"KeyState": "Enabled"}},
                ("dynamodb", "describe_table"): lambda TableName: (  # noqa: N803 - boto3's
                    {"Table": table} if TableName == TABLE.physical_id else gone
                ),
                ("cloudformation", "list_stacks"): {"StackSummaries": self.deleted()},
                ("cloudformation", "get_template"): {"TemplateBody": TEXT},
                ("cloudformation", "describe_stacks"): self.describe,
                ("cloudformation", "describe_stack_resources"): NOBODYS,
                ("cloudformation", "describe_stack_events"): self.history,
                ("cloudformation", "create_change_set"): self.make,
                ("cloudformation", "describe_change_set"): {
                    "Status": "CREATE_COMPLETE"
                },
                ("cloudformation", "delete_change_set"): {},
                ("cloudformation", "execute_change_set"): self.execute,
            },
            endpoint="http://127.0.0.1:1",  # a local city is looked at more often
        )

    def deleted(self) -> list[Any]:
        """What CloudFormation remembers of deleted stacks."""
        one = {"StackName": "city", "StackId": GONE_ID, "CreationTime": "2026"}
        return [one] if self.remembered else []

    def describe(self, StackName: str) -> Any:  # noqa: N803 - boto3's
        """The deleted stack by its id; the new one as it was imported."""
        if StackName == GONE_ID:
            return {"Stacks": [{"StackId": GONE_ID, "Parameters": listed(FORMER)}]}
        if not self.events:
            return refusal("ValidationError", "Stack with id city does not exist")
        stack = {"StackId": STACK_ID, "StackStatus": self.events[0]["ResourceStatus"]}
        parameters = self.made[0]["Parameters"] if self.made else []
        return {"Stacks": [{**stack, "Parameters": parameters}]}

    def history(self, StackName: str) -> Any:  # noqa: N803 - boto3's
        """The events of either."""
        return {
            "StackEvents": self.record if StackName == GONE_ID else list(self.events)
        }

    def make(self, **asked: Any) -> Any:
        """Take a change set down."""
        self.made.append(asked)
        return {"Id": f"change-{len(self.made)}", "StackId": STACK_ID}

    def execute(self, **_asked: Any) -> Any:
        """Import, at once; anything later is a success too."""
        kind = self.made[-1]["ChangeSetType"]
        number = len(self.events)
        self.events[:0] = [
            event(f"{number}-b", f"{kind}_COMPLETE"),
            event(f"{number}-a", f"{kind}_IN_PROGRESS"),
        ]
        return {}

    def deploy(
        self, folder: Path, agrees: tuple[bool, ...] = (True, True), **wish: Any
    ) -> list[str]:
        """Deploy with the wish; what was said."""
        code = folder / "traffic.zip"
        code.write_bytes(b"")
        said: list[str] = []
        answers = iter(agrees)
        talk = Prompter(
            said.append, lambda _changes: None, lambda _asked: next(answers)
        )
        deploy(
            self.session,
            DeployRequest("city", Path(PATH), WISH, code, **{"today": TODAY, **wish}),
            talk,
        )
        return said


def parameters(made: dict[str, Any]) -> dict[str, str]:
    """Those of a change set, by name."""
    return {one["ParameterKey"]: one["ParameterValue"] for one in made["Parameters"]}


def test_an_import_says_how_things_were_and_the_update_how_they_shall_be(
    tmp_path: Path,
) -> None:
    cloud = Cloud(remembered=True)

    cloud.deploy(tmp_path)

    imported, updated = cloud.made
    assert (imported["ChangeSetType"], updated["ChangeSetType"]) == ("IMPORT", "UPDATE")
    assert parameters(imported) == FORMER
    assert parameters(updated) == {**FORMER, **WISH, **LOCAL}
    assert "DeploymentMode" not in updated


@pytest.mark.parametrize(
    ("held", "kinds"),
    [
        ([], ["IMPORT", "UPDATE"]),
        (["IMPORT_ROLLBACK_COMPLETE"], ["IMPORT", "UPDATE"]),
        (["CREATE_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"], ["UPDATE"]),
    ],
)
def test_an_import_that_failed_is_tried_again_unless_the_stack_stood_before(
    tmp_path: Path, held: list[str], kinds: list[str]
) -> None:
    cloud = Cloud(remembered=True)
    cloud.events = [event("0", "IMPORT_ROLLBACK_COMPLETE")]
    held_now = [{"ResourceStatus": one} for one in held]
    cloud.session.answers |= {
        ("cloudformation", "list_stack_resources"): {
            "StackResourceSummaries": held_now
        },
        ("cloudformation", "delete_stack"): lambda **_asked: cloud.events.clear(),
    }

    cloud.deploy(tmp_path)

    assert [one["ChangeSetType"] for one in cloud.made] == kinds


def test_the_bucket_of_packages_is_seen_to_once_a_run(tmp_path: Path) -> None:
    cloud = Cloud(remembered=True)

    cloud.deploy(tmp_path)

    asked = [name for _, name, _ in cloud.session.asked]
    assert (asked.count("put_object"), asked.count("head_bucket")) == (3, 1)
    assert asked.count("put_bucket_policy") == 1


def test_what_nothing_is_known_of_is_compared_as_it_is(tmp_path: Path) -> None:
    cloud = Cloud(remembered=False)

    cloud.deploy(tmp_path)

    imported, updated = cloud.made
    named = [one["LogicalResourceId"] for one in imported["ResourcesToImport"]]
    assert named == ["RoadSegments", "DataKey"]
    assert parameters(imported) == {}
    assert "DeploymentMode" not in imported
    assert parameters(updated) == {**WISH, **LOCAL}
    assert updated["DeploymentMode"] == "REVERT_DRIFT"


@pytest.mark.parametrize("reverts", [False, True])
def test_who_stopped_after_the_import_is_told_how_to_compare(
    tmp_path: Path, reverts: bool
) -> None:
    cloud = Cloud(remembered=True)

    stopped = cloud.deploy(tmp_path, agrees=(True, False))
    later = cloud.deploy(tmp_path, agrees=(True,), revert_drift=reverts)

    told = "`trafficctl deploy --revert-drift --stack city` also compares it"
    assert told in stopped[-1]
    assert any(told in line for line in later) is not reverts


def test_of_two_that_were_kept_under_one_name_the_newest_is_taken_in() -> None:
    """A table that was replaced long ago is not the table."""
    newer = RetainedResource("RoadSegments", TABLE.type, TABLE.physical_id)
    older = RetainedResource("RoadSegments", TABLE.type, "city-old")
    cloud = Cloud(True, record=[kept(newer), kept(older), kept(KEY)])

    estate = retained.find(Stack(Account(cloud.session), "city"), TEXT)

    assert estate.leftovers == (newer, KEY)


def test_what_an_update_had_left_behind_is_not_taken_in() -> None:
    """The stack was made to do without it: its template has no place for it."""
    bucket = RetainedResource("SpillBucket", "AWS::S3::Bucket", "city-spill-1")
    ended = history(("UPDATE_COMPLETE",))
    record = [kept(TABLE), kept(KEY), *ended, kept(bucket)]
    cloud = Cloud(True, record)

    estate = retained.find(Stack(Account(cloud.session), "city"), TEXT)

    assert estate.leftovers == (TABLE, KEY)


def test_nothing_is_taken_in_of_a_creation_that_failed_and_its_key_is_gone() -> None:
    """An import of what is left would need the key, which was deleted with the rest."""
    bucket = RetainedResource("HealthMemory", "AWS::S3::Bucket", "city-memory-1")
    cloud = Cloud(True, record=[kept(bucket)])
    absent = refusal("ResourceNotFoundException")
    cloud.session.answers |= {
        ("dynamodb", "describe_table"): absent,
        ("s3", "head_bucket"): {},
    }
    stack = Stack(Account(cloud.session), "city")

    assert retained.find(stack, TEXT).leftovers == ()
    assert retained.find(stack, TEXT, to_import=False).leftovers == (bucket,)


def test_tables_whose_key_is_gone_are_purged_though_not_taken_in() -> None:
    cloud = Cloud(remembered=False)
    cloud.session.answers["kms", "describe_key"] = {
        "KeyMetadata": {"KeyState": "PendingDeletion"}
    }
    stack = Stack(Account(cloud.session), "city")

    with pytest.raises(CityError, match="destroy --purge --stack city"):
        retained.find(stack, TEXT)
    assert retained.find(stack, TEXT, to_import=False).leftovers == (TABLE,)


def test_functions_of_a_city_that_is_taken_in_are_new(tmp_path: Path) -> None:
    """On the day that AWS refuses them, the former stack's runtime does not do."""
    cloud = Cloud(remembered=True)

    said = cloud.deploy(tmp_path, today=dt.date(2027, 2, 1))

    assert parameters(cloud.made[1])["LambdaRuntime"] == "python3.13"
    assert any("refuses new python3.9 functions" in line for line in said)
