"""Calls to IoT Core: rate-limited, and retried only where that is safe.

boto3's own retries are off: it would repeat CreateCertificateFromCsr when only the
response was lost, and create a second certificate.
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

TRIES = 5  # of a repeatable call, on server errors and lost connections
MAX_THROTTLES = 60  # throttled attempts of one call: a minute or more
SERVER_FAULT = 500

Clock = Callable[[], float]
Sleep = Callable[[float], None]


class InDoubtError(Exception):
    """A call may have succeeded, but its response was lost."""


def plain_client(session: Any, service: str) -> Any:
    """A client without retries: `IotCalls` decides what to repeat."""
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
    """Limits the rate of calls and repeats them, for all threads together."""

    def __init__(
        self,
        limiter: RateLimiter,
        clock: Clock = time.monotonic,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._limiter, self._clock, self.sleep = limiter, clock, sleep
        self._lock = threading.Lock()

    def wait_for_turn(self) -> None:
        """Wait until the next device may start."""
        with self._lock:
            wait_s = self._limiter.reserve(self._clock())
        if wait_s > 0:
            self.sleep(wait_s)

    def repeatable(self, call: Callable[..., Any], **arguments: Any) -> Any:
        """Make an idempotent call, repeating it if necessary."""
        for attempt in range(1, TRIES):
            try:
                return self.once(call, **arguments)
            except InDoubtError:
                self.sleep(0.2 * 2**attempt)
        return self.once(call, **arguments)

    def once(self, call: Callable[..., Any], **arguments: Any) -> Any:
        """Make a call that must not run twice; raises InDoubtError.

        A throttled call had no effect and is repeated.
        """
        for _ in range(MAX_THROTTLES):
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
    """Whether the resource does not exist."""
    return _code(exc) in ("ResourceNotFoundException", "404")


def _code(exc: ClientError) -> str:
    return str(exc.response.get("Error", {}).get("Code", ""))


def _is_fault(exc: ClientError) -> bool:
    status = exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return bool(status >= SERVER_FAULT)
