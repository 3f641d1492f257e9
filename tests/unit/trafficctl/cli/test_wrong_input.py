"""Wrong input is answered with what is near, and with all that is wrong."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from trafficctl.cli.wrong_input import (
    MOST_FAULTS,
    check_district,
    raise_faults,
    raise_unknown,
    unknown,
)
from trafficctl.errors import WRONG_INPUT, UserError, translate

DISTRICTS = [{"district": name} for name in ("Downtown", "Harbour", "Hill")]


def test_no_fault_is_no_error() -> None:
    raise_faults([])


def test_the_first_faults_are_listed_and_the_others_counted() -> None:
    faults = [f"line {n}: wrong" for n in range(34)]

    with pytest.raises(UserError) as caught:
        raise_faults(faults, "nothing was loaded")

    assert caught.value.exit_code == WRONG_INPUT
    assert str(caught.value).splitlines() == [
        *faults[:MOST_FAULTS],
        "and 14 more",
        "nothing was loaded",
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Dwntown", "district 'Dwntown' not found - did you mean 'Downtown'?"),
        ("HARBOR", "district 'HARBOR' not found - did you mean 'Harbour'?"),
        ("xyz", "district 'xyz' not found - the districts are Downtown, Harbour, Hill"),
    ],
)
def test_an_unknown_district_is_answered_with_those_near(name: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        check_district(name, DISTRICTS)

    assert str(caught.value) == said
    assert caught.value.exit_code == WRONG_INPUT


@pytest.mark.parametrize("name", [None, "Downtown", "downtown"])
def test_a_known_district_is_taken_in_any_case(name: str | None) -> None:
    check_district(name, [*DISTRICTS, {}])


def test_a_city_without_districts_says_so() -> None:
    with pytest.raises(UserError, match="no segment of this city has a district"):
        check_district("Downtown", [{"segment_id": "s"}])


def test_many_districts_are_not_all_listed() -> None:
    many = [{"district": f"D{n:02d}"} for n in range(13)]

    with pytest.raises(UserError, match=r"are D00, .*, D09 and 3 more$"):
        check_district("xyz", many)


def test_several_unknown_names_are_told_at_once() -> None:
    with pytest.raises(UserError) as caught:
        raise_unknown("segment", ["s1", "t22", "road-7"], ["s1", "t2"], "look there")

    assert str(caught.value).splitlines() == [
        "segment 't22' not found - did you mean 't2'?",
        "segment 'road-7' not found - look there",
        "nothing was changed",
    ]


def test_the_nearest_of_many_names_come_first() -> None:
    names = [f"sim-{n:04d}" for n in range(50)]

    said = str(unknown("segment", "sim-004", names, ""))

    assert said.endswith("did you mean 'sim-0004', 'sim-0014' or 'sim-0024'?")


def test_what_python_finds_wrong_with_a_csv_file_is_wrong_input(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text('device_id\n"' + "x" * 200_000 + '"\n')
    with path.open() as file, pytest.raises(csv.Error) as caught:
        list(csv.reader(file))

    error = translate(caught.value)

    assert error.exit_code == WRONG_INPUT
    assert "field larger than field limit" in str(error)
