"""`trafficctl map` and `users` on a local city, as typed."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration import sign_in
from trafficctl.errors import CityError

COMMAND = (sys.executable, "-m", "trafficctl")
EMAIL = "night-watch@city.example"


def settings(local_city: Any) -> dict[str, str]:
    """A shell that has not been pointed at anything, but for its state."""
    kept = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
    home = str(local_city.home.parent)
    return {**kept, "TRAFFIC_HOME": home, "TRAFFIC_STACK": local_city.city.stack}


def typed(local_city: Any, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words],
        env=settings(local_city),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def serving(local_city: Any, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "map", *words],
        env=settings(local_city),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def served(local_city: Any, free_port: Any) -> Iterator[tuple[str, Any]]:
    """The address that the command prints, and its process."""
    process = serving(local_city, "--port", str(free_port()))
    try:
        yield (process.stdout.readline().strip() if process.stdout else ""), process
    finally:
        process.kill()
        process.wait()


def asked(url: str) -> tuple[int, Any]:
    """Status and JSON of an answer; where it leads, in place of a redirection's."""
    with sign_in.OPENER.open(url, timeout=60) as answer:
        if answer.headers.get("Location"):
            return answer.status, answer.headers["Location"]
        return answer.status, json.load(answer)


def test_a_local_citys_map_has_an_address_on_this_machine(local_city: Any) -> None:
    assert local_city.outputs["LiveUrl"] == "http://127.0.0.1:8643/"


def test_the_map_opens_signed_in_at_any_port(served: tuple[str, Any]) -> None:
    address, _ = served
    _, config = asked(f"{address}/config.json")
    verifier = secrets.token_urlsafe(48)
    request = sign_in.authorization(
        config["auth"]["client_id"], f"{address}/", verifier
    )
    query = urllib.parse.urlencode(request)

    status, place = asked(f"{address}/oauth2/authorize?{query}")

    assert config["auth"]["domain"] == address
    assert status == 302
    assert re.fullmatch(rf"{address}/\?code=[^&]+.*", place)


def test_ctrl_c_ends_the_map_and_not_the_city(served: tuple[str, Any]) -> None:
    _, process = served
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "signed in as map@city.example" in said
    assert "stopped the map; the city test-city keeps running" in said


def test_a_port_that_is_taken_is_said_with_the_option(local_city: Any) -> None:
    done = typed(local_city, "map", "--port", str(local_city.city.port))

    assert (done.returncode, done.stdout) == (2, "")
    assert f"port {local_city.city.port} on 127.0.0.1 is in use" in done.stderr
    assert "choose another with --port" in done.stderr


def test_a_user_is_added_signs_in_is_listed_and_removed(local_city: Any) -> None:
    added = typed(local_city, "users", "add", EMAIL)
    again = typed(local_city, "users", "add", EMAIL)
    listed = json.loads(typed(local_city, "users", "list", "--json").stdout)
    tokens = signed_in(local_city, added.stdout.strip())
    removed = typed(local_city, "users", "remove", EMAIL)
    gone = typed(local_city, "users", "remove", EMAIL)

    assert (added.returncode, again.returncode) == (0, 2)
    assert f"{EMAIL} is already a user of test-city" in again.stderr
    (row,) = [one for one in listed if one["email"] == EMAIL]
    assert row["state"] == "active"
    assert "id_token" in tokens
    assert (removed.returncode, gone.returncode) == (0, 2)
    assert f"{EMAIL} is not a user of test-city" in gone.stderr
    assert EMAIL not in typed(local_city, "users", "list").stdout
    with pytest.raises(CityError):
        signed_in(local_city, added.stdout.strip())


def signed_in(local_city: Any, password: str) -> dict[str, Any]:
    outputs = local_city.outputs
    client, redirect = outputs["UserPoolClientId"], outputs["LiveUrl"]
    endpoint = local_city.city.endpoint
    return sign_in.tokens(endpoint, client, redirect, EMAIL, password)


def test_a_wrong_address_is_refused_before_anyone_is_asked(local_city: Any) -> None:
    done = typed(local_city, "users", "add", "night-watch")

    assert done.returncode == 2
    assert "'night-watch' is not an e-mail address" in done.stderr
