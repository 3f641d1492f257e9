"""What the runbooks say stands in the logs is what the code writes there."""

from __future__ import annotations

import contextlib
import io
import json

import pytest

from tests.unit.traffic.segment.builders import message, reading, record
from traffic.errors import SettingsError, StoreError
from traffic.processor.function import process
from traffic.processor.settings import read

from ..shape.sources import ROOT
from ..unit.traffic.processor.test_batch import World

PAGES = ROOT / "docs" / "runbooks"


def test_a_line_on_a_refusal_says_what_refused_and_how_often_and_no_more() -> None:
    world, printed = World(), io.StringIO()
    world.store.unreadable["b"] = StoreError("throttled")

    with contextlib.redirect_stdout(printed):
        process([record(1, message(reading()), "b")], world.ports, "city")

    line = json.loads(printed.getvalue().splitlines()[-1])
    assert line == {"event": "traffic.refused", "fault": "throttled", "times": 1}
    for page in ("processor-behind", "freshness"):
        told = (PAGES / f"{page}.md").read_text()
        assert "`fault`" in told
        assert "`times`" in told


def test_the_page_on_errors_quotes_what_a_missing_setting_raises() -> None:
    told = (PAGES / "processor-errors.md").read_text()

    with pytest.raises(SettingsError) as caught:
        read({})

    begin, _, rest = str(caught.value).partition(" ")
    end = rest.rpartition(" (")[2]
    assert f"`SettingsError`: `{begin} ... ({end}`" in told
