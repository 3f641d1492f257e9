"""The stack's Things. Their names are the account's: another stack may have one."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from trafficctl.errors import CityError
from trafficctl.registry.iot_calls import IotCalls, is_missing


class ThingRegistry:
    """Makes and changes Things of `thing_type`, the stack's own, and no others."""

    def __init__(self, iot: Any, calls: IotCalls, thing_type: str) -> None:
        self._iot, self._calls, self._type = iot, calls, thing_type

    def bind(self, device_id: str, segment_id: str) -> None:
        """Have a Thing of that name, of our type, bound to that segment.

        Raises CityError, and changes nothing, where one of another type has the name.
        """
        payload = {"attributes": {"segment_id": segment_id}}
        try:
            self._calls.repeatable(
                self._iot.create_thing,
                thingName=device_id,
                thingTypeName=self._type,
                attributePayload=payload,
            )
        except self._iot.exceptions.ResourceAlreadyExistsException:
            self.check_type(device_id)
            self._calls.repeatable(
                self._iot.update_thing,
                thingName=device_id,
                attributePayload={**payload, "merge": True},
            )

    def check_type(self, device_id: str) -> None:
        """Raise CityError if there is a Thing of that name that is not of our type."""
        try:
            thing = self._calls.repeatable(
                self._iot.describe_thing, thingName=device_id
            )
        except ClientError as exc:
            if is_missing(exc):
                return
            raise
        its_type = thing.get("thingTypeName")
        if its_type != self._type:
            raise CityError(name_conflict(device_id, its_type, self._type))


def name_conflict(device_id: str, its_type: str | None, ours: str) -> str:
    """What to tell of a name that is another's: whose, and what to do."""
    expected = f"{device_id}: expected a Thing of type {ours}, and this account has one"
    if its_type is None:
        return (
            f"{expected} without a type - if it is this stack's, `aws iot update-thing "
            f"--thing-name {device_id} --thing-type-name {ours}`, else give the device "
            "another id"
        )
    return (
        f"{expected} of type {its_type}, which is another stack's - names of Things "
        "are the account's: give the device another id in one of the two stacks"
    )
