"""The deployed live API, and controllers signed in to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import pytest

from traffic.aws import dynamodb
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

    def acknowledge(self, alert_id: str, who: str = DAY) -> Answer:
        return self.ask(ALERT_PATH.format(alert_id), "POST", self.tokens[who])

    def undo(self, alert_id: str, who: str = DAY) -> Answer:
        return self.ask(ALERT_PATH.format(alert_id), "DELETE", self.tokens[who])


def signed_in(local_city: Any, email: str) -> str:
    outputs, password = local_city.outputs, users.random_password()
    users.create_controller(local_city.session, outputs, email, password)
    client, redirect = outputs["UserPoolClientId"], outputs["LiveUrl"]
    endpoint = local_city.city.endpoint
    tokens = users.local_tokens(endpoint, client, redirect, email, password)
    return str(tokens["id_token"])


@pytest.fixture(scope="session")
def live(local_city: Any) -> Live:
    target = ProxyTarget(local_city.city.endpoint, local_city.outputs["LiveApiId"])
    tokens = {email: signed_in(local_city, email) for email in (DAY, NIGHT)}
    return Live(local_city, target, tokens)


@pytest.fixture
def anew(live: Live) -> Callable[[], None]:
    """`anew()`: the function's next request meets an environment without a memory."""

    aws, name = live.city.client("lambda"), f"{live.city.city.stack}-live-api"
    timeout_s = aws.get_function_configuration(FunctionName=name)["Timeout"]

    def restart() -> None:
        aws.update_function_configuration(FunctionName=name, Timeout=timeout_s)

    return restart
