"""A loss for good on a local city: batches fail, and their letters can't be written."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.outage import AROUND, NOTICED_S, SENSORS, Outage, Plan, _until
from trafficctl.audit.command import audit, settle
from trafficctl.audit.identity import Report
from trafficctl.aws import session as aws

ROOT = Path(__file__).parents[4]


def command(*words: str, **environment: str) -> Any:
    """Run `trafficctl`."""
    return subprocess.run(
        [sys.executable, "-m", "trafficctl", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        text=True,
    )


class Loss(Plan):
    """A plan of segments that no other outage of the city has to do with."""

    def names(self) -> list[str]:
        """The segments."""
        return [f"robbed-{number}" for number in range(self.segments)]


class Robbery(Outage):
    """A loss of minutes of some segments, and what comes of it."""

    def rob(self) -> None:
        """Let the minutes be lost, and the sensors go on."""
        begun, ended = self._first + AROUND, self._first + AROUND + self._plan.minutes
        around = AROUND * self._plan.segments * SENSORS
        self._publish(range(self._first, begun))
        self._until_counted(around)
        already = self._received()
        with self._hasty_mapping(), self._unable_to_write():
            self._publish(range(begun, ended))
            _until(lambda: self._received() - already >= self._plan.readings)
            time.sleep(1)  # the answer of the last batch
        self._publish(range(ended, ended + AROUND))
        self._until_counted(2 * around)

    def report(self) -> Report:
        """The audit."""
        return settle(lambda: audit(self._evidence), 10.0)

    def history(self) -> tuple[int, int]:
        """Readings missing from the minutes that were lost, and those too many."""
        return self._history()

    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return self._history()[0] == 0

    @contextlib.contextmanager
    def _unable_to_write(self) -> Iterator[None]:
        """The processor may read its tables, and write neither them nor a bucket."""
        iam, client = (aws.client(self._session, name) for name in ("iam", "lambda"))
        name = self._outputs["ProcessorFunction"]
        role = client.get_function_configuration(FunctionName=name)["Role"]
        named = {"RoleName": role.rpartition("/")[2], "PolicyName": "robbed"}
        actions = ["PutItem", "UpdateItem", "PartiQLUpdate"]
        refused = ["s3:PutObject", *(f"dynamodb:{action}" for action in actions)]
        deny = {"Effect": "Deny", "Action": refused, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
        iam.put_role_policy(**named, PolicyDocument=document)
        time.sleep(NOTICED_S)
        try:
            yield
        finally:
            iam.delete_role_policy(**named)
            time.sleep(NOTICED_S)

    def _received(self) -> int:
        """Readings that came to the processor, by its log: each try counts."""
        logs = aws.client(self._session, "logs")
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{self._city.stack}-processor"
        )
        said = [event["message"] for page in pages for event in page["events"]]
        figures = [json.loads(one) for one in said if one.startswith('{"_aws"')]
        return sum(one.get("Received", 0) for one in figures)
