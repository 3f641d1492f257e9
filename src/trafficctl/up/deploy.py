"""Deploys to the local city without prompts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path

from trafficctl.deploy.deployment import deploy as deploy_stack
from trafficctl.deploy.request import DeployRequest, Prompter
from trafficctl.local.process import City

Say = Callable[[str], None]


def deploy(
    city: City,
    template: Path,
    parameters: Mapping[str, str],
    say: Say,
    code: Path | None = None,
) -> dict[str, str]:
    """Deploy or update the city's stack; returns its outputs by key.

    `code` is a finished package; None builds one for this interpreter. UserError
    for an unknown parameter, CityError with the first cause if the deployment fails.
    """
    say(f"deploying {template.name} as stack {city.stack}")
    today = dt.datetime.now(dt.timezone.utc).date()
    wish = DeployRequest(city.stack, template, parameters, code, today=today)
    talk = Prompter(say, lambda _changes: None, lambda _question: True)
    return dict(deploy_stack(city.session(), wish, talk).outputs)
