"""The stack's Things. Names are unique per account, across stacks."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from trafficctl.errors import CityError
from trafficctl.registry.iot_calls import IotCalls, is_missing


class ThingRegistry:
    """Creates and changes Things of `thing_type`, the stack's, and no others."""

    def __init__(self, iot: Any, calls: IotCalls, thing_type: str) -> None:
        self._iot, self._calls, self._type = iot, calls, thing_type

    def bind(self, device_id: str, segment_id: str) -> None:
        """Create or update the Thing of that name, bound to that segment.

        Raises CityError without changes if a Thing of another type has the name.
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
        """Raise CityError if a Thing of that name has another type."""
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
    """The message for a name in use: by which type, and what to do."""
    expected = f"{device_id}: expected a Thing of type {ours}, but this account has one"
    if its_type is None:
        return (
            f"{expected} without a type - if it is of this stack, run `aws iot "
            f"update-thing --thing-name {device_id} --thing-type-name {ours}`, else "
            "use another device id"
        )
    return (
        f"{expected} of type {its_type}, of another stack - Thing names are "
        "unique per account: use another device id in one of the stacks"
    )
