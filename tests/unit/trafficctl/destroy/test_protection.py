"""A purge turns deletion protection off, at the right time and no more than that."""

from __future__ import annotations

import argparse
from typing import Any

from trafficctl.destroy.command import _purge
from trafficctl.destroy.removal import Holding
from trafficctl.stack.retained import RetainedResource

from .test_removal import TABLE, living

ROADS = RetainedResource("RoadSegments", TABLE, "city-road_segments")


class Recorder:
    """A removal that only notes what it is asked to do."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        """Note the call."""
        return lambda *_given: self.asked.append(name) or set()


def test_protection_is_off_before_the_stack_is_deleted() -> None:
    """CloudFormation deletes what a failed creation made, but nothing protected."""
    args = argparse.Namespace(stack="city", yes=True, despite_protection=True)
    removal: Any = Recorder()

    _purge(args, removal, [Holding(ROADS, "1 items", True)])

    assert removal.asked.index("unprotect") < removal.asked.index("delete_stack")


def test_only_what_is_protected_is_unprotected_and_nobody_may_sign_up_meanwhile() -> (
    None
):
    removal = living([])
    removal.account.session.answers["cognito-idp", "update_user_pool"] = {}
    pool = RetainedResource("Controllers", "AWS::Cognito::UserPool", "pool-1")

    removal.unprotect([Holding(ROADS, "", False), Holding(pool, "", True)])

    assert removal.account.session.asked[-1] == (
        "cognito-idp",
        "update_user_pool",
        {
            "UserPoolId": "pool-1",
            "DeletionProtection": "INACTIVE",
            "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
        },
    )
