"""The errors of the command line and their exit codes.

    Exception
    └── UserError             exit code 2: wrong usage or wrong input
        ├── CityError         exit code 3: AWS or MQTT refused, or is unreachable
        └── ToolError        exit code 70: internal error, please report it

A command whose check fails (the audit, the alarms) returns 1: that is a result,
not an error. Errors of boto3, urllib3, paho-mqtt, ssl and the
operating system become one of the above in `translate`, and nowhere else.
"""

from __future__ import annotations

import csv
import errno
import ssl
from collections.abc import Callable
from typing import Any

import urllib3
from botocore import exceptions as aws
from paho.mqtt import MQTTException
from paho.mqtt.client import WebsocketConnectionError

from traffic.errors import StoreError

OK = 0
CHECK_FAILED = 1
WRONG_INPUT = 2
UNREACHABLE = 3
INTERNAL_ERROR = 70
INTERRUPTED = 130

# AWS's error codes for throttling.
THROTTLED = (
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
)
USE_LOCAL_CITY = '`eval "$(trafficctl env)"` points this shell at the local city'


class UserError(Exception):
    """A message for the user that ends with the next step."""

    def __init__(self, message: str, exit_code: int = WRONG_INPUT) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class CityError(UserError):
    """AWS or the MQTT broker refused the request, or did not answer."""

    def __init__(self, message: str) -> None:
        super().__init__(message, UNREACHABLE)


class ToolError(UserError):
    """An internal error."""

    def __init__(self, message: str) -> None:
        super().__init__(message, INTERNAL_ERROR)


def translate(exc: Exception) -> UserError:
    """Translate any error into a message with the next step.

    Our own errors are returned unchanged, a StoreError by what AWS said; unknown errors
    become a ToolError.
    """
    if isinstance(exc, UserError):
        return exc
    if isinstance(exc, StoreError) and isinstance(exc.__cause__, Exception):
        return translate(exc.__cause__)
    for family in (_from_aws, _from_mqtt, _from_network, _from_system):
        error = family(exc)
        if error is not None:
            return error
    return ToolError(
        f"internal error: {type(exc).__name__}: {exc} - "
        "run again with TRAFFIC_DEBUG=1 and report the traceback"
    )


def _from_aws(exc: Exception) -> UserError | None:
    if isinstance(exc, aws.ClientError):
        return _refused(exc)
    for kinds, message, error in _AWS_FAMILIES:
        if isinstance(exc, kinds):
            return error(f"{_one_line(exc)} - {message}")
    return None


# The families of botocore's own errors, the most specific first.
_AWS_FAMILIES: tuple[
    tuple[tuple[type[Exception], ...], str, Callable[[str], UserError]], ...
] = (
    (
        (aws.NoCredentialsError, aws.PartialCredentialsError),
        f"{USE_LOCAL_CITY}; for AWS, sign in and set AWS_PROFILE",
        CityError,
    ),
    (
        (
            aws.CredentialRetrievalError,
            aws.SSOError,
            aws.LoginError,
            aws.TokenRetrievalError,
            aws.NoAuthTokenError,
            aws.RefreshWithMFAUnsupportedError,
            aws.UnknownCredentialError,
        ),
        "sign in again (`aws sso login` or `aws login`) and repeat the command",
        CityError,
    ),
    (
        (aws.NoRegionError,),
        f"set AWS_REGION; {USE_LOCAL_CITY}",
        UserError,
    ),
    (
        (
            aws.ProfileNotFound,
            aws.ConfigNotFound,
            aws.ConfigParseError,
            aws.InvalidConfigError,
            aws.InvalidRegionError,
            aws.UnknownRegionError,
        ),
        "correct AWS_PROFILE, AWS_REGION or the file ~/.aws/config",
        UserError,
    ),
    (
        (
            aws.HTTPClientError,
            aws.ConnectionError,
            aws.ResponseStreamingError,
            aws.IncompleteReadError,
            aws.EventStreamError,
            aws.MetadataRetrievalError,
            aws.ChecksumError,
        ),
        "is the city up? `trafficctl up` starts the local one; "
        "for AWS, check the network and AWS_ENDPOINT_URL",
        CityError,
    ),
    (
        (aws.WaiterError,),
        "look at the stack's events in CloudFormation, then repeat the command",
        CityError,
    ),
    (
        (aws.BotoCoreError,),
        "boto3 could not send this request: check the AWS settings "
        "(AWS_ENDPOINT_URL, AWS_REGION, AWS_PROFILE) and the options",
        UserError,
    ),
)

