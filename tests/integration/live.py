"""The deployed live API, and controllers signed in to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.integration import sign_in
from traffic.aws import dynamodb
from traffic.live_map.aws import VIEW_KEY
from trafficctl.map.proxy import ProxyTarget
from trafficctl.users import command as users

DAY, NIGHT = "day-shift@city.example", "night-shift@city.example"
ALERT_PATH = "/api/alerts/{}/acknowledge"


@dataclass(frozen=True)
class Answer:
    """Status and body of an answer."""

    status: int
    body: Any


@dataclass
class Live:
    """The deployed API, spoken to by HTTP."""

    city: Any
    target: ProxyTarget
    tokens: dict[str, str]

    def ask(
        self, path: str, method: str = "GET", token: str | None = None, body: str = ""
    ) -> Answer:
        headers = {"Host": self.target.host(path), "Content-Type": "text/plain"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        connection = HTTPConnection(self.target.netloc, timeout=30)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            text = answer.read()
            kind = answer.getheader("Content-Type", "")
            told = json.loads(text) if "json" in kind else text
            return Answer(answer.status, told)
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """What a signed-in controller is told, which must be well."""
        answer = self.ask(path, token=self.tokens[DAY])
        assert answer.status == 200, answer.body
        return answer.body

    def put(self, table: str, *rows: dict[str, Any]) -> None:
        client, name = self.city.client("dynamodb"), self.city.outputs[table]
        for row in rows:
            client.put_item(TableName=name, Item=dynamodb.attributes(row))

    @contextmanager
    def with_incident(self, row: dict[str, Any]) -> Iterator[None]:
        """An incident that later tests do not meet."""
        self.put("TrafficIncidentsTable", row)
        try:
            yield
        finally:
            self.city.client("dynamodb").delete_item(
                TableName=self.city.outputs["TrafficIncidentsTable"],
                Key=dynamodb.attributes({"incident_id": row["incident_id"]}),
            )

    def acknowledge(self, alert_id: str, who: str = DAY, **told: Any) -> Answer:
        body = json.dumps(told) if told else ""
        return self.ask(ALERT_PATH.format(alert_id), "POST", self.tokens[who], body)

    def undo(self, alert_id: str, who: str = DAY) -> Answer:
        return self.ask(ALERT_PATH.format(alert_id), "DELETE", self.tokens[who])


def signed_in(local_city: Any, email: str) -> str:
    outputs, password = local_city.outputs, users.random_password()
    users.create_controller(local_city.session, outputs, email, password)
    client, redirect = outputs["UserPoolClientId"], outputs["LiveUrl"]
    endpoint = local_city.city.endpoint
    tokens = sign_in.tokens(endpoint, client, redirect, email, password)
    return str(tokens["id_token"])


@pytest.fixture(scope="session")
def live(local_city: Any) -> Live:
    target = ProxyTarget(local_city.city.endpoint, local_city.outputs["LiveApiId"])
    tokens = {email: signed_in(local_city, email) for email in (DAY, NIGHT)}
    return Live(local_city, target, tokens)


def new_environment(city: Any) -> None:
    """Let the next request meet an environment without a memory."""
    aws, name = city.client("lambda"), f"{city.city.stack}-live-api"
    timeout_s = aws.get_function_configuration(FunctionName=name)["Timeout"]
    aws.update_function_configuration(FunctionName=name, Timeout=timeout_s)


def restart_live_api(city: Any) -> None:
    """Let the next request meet an environment without a memory that has to read."""
    new_environment(city)
    city.client("dynamodb").delete_item(
        TableName=city.outputs["TrafficIncidentsTable"],
        Key=dynamodb.attributes({"incident_id": VIEW_KEY}),
    )


@pytest.fixture
def another(live: Live) -> Callable[[], None]:
    """`another()`: the next request meets an environment without a memory."""
    return lambda: new_environment(live.city)


@pytest.fixture
def restart(live: Live) -> Callable[[], None]:
    """`restart()`: and what others have read is forgotten too."""
    return lambda: restart_live_api(live.city)
