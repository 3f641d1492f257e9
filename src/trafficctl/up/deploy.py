"""Deploying into the local city without questions, as `trafficctl up` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from trafficctl.deploy.deployment import Talk, Wish
from trafficctl.deploy.deployment import deploy as deploy_stack
from trafficctl.local.process import City

Say = Callable[[str], None]


def deploy(
    city: City,
    template: Path,
    parameters: Mapping[str, str],
    say: Say,
    code: Path | None = None,
) -> dict[str, str]:
    """Deploy or update the city's stack; its outputs by key.

    `code` is a ready package; None builds one of this interpreter's kind. UserError
    for an unknown parameter, CityError with the first cause if the deployment fails.
    """
    say(f"deploying {template.name} as stack {city.stack}")
    wish = Wish(city.stack, template, parameters, code)
    talk = Talk(say, lambda _changes: None, lambda _question: True)
    return dict(deploy_stack(city.session(), wish, talk).outputs)
