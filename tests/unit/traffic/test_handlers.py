"""Every function of the template, run as Lambda runs it, in a world that is away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.template.template import PARAMETERS, RESOURCES, shown
from tests.unit.traffic.live_map.fakes import event as request
from tests.unit.traffic.notifier.events import jam
from traffic.errors import SettingsError
from traffic.live_map.function import _description

from . import canaries
from .canaries import MARK, marked
from .test_payloads_stay_out import CLAIMS, HEADERS

# As Lambda does: the answer is handed back, what is raised goes to the log.
RUN = """
import importlib, json, sys, traceback
module, _, name = sys.argv[1].rpartition(".")
for line in sys.stdin:
    try:
        getattr(importlib.import_module(module), name)(json.loads(line), None)
    except Exception:
        traceback.print_exc()
"""
FUNCTIONS = {
    resource["Properties"]["Handler"]: name
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Lambda::Function"
    and "Handler" in resource["Properties"]
}
_SCHEDULED = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
QUEUED = {"alert_id": marked("id"), "received_at": 1}
EVENTS: dict[str, list[Any]] = {
    "traffic.processor.function.handler": [{"Records": canaries.records()}],
    "traffic.live_map.function.handler": [
        request("/api/now", headers=HEADERS, claims=CLAIMS),
        request("/api/segments/a", "POST", body=marked("body"), headers=HEADERS),
        {**request(f"/{marked('path')}", headers=HEADERS), "requestContext": {}},
        {**request("/api/now"), "headers": {"x": {marked("token"): 1}, marked("h"): 1}},
        {**request("/api/now"), "queryStringParameters": marked("query")},
        {**request("/api/now"), "rawPath": [marked("path")]},
    ],
    "traffic.provisioning.function.handler": [
        {"certificateId": marked("id"), "parameters": {"DeviceId": f"{MARK} !"}},
        {"certificateId": marked("id"), "parameters": {marked("name"): marked("x")}},
        {"claimCertificateId": marked("claim"), "certificatePem": marked("pem")},
        {"parameters": {"DeviceId": "known"}, "certificatePem": marked("pem")},
    ],
    "traffic.notifier.function.handler": [
        jam(place=marked("place"), link=marked("link")),
        {"detail-type": "Congestion Alert", "detail": {marked("name"): marked("x")}},
    ],
    "traffic.undelivered.function.handler": [
        {
            "Records": [
                {
                    "messageId": "m1",
                    "body": marked("body"),
                    "attributes": {"SentTimestamp": "1795000000000"},
                }
            ]
        }
    ],
    "traffic.incidents.function.handler": [
        {"Records": [{"body": json.dumps({"detail": QUEUED})}]},
    ],
    # Nobody outside says anything to these.
    "traffic.sensor_health.function.handler": [_SCHEDULED],
    "traffic.shard_scaler.function.handler": [_SCHEDULED],
    "traffic.profile_builder.function.handler": [_SCHEDULED],
}


def setting(name: str, value: Any) -> str:
    """What the template sets a variable to, where nobody chose a parameter."""
    parameter = PARAMETERS.get(shown(value), {})
    return str(parameter.get("Default") or name.lower())


def told_by(handler: str) -> str:
    """All that the function prints and raises at its events."""
    variables = RESOURCES[FUNCTIONS[handler]]["Properties"]["Environment"]["Variables"]
    environment = {name: setting(name, value) for name, value in variables.items()}
    environment |= {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}  # nobody listens there
    environment |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": marked("key")}
    environment |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, handler],
        input="\n".join(map(json.dumps, EVENTS[handler])),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout + done.stderr


def test_every_function_of_ours_is_tried() -> None:
    assert set(FUNCTIONS) <= set(EVENTS)


@pytest.mark.parametrize("handler", FUNCTIONS)
def test_what_goes_wrong_is_told_without_what_was_sent(handler: str) -> None:
    told = told_by(handler)

    assert "127.0.0.1:9" in told  # so far it came
    assert MARK not in told


def test_an_error_of_ours_is_told_in_words_any_other_by_its_place() -> None:
    """Python's own words may quote what was sent; ours never do."""
    ours = _description(SettingsError("set SEGMENTS_TABLE"))

    try:
        int(marked("query"))
    except ValueError as fault:
        told = _description(fault)

    assert ours == "SettingsError: set SEGMENTS_TABLE"
    assert told.endswith("ValueError")
    assert "test_handlers.py" in told
