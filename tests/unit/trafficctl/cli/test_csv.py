"""CSV for programs: RFC 4180, a header, raw values."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.trafficctl.cli.formulas import FORMULAS
from traffic.live_map.assets import WEB
from traffic.spreadsheets import FORMULA
from trafficctl.__main__ import build_parser, main
from trafficctl.cli.output import flat, show_csv
from trafficctl.reference import commands_of

AT = 1_795_372_325_123


def written(
    fields: list[str], *rows: dict[str, Any], times: tuple[str, ...] = ()
) -> str:
    out = io.StringIO(newline="")
    show_csv(fields, rows, times, out)
    return out.getvalue()


def test_lines_end_as_rfc_4180_says_and_cells_are_quoted_where_needed() -> None:
    row = {"id": "a", "note": 'says "no",\nthen'}

    assert written(["id", "note"], row) == ('id,note\r\na,"says ""no"",\nthen"\r\n')


def test_values_are_raw_and_absence_is_empty() -> None:
    row = {
        "speed": 21.4,
        "flow": Decimal(1200),
        "zero": 0,
        "none": None,
        "yes": True,
        "list": ["a", 1],
    }

    (told,) = csv.DictReader(io.StringIO(written([*row, "missing"], row)))
    assert told == {
        "speed": "21.4",
        "flow": "1200",
        "zero": "0",
        "none": "",
        "yes": "true",
        "list": '["a", 1]',
        "missing": "",
    }


def test_times_are_iso_8601_in_utc_to_the_millisecond() -> None:
    told = written(["at", "never"], {"at": AT, "never": None}, times=("at", "never"))

    assert told.splitlines()[1] == "2026-11-22T18:32:05.123Z,"


@pytest.mark.parametrize(("name", "cell"), FORMULAS)
def test_a_name_is_never_calculated(name: str, cell: str) -> None:
    row = {"name": name, "names": [name], "low": -1.5, "less": Decimal(-2), "yes": True}

    (told,) = csv.DictReader(io.StringIO(written([*row], row)))
    assert (told["name"], told["low"], told["less"], told["yes"]) == (
        *(cell, "-1.5", "-2"),
        "true",
    )
    assert told["names"].startswith("[")


def test_a_list_of_names_is_not_calculated_after_its_separator() -> None:
    (told,) = csv.DictReader(io.StringIO(written(["a"], {"a": ["A; =1+1"]})))

    assert told == {"a": '["A;\' =1+1"]'}


def test_the_page_has_the_same_rule() -> None:
    assert f"const FORMULA = /{FORMULA}/g\n" in (WEB / "app/export.js").read_text()


def test_no_rows_are_a_header() -> None:
    assert written(["id", "note"]) == "id,note\r\n"


def test_nested_values_stand_under_dotted_names() -> None:
    nested = {"holds": True, "published": {"readings": 7, "by": {"run": "a"}}}

    assert flat(nested) == {
        "holds": True,
        "published.readings": 7,
        "published.by.run": "a",
    }


def with_json() -> list[tuple[str, ...]]:
    found = []
    for name, command in commands_of(build_parser()).items():
        for action, one in {"": command, **commands_of(command)}.items():
            options = {text for a in one._actions for text in a.option_strings}
            if "--json" in options:
                found.append((*((name, action) if action else (name,)),))
    return found


NO_ROWS = {("sensors", "register")}  # it prints counts, no table


@pytest.mark.parametrize("command", sorted({*with_json()} - NO_ROWS), ids=" ".join)
def test_what_prints_json_of_a_table_prints_csv_instead_but_not_both(
    command: tuple[str, ...], capsys: Any
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*command, "--json", "--csv"])

    assert stopped.value.code == 2
    assert "not allowed with argument --json" in capsys.readouterr().err


def test_the_bill_is_the_same_in_csv(capsys: Any) -> None:
    assert main(["cost", "--csv"]) == 0

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert list(rows[0]) == ["service", "quantity", "unit", "dollars"]
    assert float(rows[0]["quantity"]) > 0
