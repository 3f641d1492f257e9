"""Deactivates and deletes certificates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.aws.retry import ConflictRetry
from trafficctl.registry.arns import id_of, is_certificate
from trafficctl.registry.iot_calls import IotCalls, is_missing

DETACHED_WITHIN_S = 60.0  # AWS: detaching takes "several seconds"


class CertificateRemover:
    """Deactivates and deletes certificates; missing ones are no error."""

    def __init__(self, iot: Any, calls: IotCalls, policy: str) -> None:
        self._iot, self._calls, self._policy = iot, calls, policy
        self._retry = ConflictRetry(calls.sleep)

    def certificates_of(self, thing: str, known_ids: Iterable[str] = ()) -> list[str]:
        """The ARNs of a thing's certificates in this stack, and of `known_ids`.

        A certificate without the stack's policy is another stack's. One that a kill
        left between detaching and deleting is found by its id only.
        """
        ids = list(dict.fromkeys(known_ids))
        principals = self._unless_missing(
            self._iot.list_thing_principals, thingName=thing
        )
        arns = [
            arn
            for arn in (principals["principals"] if principals else [])
            if is_certificate(arn)
            and (id_of(arn) in ids or self._policy in self._policies(arn))
        ]
        attached = {id_of(arn) for arn in arns}
        return arns + [
            answer["certificateDescription"]["certificateArn"]
            for certificate_id in ids
            if certificate_id not in attached
            and (
                answer := self._unless_missing(
                    self._iot.describe_certificate, certificateId=certificate_id
                )
            )
        ]

    def deactivate(self, arn: str) -> None:
        """Deactivate a certificate; IoT Core closes its connections within minutes."""
        self._unless_missing(
            self._iot.update_certificate,
            certificateId=id_of(arn),
            newStatus="INACTIVE",
        )

    def delete(self, arn: str) -> None:
        """Deactivate, detach from things and policies, and delete a certificate."""
        self.deactivate(arn)
        things = self._unless_missing(self._iot.list_principal_things, principal=arn)
        for thing in things["things"] if things else []:
            self._unless_missing(
                self._iot.detach_thing_principal, thingName=thing, principal=arn
            )
        for policy in self._policies(arn):
            self._unless_missing(self._iot.detach_policy, policyName=policy, target=arn)
        certificate_id = id_of(arn)
        self._retry.retry_while_in_use(
            f"certificate {certificate_id[:12]}",
            DETACHED_WITHIN_S,
            lambda: self._unless_missing(
                self._iot.delete_certificate, certificateId=certificate_id
            ),
        )

    def _policies(self, arn: str) -> list[str]:
        answer = self._unless_missing(self._iot.list_attached_policies, target=arn)
        return [
            policy["policyName"] for policy in (answer["policies"] if answer else [])
        ]

    def _unless_missing(self, call: Any, **arguments: Any) -> Any:
        try:
            return self._calls.repeatable(call, **arguments)
        except ClientError as exc:
            if is_missing(exc):
                return None
            raise
