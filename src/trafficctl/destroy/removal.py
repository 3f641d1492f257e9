"""Destroying a stack: with its data kept, or with everything that it ever held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.cli import progress
from trafficctl.errors import CityError
from trafficctl.stack import device_cleanup, empty_bucket
from trafficctl.stack import retained as leftovers
from trafficctl.stack import status as states
from trafficctl.stack import template as texts
from trafficctl.stack.artifacts import Artifacts
from trafficctl.stack.follow import Follower, complete
from trafficctl.stack.retained import POLICY, RetainedResource
from trafficctl.stack.retained_types import DELETION_ORDER, KINDS
from trafficctl.stack.stack import Account, Stack

Say = Callable[[str], None]

PARALLEL = 8


@dataclass(frozen=True)
class Holding:
    """Something that outlives the stack: what it holds, and whether it is protected."""

    left: RetainedResource
    size: str
    protected: bool


class Removal:
    """What is there of a stack, and its deletion."""

    def __init__(self, account: Account, name: str, template: str, say: Say) -> None:
        self.account, self.say = account, say
        self.stack = Stack(account, name)
        self.described = self.stack.described()
        if self.described and self.described["StackStatus"] == "DELETE_COMPLETE":
            self.described = None
        self._given = template

    @property
    def exists(self) -> bool:
        """Whether the stack itself is there."""
        return self.described is not None

    @property
    def _is_made(self) -> bool:
        """Whether anything was ever made of it: in review it is a name alone."""
        stack = self.described
        return stack is not None and stack["StackStatus"] != "REVIEW_IN_PROGRESS"

    def going(self) -> list[dict[str, Any]]:
        """The resources that go with the stack."""
        if not self._is_made:
            return []
        retained = self._retained()
        return [
            one
            for one in self.stack.resources()
            if one["LogicalResourceId"] not in retained
            and one["ResourceStatus"] != "DELETE_COMPLETE"
        ]

    def staying(self) -> list[RetainedResource]:
        """What outlives the stack, or the last of its name if it is gone.

        And what creations of the same name left that failed.
        """
        resources = self._now() if self.exists else list(self._estate.leftovers)
        ids = [one for one in (self._id(), *self.stack.deleted_ids()) if one]
        scraps = leftovers.of_failed_creations(self.stack, *ids)
        return list(dict.fromkeys([*resources, *scraps]))

    def given_buckets(self) -> set[str]:
        """Buckets of one's own that the stack's code was deployed from."""
        stack_id = self._id() or self._estate.deleted_id
        if stack_id is None:
            return set()
        ours = Artifacts(self.account, self.stack.name).bucket
        return texts.code_buckets(self.stack.template(stack_id)) - {ours}

    def holdings(self) -> list[Holding]:
        """What stays, looked into; the order is that of deletion."""
        staying = sorted(self.staying(), key=lambda one: _order(one.type))
        with ThreadPoolExecutor(PARALLEL) as pool:
            holdings = list(pool.map(self._holding, staying))
        return [one for one in holdings if one is not None]

    def delete_stack(self) -> None:
        """Delete the stack, and follow; CityError with the first cause if it fails."""
        if not self.exists:
            return
        self._detach()
        self._delete()

    def unprotect(self, holdings: Sequence[Holding]) -> None:
        """Turn protection off: CloudFormation may have to delete some of it too."""
        for one in holdings:
            if one.protected:
                KINDS[one.left.type].unprotect(self.account, one.left.physical_id)

    def delete(self, holdings: Sequence[Holding]) -> None:
        """Delete what outlived the stack, and is protected no more."""
        with progress.counting("deleted") as bar:
            for one in holdings:
                kind, resource = KINDS[one.left.type], one.left
                if kind.found(self.account, resource.physical_id) is None:
                    continue  # a failed creation's goes with the stack
                task = bar.add_task(f"{kind.what} {resource.physical_id}", total=None)
                kind.delete(
                    self.account,
                    resource.physical_id,
                    lambda done, task=task: bar.update(task, completed=done),  # type: ignore[misc] # the loop's own
                )
                bar.remove_task(task)
                self.say(f"{kind.what} {resource.physical_id}: {kind.done}")

    def delete_artifacts(self) -> None:
        """Delete the stack's packages, and the bucket when no other stack uses it."""
        artifacts = Artifacts(self.account, self.stack.name)
        try:
            empty_bucket.empty(
                artifacts.s3, artifacts.bucket, f"{self.stack.name}/", lambda _n: None
            )
            if empty_bucket.count(artifacts.s3, artifacts.bucket, most=0) == 0:
                artifacts.s3.delete_bucket(Bucket=artifacts.bucket)
        except ClientError as exc:
            if exc.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
                raise

    def _id(self) -> str | None:
        return str(self.described["StackId"]) if self.described else None

    @cached_property
    def _estate(self) -> leftovers.RetainedResources:
        return leftovers.find(self.stack, self._given, to_import=False)

    def _now(self) -> list[RetainedResource]:
        """What the stack as it is would leave."""
        if not self._is_made:
            return []
        retained = self._retained()
        return [
            RetainedResource(
                str(one["LogicalResourceId"]),
                str(one["ResourceType"]),
                str(one["PhysicalResourceId"]),
            )
            for one in self.stack.resources()
            if one["LogicalResourceId"] in retained
            and one["ResourceType"] in KINDS
            and one.get("PhysicalResourceId")
        ]

    def _retained(self) -> set[str]:
        declared = texts.resources(self.stack.template())
        return {name for name, one in declared.items() if one.retained}

    def _holding(self, one: RetainedResource) -> Holding | None:
        kind = KINDS[one.type]
        described = kind.found(self.account, one.physical_id)
        if described is None:
            return None
        size = kind.size(self.account, one.physical_id)
        return Holding(one, size, kind.protected(described))

    def _detach(self) -> None:
        """IoT Core deletes no policy that a certificate still has."""
        for one in self.going():
            if one["ResourceType"] == POLICY:
                name = str(one["PhysicalResourceId"])
                targets = device_cleanup.detach(self.account, name)
                if targets:
                    self.say(f"policy {name} taken from {len(targets)} certificates")

    def _delete(self) -> None:
        assert self.described is not None  # noqa: S101 - delete_stack has asked
        stack_id = str(self.described["StackId"])
        ordered = self.described["StackStatus"] == "DELETE_IN_PROGRESS"
        awaited = [str(one["LogicalResourceId"]) for one in self.going()]
        follower = Follower(self.stack, stack_id, awaited, resumed=ordered)

        def order() -> None:
            if not ordered:
                self.stack.api.delete_stack(StackName=stack_id)

        complete(follower, order, states.NEVER_BEGUN, self.say)


def check_deletable(stack: str, described: dict[str, Any] | None) -> None:
    """CityError if the stack is protected from deletion as a whole."""
    if described and described.get("EnableTerminationProtection"):
        raise CityError(
            f"stack {stack} has termination protection - take it off: "
            "aws cloudformation update-termination-protection --no-enable-termination-"
            f"protection --stack-name {stack}"
        )


def _order(kind: str) -> int:
    return DELETION_ORDER.index(kind)
