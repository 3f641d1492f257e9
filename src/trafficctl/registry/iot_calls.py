"""Calls to IoT Core, paced, each repeated only where that is known to be safe.

boto3's own retries are off: it would repeat CreateCertificateFromCsr when only the
answer was lost, and make a second certificate.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from botocore import exceptions as aws
from botocore.config import Config
from botocore.exceptions import ClientError

from trafficctl.aws.session import CONNECT_TIMEOUT_S, POOL_CONNECTIONS, READ_TIMEOUT_S
from trafficctl.errors import THROTTLED
from trafficctl.registry.rate_limit import RateLimiter

TRIES = 5  # of a call that may be repeated, when AWS has a fault or is not reached
MAX_COMPLAINTS = 60  # of one call about the rate: a minute or more
SERVER_FAULT = 500

Clock = Callable[[], float]
Sleep = Callable[[float], None]


class InDoubtError(Exception):
    """A call may have been carried out, yet its answer did not come."""


def plain_client(session: Any, service: str) -> Any:
    """A client that asks once: `Calls` decides what may be asked again."""
    return session.client(
        service,
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=POOL_CONNECTIONS,
        ),
    )


class IotCalls:
    """What paces and repeats calls, for all threads together."""

    def __init__(
        self,
        limiter: RateLimiter,
        clock: Clock = time.monotonic,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._limiter, self._clock, self.sleep = limiter, clock, sleep
        self._lock = threading.Lock()

    def wait_for_turn(self) -> None:
        """Wait until the next device may be begun."""
        with self._lock:
            wait_s = self._limiter.reserve(self._clock())
        if wait_s > 0:
            self.sleep(wait_s)

    def repeatable(self, call: Callable[..., Any], **arguments: Any) -> Any:
        """Make a call that changes nothing more when it is made again."""
        for attempt in range(1, TRIES):
            try:
                return self.once(call, **arguments)
            except InDoubtError:
                self.sleep(0.2 * 2**attempt)
        return self.once(call, **arguments)

    def once(self, call: Callable[..., Any], **arguments: Any) -> Any:
        """Make a call that must not be made twice; raises InDoubtError.

        What was refused for the rate was not carried out, and is asked again.
        """
        for _ in range(MAX_COMPLAINTS):
            try:
                return call(**arguments)
            except ClientError as exc:
                if _is_fault(exc):
                    raise InDoubtError(str(exc)) from exc
                if _code(exc) not in THROTTLED:
                    raise
                self._back_off()
            except (aws.HTTPClientError, aws.ConnectionError) as exc:
                raise InDoubtError(str(exc)) from exc
        return call(**arguments)

    def _back_off(self) -> None:
        with self._lock:
            wait_s = self._limiter.throttled(self._clock())
        self.sleep(wait_s)


def is_missing(exc: ClientError) -> bool:
    """Whether AWS says that there is no such thing, certificate or policy."""
    return _code(exc) in ("ResourceNotFoundException", "404")


def _code(exc: ClientError) -> str:
    return str(exc.response.get("Error", {}).get("Code", ""))


def _is_fault(exc: ClientError) -> bool:
    status = exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return bool(status >= SERVER_FAULT)
