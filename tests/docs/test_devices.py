"""The pages on devices state what the code holds to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from traffic.provisioning import admission
from trafficctl.cli.output import duration
from trafficctl.publishing.devices import device_id
from trafficctl.registry.csv_file import CLAIM_PREFIX
from trafficctl.registry.rate_limit import DEFAULT_RATE, ROWS_RATE

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "guides" / "devices.md").read_text()
PROTOCOL = (DOCS / "reference" / "device-protocol.md").read_text()
TABLES = (DOCS / "reference" / "tables.md").read_text()
FLEET = 50_000


@pytest.mark.parametrize("status", admission.STATUSES)
def test_every_status_is_explained(status: str) -> None:
    assert f"`{status}`" in TABLES


def test_every_reason_of_a_refusal_is_named_and_none_is_invented() -> None:
    source = Path(admission.__file__).read_text()
    reasons = set(re.findall(r'"([a-z]+_(?:request|device|row|certificate))"', source))
    told = set(re.findall(r"`([a-z]+_(?:request|device|row|certificate))`", PAGE))

    assert told == reasons != set()


@pytest.mark.parametrize("rate", [DEFAULT_RATE, ROWS_RATE])
def test_the_time_for_a_whole_fleet_is_the_number_by_the_rate(rate: float) -> None:
    told = duration(round(FLEET / rate / 60) * 60).removesuffix(" 00 s")

    assert f": {rate:g} a second, {told}" in PAGE


def test_the_simulated_device_on_the_page_is_named_as_it_would_be() -> None:
    assert f"`{device_id('city', 'sim-0001', 1)}`" in PAGE


def test_claims_connect_under_the_name_that_no_device_may_have() -> None:
    template = (ROOT / "template.yaml").read_text()

    assert f"client id `{CLAIM_PREFIX}<device_id>`" in PROTOCOL
    assert f":client/{CLAIM_PREFIX}*" in template
