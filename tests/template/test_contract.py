"""An update of a running stack replaces nothing, and breaks no script."""

from __future__ import annotations

import json
from pathlib import Path

from .contract import contract

KEPT = json.loads((Path(__file__).parent / "contract.json").read_text())


def test_an_update_keeps_parameters_outputs_and_resources() -> None:
    now = json.loads(json.dumps(contract()))

    for part in KEPT:
        before, after = KEPT[part], now[part]
        assert after == before, f"{part}: see `tests/template/contract.py`"
