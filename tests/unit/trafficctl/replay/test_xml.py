"""XML is read as XML: whatever way it is written in, each element is a row."""

from __future__ import annotations

from pathlib import Path

import pytest

from trafficctl.errors import UserError

from .files_of import Told, mapped, opened, told

AT = 1774000000000
MAPPING = '[file]\nelement = "r"\n'


def rows_of(tmp_path: Path, content: str, mapping: str = MAPPING) -> list[Told]:
    return [told(row) for row in opened(tmp_path, content, mapped(tmp_path, mapping))]


@pytest.mark.parametrize(
    "element",
    [
        f"<r timestamp='{AT}' segment_id='a' vehicle_count='3'/>",
        f'<r\n timestamp="{AT}"\n segment_id="a" vehicle_count="3" >text</r>',
        f'<!-- <r timestamp="{AT}" segment_id="b" vehicle_count="4"/> -->'
        f'<r timestamp="{AT}" segment_id="&#97;" vehicle_count="3" note="a>b"/>',
        f'<![CDATA[<r timestamp="1"/>]]><x><r timestamp="{AT}" segment_id="a" '
        'vehicle_count="3"/></x><rr segment_id="c"/>',
    ],
)
def test_an_element_is_a_row_however_it_is_written(
    tmp_path: Path, element: str
) -> None:
    found = rows_of(tmp_path, f"\ufeff<?xml version='1.0'?>\n<d>\n{element}\n</d>\n")

    assert found == [(AT, "a", "a", 3, None, None, None)]


def test_a_later_element_may_have_more_attributes(tmp_path: Path) -> None:
    first = f'<r timestamp="{AT}" segment_id="a" vehicle_count="3"/>'
    second = f'<r timestamp="{AT}" segment_id="b" average_speed="50" other="x"/>'

    assert [row[1:5] for row in rows_of(tmp_path, f"<d>{first}{second}</d>")] == [
        ("a", "a", 3, None),
        ("b", "b", None, 50.0),
    ]


def test_an_attribute_that_comes_too_late_is_refused_unless_the_mapping_names_it(
    tmp_path: Path,
) -> None:
    first = f'<r timestamp="{AT}" segment_id="a" vehicle_count="3"/>\n' * 500
    last = f'<r timestamp="{AT}" segment_id="b" average_speed="50" other="x"/>'
    content = f"<d>\n{first}{last}\n</d>"

    with pytest.raises(UserError, match=r"line 502: attribute 'average_speed' first"):
        rows_of(tmp_path, content)
    names = '["timestamp", "segment_id", "vehicle_count", "average_speed"]'
    found = rows_of(tmp_path, content, f"{MAPPING}header = {names}\n")
    assert (len(found), found[-1][1:5]) == (501, ("b", "b", None, 50.0))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('<d>\n<r timestamp="1">', "line 2: not well-formed XML (no element found)"),
        ("<d>\n<r a=b/></d>", "line 2: not well-formed XML (not well-formed (inval"),
        ("", "line 1: not well-formed XML (no element found) - is the file complete?"),
        (
            '<!DOCTYPE d [<!ENTITY e "eeee">]>\n<d><r a="&e;&e;"/></d>',
            "line 1: a document type (<!DOCTYPE>) is not read",
        ),
        ("<d><R/><x:r/></d>", ": no element <r>, but d, R, x:r - correct"),
    ],
)
def test_what_is_no_xml_with_the_element_is_refused(
    tmp_path: Path, content: str, said: str
) -> None:
    with pytest.raises(UserError) as caught:
        rows_of(tmp_path, content)
    assert str(caught.value).startswith("replay.csv")
    assert said in str(caught.value)
