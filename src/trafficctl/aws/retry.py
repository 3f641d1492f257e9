"""Retries while a resource is in use: AWS detaches with a delay."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from botocore.exceptions import ClientError

from trafficctl.cli.output import say
from trafficctl.errors import CityError

STILL_ATTACHED = ("DeleteConflictException",)
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 15.0
SILENT_S = 5.0  # a longer wait is reported

T = TypeVar("T")


@dataclass(frozen=True)
class ConflictRetry:
    """Repeats a call while AWS refuses it; *sleep* in seconds, *tell* reports."""

    sleep: Callable[[float], object] = time.sleep
    tell: Callable[[str], object] = say

    def retry_while_in_use(
        self,
        what: str,
        limit_s: float,
        call: Callable[[], T],
        codes: tuple[str, ...] = STILL_ATTACHED,
    ) -> T:
        """Repeat `call` until it is not refused with one of `codes`.

        Raises CityError naming `what` if it is still refused after `limit_s`.
        """
        waited_s, wait_s, reported = 0.0, FIRST_WAIT_S, False
        while True:
            try:
                return call()
            except ClientError as exc:
                if exc.response["Error"]["Code"] not in codes:
                    raise
                if waited_s >= limit_s:
                    raise CityError(
                        f"{what} is still in use: {exc} - "
                        "repeat the command in five minutes"
                    ) from exc
            if waited_s >= SILENT_S and not reported:
                self.tell(f"waiting for {what} to be released, up to {limit_s:.0f} s")
                reported = True
            self.sleep(wait_s)
            waited_s += wait_s
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)
