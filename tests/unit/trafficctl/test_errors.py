"""Foreign errors in the operator's words, with the next step."""

from __future__ import annotations

import errno
import inspect
import ssl

import pytest
import urllib3
from botocore import exceptions as aws
from paho.mqtt import MQTTException

from traffic.aws.dynamodb import call_aws
from traffic.errors import StoreError
from trafficctl.errors import CityError, ToolError, UserError, translate


def subclasses(kind):
    return [s for c in kind.__subclasses__() for s in (c, *subclasses(c))]


def bare(kind):
    """An instance of *kind*, without the fields its own constructor would want."""
    quiet = {"__init__": lambda _: None, "__str__": lambda _: "said"}
    return type(kind.__name__, (kind,), quiet)()


def refused(code, message="said"):
    return aws.ClientError({"Error": {"Code": code, "Message": message}}, "GetItem")


AWS_ERRORS = [
    kind
    for _, kind in inspect.getmembers(aws, inspect.isclass)
    if issubclass(kind, aws.BotoCoreError)
]


@pytest.mark.parametrize("kind", AWS_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_botocore_says_the_next_step(kind):
    error = translate(bare(kind))

    assert error.exit_code in (2, 3)
    assert " - " in str(error)


def test_a_store_that_fails_says_what_aws_said():
    def call():
        raise refused("AccessDenied")

    with pytest.raises(StoreError) as failed:
        call_aws(call)

    assert str(translate(failed.value)) == str(translate(refused("AccessDenied")))
    assert isinstance(translate(StoreError("changed at each read")), ToolError)


@pytest.mark.parametrize(
    "kind", subclasses(urllib3.exceptions.HTTPError), ids=lambda kind: kind.__name__
)
def test_every_error_of_urllib3_is_an_unreachable_city(kind):
    assert isinstance(translate(bare(kind)), CityError)


@pytest.mark.parametrize(
    "kind", subclasses(MQTTException), ids=lambda kind: kind.__name__
)
def test_every_error_of_paho_is_an_unreachable_broker(kind):
    assert isinstance(translate(bare(kind)), CityError)


@pytest.mark.parametrize(
    ("code", "next_step"),
    [
        ("AccessDeniedException", "does not have this permission"),
        ("UnrecognizedClientException", "credentials are not valid here"),
        ("ExpiredToken", "sign in again"),
        ("ResourceNotFoundException", "is --stack its name?"),
        ("NoSuchBucket", "is --stack its name?"),
        ("ThrottlingException", "wait a minute"),
        ("SomethingNew", "fix what the message names"),
    ],
)
def test_a_refusal_names_the_call_the_code_and_the_next_step(code, next_step):
    error = translate(refused(code))

    assert error.exit_code == 3
    assert str(error).startswith(f"GetItem: said ({code}) - ")
    assert next_step in str(error)


@pytest.mark.parametrize(
    ("raised", "exit_code", "next_step"),
    [
        (aws.NoCredentialsError(), 3, 'eval "$(trafficctl env)"'),
        (aws.NoRegionError(), 2, "set AWS_REGION"),
        (aws.ProfileNotFound(profile="p"), 2, "correct AWS_PROFILE"),
        (aws.EndpointConnectionError(endpoint_url="u"), 3, "is the city up?"),
        (aws.ReadTimeoutError(endpoint_url="u"), 3, "is the city up?"),
        (ConnectionRefusedError(111, "refused"), 3, "is the city up?"),
        (TimeoutError("slow"), 3, "is the city up?"),
        (ssl.SSLCertVerificationError(1, "self-signed"), 3, "creates new ones"),
        (FileNotFoundError(errno.ENOENT, "No such file", "a.csv"), 2, "check the path"),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "a"), 2, "give a file"),
        (PermissionError(errno.EACCES, "denied", "a"), 2, "check the permissions"),
        (OSError(errno.EADDRINUSE, "in use"), 2, "choose another one"),
        (OSError(errno.ENOSPC, "full"), 2, "free some disk space"),
        (OSError(errno.EIO, "broken"), 2, "refused by the operating system"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), 2, "not UTF-8"),
        (KeyError("x"), 70, "report the traceback"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_error_has_its_exit_code_and_next_step(raised, exit_code, next_step):
    error = translate(raised)

    assert error.exit_code == exit_code
    assert next_step in str(error)


def test_our_own_errors_pass_unchanged():
    error = UserError("line 3: no such column - correct the file")

    assert translate(error) is error


def test_a_message_of_many_lines_becomes_one():
    error = translate(aws.WaiterError(name="w", reason="a\n  b", last_response={}))

    assert "\n" not in str(error)


def test_an_unforeseen_error_is_owned_as_a_fault_of_the_tool():
    assert isinstance(translate(ZeroDivisionError("division by zero")), ToolError)
