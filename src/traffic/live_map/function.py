"""The Lambda function behind the live map: its page and its API."""

from __future__ import annotations

import functools
import json
import os
import secrets
import time
import traceback
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from ..aws.dynamodb import Tables
from ..aws.late_client import LateClient
from ..aws.plain_calls import skip_model
from ..aws.profile_store import S3Profiles
from ..aws.shift_store import ShiftStore
from ..errors import TrafficError
from . import responses
from .api import LiveApi
from .assets import FolderAssets
from .aws import PARALLEL_SCANS, DynamoReader, SharedViews
from .ports import LiveMapPorts
from .settings import read

# The page polls again in two seconds: failing fast is better than a late response.
_CLIENT = Config(
    connect_timeout=1,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 2},
    parameter_validation=False,  # the shapes are ours and tested
    max_pool_connections=PARALLEL_SCANS,
)
# A view that does not come soon is not waited for: the tables are read instead.
_VIEWS = _CLIENT.merge(Config(read_timeout=2, retries={"total_max_attempts": 1}))


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    """Answer a request of the HTTP API; errors are logged, not shown."""
    try:
        return _api().answer(event)
    except Exception as fault:
        _log("request_failed", _description(fault))
        answer = responses.error(500, "a fault of this service: its log tells more")
        return {
            **answer,
            "headers": {**responses.security("", ""), **answer["headers"]},
        }


def _description(fault: Exception) -> str:
    """Return where an error occurred, and its text if it cannot quote a request."""
    where = "".join(traceback.format_tb(fault.__traceback__))
    is_ours = isinstance(fault, (TrafficError, BotoCoreError))
    return f"{where}{type(fault).__name__}" + (f": {fault}" if is_ours else "")


@functools.lru_cache(maxsize=1)
def _api() -> LiveApi:
    """Connect once for each execution environment, at its first request."""
    settings = read(os.environ)
    session = boto3.session.Session()
    client = session.client("dynamodb", config=_CLIENT)
    skip_model(client)
    tables = Tables(
        settings.segments_table, settings.history_table, settings.alerts_table
    )
    bucket, incidents = settings.profiles_bucket, settings.incidents_table

    def files(config: Config) -> LateClient:
        return LateClient(lambda: session.client("s3", config=config))

    profiles = S3Profiles(files(_CLIENT), bucket, _now_ms, _log)
    ports = LiveMapPorts(
        reader=DynamoReader(client, tables, incidents, time.sleep),
        views=SharedViews(client, incidents, files(_VIEWS), bucket),
        assets=FolderAssets(),
        clock=_now_ms,
        environment=secrets.token_hex(4),
        log=_log,
        outlook=profiles.outlook,
        band=profiles.band,
        shift=ShiftStore(client, settings.alerts_table, incidents, time.sleep),
    )
    return LiveApi(ports, settings)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _log(event: str, text: str) -> None:
    print(json.dumps({"event": event, "told": text}))
