"""What the stack's devices need of IoT Core: their type, policies, certificates."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.aws.retry import ConflictRetry
from trafficctl.cli import output
from trafficctl.registry.arns import id_of, is_certificate
from trafficctl.registry.certificate_removal import DETACHED_WITHIN_S
from trafficctl.registry.iot_calls import is_missing
from trafficctl.stack.stack import Account

# How long AWS may take, and a little more: a policy is ready to be deleted up to five
# minutes after its detachment, a type five after its deprecation.
POLICY_S, DEPRECATION_S = 360.0, 420.0
UNREADY = ("InvalidRequestException",)  # a thing or type that something still uses
TOGETHER = 100  # things whose detachments are waited for at once
DEVICES_OF = "-device"  # the end of the name of each stack's policy for devices
PAGES = {"PageSize": 250}  # the most that IoT Core lists at once
PATIENCE = ConflictRetry()

Tick = Callable[[int], None]


def thing_type(account: Account, name: str) -> Any:
    """What describes a thing type."""
    return account.client("iot").describe_thing_type(thingTypeName=name)


def policy(account: Account, name: str) -> Any:
    """What describes an IoT policy, its document included."""
    return account.client("iot").get_policy(policyName=name)


def registered(account: Account, name: str) -> str:
    """How many things are of this type."""
    return f"{output.number(sum(1 for _ in things(account, name)))} registered devices"


def attached(account: Account, name: str) -> str:
    """How many certificates have this policy."""
    return f"on {output.number(sum(1 for _ in targets(account, name)))} certificates"


def things(account: Account, type_name: str) -> Iterator[str]:
    """The names of the things of a type."""
    pages = account.client("iot").get_paginator("list_things")
    for page in pages.paginate(thingTypeName=type_name, PaginationConfig=PAGES):
        for one in page["things"]:
            yield one["thingName"]


def targets(account: Account, policy_name: str) -> Iterator[str]:
    """The certificates that a policy is attached to, as ARNs."""
    pages = account.client("iot").get_paginator("list_targets_for_policy")
    for page in pages.paginate(policyName=policy_name, PaginationConfig=PAGES):
        yield from page["targets"]


def detach(account: Account, policy_name: str) -> list[str]:
    """Take a policy from all that have it: nothing deletes an attached one."""
    attached = list(targets(account, policy_name))
    for target in attached:
        account.client("iot").detach_policy(policyName=policy_name, target=target)
    return attached


def delete_policy(
    account: Account, name: str, tick: Tick, patience: ConflictRetry = PATIENCE
) -> None:
    """Delete a policy with its versions, and the certificates that had no other.

    Those are claim certificates, and of things that are deleted already. They keep
    the policy until they go: without it nothing would find them after a kill.
    """
    iot = account.client("iot")
    for done, target in enumerate(list(targets(account, name)), 1):
        if _is_for(iot, target, name) and not _things_of(iot, target):
            _deactivate(iot, target)
            _delete_certificate(iot, target, patience)
        else:
            iot.detach_policy(policyName=name, target=target)
        tick(done)
    for one in iot.list_policy_versions(policyName=name)["policyVersions"]:
        if not one["isDefaultVersion"]:
            iot.delete_policy_version(policyName=name, policyVersionId=one["versionId"])
    patience.retry_while_in_use(
        f"policy {name}", POLICY_S, lambda: iot.delete_policy(policyName=name)
    )


def delete_all(
    account: Account, type_name: str, tick: Tick, patience: ConflictRetry = PATIENCE
) -> None:
    """Delete the things of a type with their certificates, then the type.

    What has certificates of others too, from before names were guarded, stays.
    """
    iot, names = account.client("iot"), list(things(account, type_name))
    shared: list[str] = []
    for begin in range(0, len(names), TOGETHER):
        part = names[begin : begin + TOGETHER]
        shared += _delete_things(iot, part, type_name, patience)
        tick(begin + len(part))
    if shared:
        patience.tell(
            f"{output.number(len(shared))} of the things have certificates of others, "
            f"such as {shared[0]}: they stay, without a type, and are this stack's no "
            "longer - docs/guides/devices.md, Two stacks in one account"
        )
    _delete_type(iot, type_name, patience)


def _delete_things(
    iot: Any, names: Sequence[str], policy_name: str, patience: ConflictRetry
) -> list[str]:
    """Delete things with their certificates; gives the names of those that stay.

    All are detached before any is deleted: AWS is late, yet for all at once.
    `policy_name` is that of the stack's devices: type and policy have one name.
    """
    remaining: list[str] = []
    spent: list[str] = []
    for name in names:
        principals = iot.list_thing_principals(thingName=name)["principals"]
        own = [one for one in principals if _is_for(iot, one, policy_name)]
        if len(own) < len(principals):
            remaining.append(name)
        spent += [one for one in own if _give_up(iot, name, one)]
    for arn in spent:
        _delete_certificate(iot, arn, patience)
    for name in names:
        if name in remaining:
            iot.update_thing(thingName=name, removeThingType=True)
        else:
            _delete_thing(iot, name, patience)
    return remaining


def _give_up(iot: Any, thing: str, arn: str) -> bool:
    """Detach a certificate from a thing; deactivate it if no other thing uses it."""
    is_spent = _things_of(iot, arn) == [thing]
    if is_spent:
        _deactivate(iot, arn)
    iot.detach_thing_principal(thingName=thing, principal=arn)
    return is_spent


def _is_for(iot: Any, principal: str, policy_name: str) -> bool:
    """Whether it is a certificate of this policy, and no other stack's.

    A further policy that the city attached makes it no other stack's; one without any
    is what a kill left.
    """
    if not is_certificate(principal):
        return False
    attached = iot.list_attached_policies(target=principal)["policies"]
    names = {one["policyName"] for one in attached}
    others = {name for name in names - {policy_name} if name.endswith(DEVICES_OF)}
    return not others and (policy_name in names or not names)


def _things_of(iot: Any, arn: str) -> list[str]:
    names: list[str] = iot.list_principal_things(principal=arn)["things"]
    return names


def _deactivate(iot: Any, arn: str) -> None:
    iot.update_certificate(certificateId=id_of(arn), newStatus="INACTIVE")


def _delete_certificate(iot: Any, arn: str, patience: ConflictRetry) -> None:
    """Delete a certificate that no thing has any more; its policies let go of it.

    One that is gone is deleted: its answer was lost, and boto3 asked again.
    """
    number = id_of(arn)
    try:
        patience.retry_while_in_use(
            f"certificate {number[:12]}",
            DETACHED_WITHIN_S,
            lambda: iot.delete_certificate(certificateId=number, forceDelete=True),
        )
    except ClientError as exc:
        if not is_missing(exc):
            raise


def _delete_thing(iot: Any, name: str, patience: ConflictRetry) -> None:
    patience.retry_while_in_use(
        f"thing {name}",
        DETACHED_WITHIN_S,
        lambda: iot.delete_thing(thingName=name),
        UNREADY,
    )


def _delete_type(iot: Any, name: str, patience: ConflictRetry) -> None:
    with contextlib.suppress(iot.exceptions.ResourceNotFoundException):
        iot.deprecate_thing_type(thingTypeName=name)
    patience.retry_while_in_use(
        f"thing type {name}",
        DEPRECATION_S,
        lambda: iot.delete_thing_type(thingTypeName=name),
        UNREADY,
    )
