"""What may go wrong at the command line, and what it means for the exit code.

    Exception
    └── UserError             exit code 2: wrong usage or wrong input
        ├── CityError         exit code 3: AWS or MQTT refused, or cannot be reached
        └── ToolError        exit code 70: a fault of this tool, please report it

A command answers "no" (the audit fails, the city is not healthy) by returning 1;
that is an answer, not an error. Errors of boto3, urllib3, paho-mqtt, ssl and the
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

OK = 0
CHECK_FAILED = 1
WRONG_INPUT = 2
UNREACHABLE = 3
INTERNAL_ERROR = 70
INTERRUPTED = 130

# AWS's codes for calls that come too fast.
THROTTLED = (
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
)
USE_LOCAL_CITY = '`eval "$(trafficctl env)"` points this shell at the local city'


class UserError(Exception):
    """A message for the person at the terminal, ending in what to do next."""

    def __init__(self, message: str, exit_code: int = WRONG_INPUT) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class CityError(UserError):
    """AWS or the MQTT broker refused the request, or did not answer."""

    def __init__(self, message: str) -> None:
        super().__init__(message, UNREACHABLE)


class ToolError(UserError):
    """Something this tool did not foresee."""

    def __init__(self, message: str) -> None:
        super().__init__(message, INTERNAL_ERROR)


def translate(exc: Exception) -> UserError:
    """Say a foreign error in the operator's words, with the next step.

    Our own errors come back unchanged; an error of no known family is a ToolError.
    """
    if isinstance(exc, UserError):
        return exc
    for family in (_from_aws, _from_mqtt, _from_network, _from_system):
        error = family(exc)
        if error is not None:
            return error
    return ToolError(
        f"{type(exc).__name__}: {exc} - this is a fault of trafficctl; "
        "run again with TRAFFIC_DEBUG=1 for the traceback and report it"
    )


def _from_aws(exc: Exception) -> UserError | None:
    if isinstance(exc, aws.ClientError):
        return _refused(exc)
    for kinds, message, error in _AWS_FAMILIES:
        if isinstance(exc, kinds):
            return error(f"{_one_line(exc)} - {message}")
    return None


# The families of botocore's own errors, the most telling first.
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
        "boto3 could not make this request: check the AWS settings "
        "(AWS_ENDPOINT_URL, AWS_REGION, AWS_PROFILE) and the options given",
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
        "the identity in use lacks this permission: use another profile, "
        "or have the action allowed",
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
        f"credentials not valid there: {USE_LOCAL_CITY}; for AWS, sign in again",
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
        "is the stack deployed there, and is --stack its name? "
        "`trafficctl up` deploys the local one",
    ),
    (
        (*THROTTLED, "SlowDown", "LimitExceededException"),
        "AWS is limiting the rate: wait a minute and repeat the command",
    ),
)


def _refused(exc: Any) -> UserError:
    error = exc.response.get("Error", {})
    code, reason = error.get("Code", "?"), error.get("Message", "no reason given")
    advice = next(
        (advice for codes, advice in _REFUSALS if code in codes),
        "AWS refused the request: correct what it names and repeat the command",
    )
    return CityError(f"{exc.operation_name}: {reason} ({code}) - {advice}")


def _from_mqtt(exc: Exception) -> UserError | None:
    if isinstance(exc, (MQTTException, WebsocketConnectionError)):
        return CityError(
            f"MQTT: {_one_line(exc)} - is the city up, and are the devices "
            "registered? `trafficctl devices register` makes their certificates"
        )
    return None


def _from_network(exc: Exception) -> UserError | None:
    advice = (
        "is the city up? `trafficctl up` starts the local one; "
        "for AWS, check the network and AWS_ENDPOINT_URL"
    )
    if isinstance(exc, ssl.SSLError):
        return CityError(
            f"TLS: {_one_line(exc)} - the certificates do not fit this city: "
            "`trafficctl devices register` makes them anew"
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
    errno.EADDRINUSE: "the port is taken: choose another by its option",
    errno.EADDRNOTAVAIL: "the address is not one of this machine",
    errno.EMFILE: "raise the limit of open files (`ulimit -n 8192`)",
    errno.EHOSTUNREACH: "check the network and the endpoint",
    errno.ENETUNREACH: "check the network and the endpoint",
}


def _from_system(exc: Exception) -> UserError | None:
    if isinstance(exc, UnicodeDecodeError):
        return UserError(f"{exc} - the file is not UTF-8 text: convert it first")
    if isinstance(exc, csv.Error):
        return UserError(f"{exc} - the file is no CSV: save it as one")
    if not isinstance(exc, OSError):
        return None
    advice = _SYSTEM_ADVICE.get(exc.errno or 0, "the operating system refused this")
    return UserError(f"{_one_line(exc)} - {advice}")


def _one_line(exc: Exception) -> str:
    return " ".join(str(exc).split()) or type(exc).__name__
