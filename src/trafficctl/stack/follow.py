"""Following what CloudFormation does, to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from trafficctl.cli import progress
from trafficctl.errors import CityError
from trafficctl.stack import events as operations
from trafficctl.stack.events import Event
from trafficctl.stack.failure_causes import advice, causes
from trafficctl.stack.stack import Stack

PATIENCE_S = 3600.0
GONE = (None, "DELETE_COMPLETE")
BEGIN_PATIENCE_S = 300.0  # AWS says yes before it begins


class Follower:
    """Takes in a stack's events and reports them: a bar, or a line now and then.

    What is done is counted of the `awaited` resources, of all where none are known.
    `resumed` is for an operation that is under way: its events from its beginning on,
    since what made it fail may have happened before anybody looked.
    """

    def __init__(
        self,
        stack: Stack,
        stack_id: str,
        awaited: Collection[str],
        *,
        resumed: bool = False,
    ) -> None:
        self.stack, self.stack_id = stack, stack_id
        self.awaited, self.total = frozenset(awaited), len(awaited)
        self.events: list[Event] = []
        before = stack.before_operation if resumed else stack.last_event
        self._last = before(stack_id)
        self.done: set[str] = set()
        self._since = time.monotonic()

    def to_the_end(self) -> str | None:
        """Wait until the operation has ended; the last status, None for a stack gone.

        CityError if it has not begun, or not ended, when patience is at its end.
        """
        deadline = time.monotonic() + PATIENCE_S
        with progress.counting("resources") as bar:
            task = bar.add_task(self.stack.name, total=self.total or None)
            while time.monotonic() < deadline:
                self._take_in()
                bar.update(task, completed=len(self.done), description=self._now())
                if (end := operations.end(self.events)) is not None:
                    status = self.stack.status(self.stack_id)
                    if status in (end, None):
                        return status
                elif not operations.has_begun(self.events):
                    # A stack that held nothing may go without a word.
                    status = self.stack.status(self.stack_id)
                    if status in GONE:
                        return status
                    self._check_patience()
                time.sleep(self.stack.account.poll_s)
        raise CityError(
            f"stack {self.stack.name} is still in progress after {PATIENCE_S:.0f} s - "
            "look at its events in the console; the same command follows it again"
        )

    def _check_patience(self) -> None:
        if time.monotonic() - self._since > BEGIN_PATIENCE_S:
            raise CityError(
                f"CloudFormation has not started on stack {self.stack.name} after "
                f"{BEGIN_PATIENCE_S:.0f} s - look at its events in the console, then "
                "repeat the command"
            )

    def _take_in(self) -> None:
        new = self.stack.events_after(self._last, self.stack_id)
        self.events += new
        if new:
            self._last = str(new[-1]["EventId"])
        for event in new:
            if self.awaited and event["LogicalResourceId"] not in self.awaited:
                continue
            if event["ResourceType"] == "AWS::CloudFormation::Stack":
                continue
            if str(event["ResourceStatus"]).endswith(("_COMPLETE", "_SKIPPED")):
                self.done.add(str(event["LogicalResourceId"]))
            else:
                self.done.discard(str(event["LogicalResourceId"]))

    def _now(self) -> str:
        if not self.events:
            return self.stack.name
        last = self.events[-1]
        return f"{last['LogicalResourceId']} {last['ResourceStatus']}"


def complete(
    follower: Follower,
    order: Callable[[], object],
    ends: Collection[str | None],
    say: Callable[[str], None],
) -> None:
    """Order an operation and follow it; CityError if it ends in none of these."""
    name = follower.stack.name
    try:
        order()  # within: a call that is interrupted may have been carried out
        status = follower.to_the_end()
    except KeyboardInterrupt:
        say(
            f"\nCloudFormation continues with stack {name}. "
            "The same command follows it again"
        )
        raise
    if status not in ends:
        raise failure(name, status, follower.events)


def failure(stack: str, status: str | None, events: list[dict[str, Any]]) -> CityError:
    """What to raise for an operation that did not end well: its first cause."""
    reasons = causes(events)
    if not reasons:
        return CityError(
            f"stack {stack} is {status}, with no cause given - "
            f"`aws cloudformation describe-stack-events --stack-name {stack}`"
        )
    more = f" ({len(reasons) - 1} more failed after it)" if len(reasons) > 1 else ""
    return CityError(
        f"stack {stack} is {status or 'gone'}{more}. First cause: "
        f"{reasons[0].rstrip('. ')} - {advice(reasons[0])}"
    )
