"""`trafficctl cost` and its page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from trafficctl.__main__ import main
from trafficctl.cost.city_load import city
from trafficctl.cost.command import page, tables
from trafficctl.cost.model import total
from trafficctl.cost.prices import price_list

PAGE = Path(__file__).parents[4] / "docs" / "explanation" / "cost.md"


def test_the_page_has_the_tables_in_force() -> None:
    text = PAGE.read_text()

    assert page(text) == text
    assert [name for name in tables() if f"<!-- {name} -->" not in text] == []


def sum_of_page(text: str) -> str:
    (found,) = re.findall(r"^- sum: ([\d,.]+)$", text, re.M)
    return str(found)


def test_a_table_that_was_changed_by_hand_is_noticed() -> None:
    text = PAGE.read_text()

    assert page(text.replace(sum_of_page(text), "1.00")) == text


def test_json_tells_the_lines_and_their_sum(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["cost", "--json", "--sensors", "9000", "--interval", "10"])

    told = json.loads(capsys.readouterr().out)
    expected = total(city(9_000, 10), price_list().prices)
    assert code == 0
    assert told["total"] == round(expected, 2)
    assert sum(line["dollars"] for line in told["lines"]) == pytest.approx(
        told["total"], abs=0.2
    )
    assert told["naive"] > told["total"]
    assert told["prices"] == {"date": price_list().date, "region": "us-east-1"}


def test_the_table_ends_with_the_sum_and_the_naive_way(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["cost", "--stream-mode", "ON_DEMAND", "--viewers", "0"]) == 0

    told = capsys.readouterr().out
    assert "Live map" not in told
    assert "hours of an on-demand stream" in told
    assert "naive: without all of these" in told


def test_a_mode_that_no_stream_has_is_wrong_usage() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["cost", "--stream-mode", "FREE"])

    assert ended.value.code == 2
