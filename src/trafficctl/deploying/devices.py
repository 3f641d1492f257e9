"""What the stack's devices need of IoT Core: their type, policies, certificates."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.deploying.stack import Account
from trafficctl.errors import CityError
from trafficctl.output import number

# IoT Core refuses to delete a thing type within five minutes of its deprecation.
DEPRECATION_PATIENCE_S = 420.0

Tick = Callable[[int], None]


def thing_type(account: Account, name: str) -> Any:
    """What describes a thing type."""
    return account.client("iot").describe_thing_type(thingTypeName=name)


def policy(account: Account, name: str) -> Any:
    """What describes an IoT policy, its document included."""
    return account.client("iot").get_policy(policyName=name)


def registered(account: Account, name: str) -> str:
    """How many things are of this type."""
    return f"{number(sum(1 for _ in things(account, name)))} registered devices"


def attached(account: Account, name: str) -> str:
    """How many certificates have this policy."""
    return f"on {number(sum(1 for _ in targets(account, name)))} certificates"


def things(account: Account, type_name: str) -> Iterator[str]:
    """The names of the things of a type."""
    pages = account.client("iot").get_paginator("list_things")
    for page in pages.paginate(thingTypeName=type_name):
        for one in page["things"]:
            yield one["thingName"]


def targets(account: Account, policy_name: str) -> Iterator[str]:
    """The certificates that a policy is attached to, as ARNs."""
    pages = account.client("iot").get_paginator("list_targets_for_policy")
    for page in pages.paginate(policyName=policy_name):
        yield from page["targets"]


def detach(account: Account, policy_name: str) -> list[str]:
    """Take a policy from all that have it: nothing deletes an attached one."""
    found = list(targets(account, policy_name))
    for target in found:
        account.client("iot").detach_policy(policyName=policy_name, target=target)
    return found


def delete_policy(account: Account, name: str, tick: Tick) -> None:
    """Delete a policy with its versions, and the certificates that had no other.

    Those are claim certificates, and of things that are deleted already.
    """
    iot = account.client("iot")
    for done, target in enumerate(detach(account, name), 1):
        if not iot.list_attached_policies(target=target)["policies"]:
            _delete_certificate(iot, target)
        tick(done)
    for one in iot.list_policy_versions(policyName=name)["policyVersions"]:
        if not one["isDefaultVersion"]:
            iot.delete_policy_version(policyName=name, policyVersionId=one["versionId"])
    iot.delete_policy(policyName=name)


def delete_all(account: Account, type_name: str, tick: Tick) -> None:
    """Delete the things of a type with their certificates, then the type."""
    for done, name in enumerate(list(things(account, type_name)), 1):
        _delete_thing(account.client("iot"), name)
        tick(done)
    _delete_type(account, type_name)


def _delete_thing(iot: Any, name: str) -> None:
    for principal in iot.list_thing_principals(thingName=name)["principals"]:
        iot.detach_thing_principal(thingName=name, principal=principal)
        _delete_certificate(iot, principal)
    iot.delete_thing(thingName=name)


def _delete_certificate(iot: Any, arn: str) -> None:
    """Delete a certificate, unless another thing still uses it."""
    if iot.list_principal_things(principal=arn)["things"]:
        return
    for one in iot.list_attached_policies(target=arn)["policies"]:
        iot.detach_policy(policyName=one["policyName"], target=arn)
    certificate = arn.rpartition("/")[2]
    iot.update_certificate(certificateId=certificate, newStatus="INACTIVE")
    iot.delete_certificate(certificateId=certificate, forceDelete=True)


def _delete_type(account: Account, name: str) -> None:
    iot = account.client("iot")
    with contextlib.suppress(iot.exceptions.ResourceNotFoundException):
        iot.deprecate_thing_type(thingTypeName=name)
    deadline = time.monotonic() + DEPRECATION_PATIENCE_S
    while True:
        try:
            iot.delete_thing_type(thingTypeName=name)
        except ClientError as exc:
            if exc.response["Error"]["Code"] != "InvalidRequestException":
                raise
            if time.monotonic() > deadline:
                raise CityError(
                    f"thing type {name} cannot be deleted yet: {exc} - "
                    "repeat the command in five minutes"
                ) from exc
            time.sleep(account.poll_s * 5)
        else:
            return