_REFUSALS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        (
            "AccessDenied",
            "AccessDeniedException",
            "UnauthorizedOperation",
            "AuthorizationError",
            "KMSAccessDeniedException",
            "403",
        ),
        "the current identity does not have this permission: use another profile "
        "or request the permission",
    ),
    (
        (
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "ExpiredToken",
            "ExpiredTokenException",
            "AuthFailure",
            "MissingAuthenticationToken",
        ),
        f"the credentials are not valid here: {USE_LOCAL_CITY}; for AWS, sign in again",
    ),
    (
        (
            "ResourceNotFoundException",
            "NoSuchBucket",
            "NoSuchKey",
            "404",
            "QueueDoesNotExist",
            "AWS.SimpleQueueService.NonExistentQueue",
        ),
        "is the stack deployed, and is --stack its name? "
        "`trafficctl up` deploys the local city",
    ),
    (
        (*THROTTLED, "SlowDown", "LimitExceededException"),
        "AWS throttled the request: wait a minute and repeat the command",
    ),
)


def _refused(exc: Any) -> UserError:
    error = exc.response.get("Error", {})
    code, reason = error.get("Code", "?"), error.get("Message", "no reason given")
    advice = next(
        (advice for codes, advice in _REFUSALS if code in codes),
        "AWS rejected the request: fix what the message names and repeat the command",
    )
    return CityError(f"{exc.operation_name}: {reason} ({code}) - {advice}")


def _from_mqtt(exc: Exception) -> UserError | None:
    if isinstance(exc, (MQTTException, WebsocketConnectionError)):
        return CityError(
            f"MQTT: {_one_line(exc)} - is the city up, and are the devices "
            "registered? `trafficctl devices register` creates their certificates"
        )
    return None


def _from_network(exc: Exception) -> UserError | None:
    advice = (
        "is the city up? `trafficctl up` starts the local one; "
        "for AWS, check the network and AWS_ENDPOINT_URL"
    )
    if isinstance(exc, ssl.SSLError):
        return CityError(
            f"TLS: {_one_line(exc)} - the certificates are of another city: "
            "`trafficctl devices register` creates new ones"
        )
    kinds = (urllib3.exceptions.HTTPError, ConnectionError, TimeoutError)
    if isinstance(exc, BrokenPipeError) or not isinstance(exc, kinds):
        return None
    return CityError(f"{_one_line(exc)} - {advice}")


_SYSTEM_ADVICE: dict[int, str] = {
    errno.ENOENT: "check the path",
    errno.EISDIR: "give a file, not a directory",
    errno.ENOTDIR: "give a directory",
    errno.EACCES: "check the permissions of the path",
    errno.EPERM: "check the permissions of the path",
    errno.ENOSPC: "free some disk space",
    errno.EADDRINUSE: "the port is in use: choose another one",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
    errno.EMFILE: "raise the limit of open files (`ulimit -n 8192`)",
    errno.EHOSTUNREACH: "check the network and the endpoint",
    errno.ENETUNREACH: "check the network and the endpoint",
}


def _from_system(exc: Exception) -> UserError | None:
    if isinstance(exc, UnicodeDecodeError):
        return UserError(f"{exc} - the file is not UTF-8 text: convert it first")
    if isinstance(exc, csv.Error):
        return UserError(f"{exc} - not a CSV file: save it as CSV")
    if not isinstance(exc, OSError):
        return None
    advice = _SYSTEM_ADVICE.get(exc.errno or 0, "refused by the operating system")
    return UserError(f"{_one_line(exc)} - {advice}")


def _one_line(exc: Exception) -> str:
    return " ".join(str(exc).split()) or type(exc).__name__
