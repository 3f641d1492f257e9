"""What changes is told in few short lines."""

from __future__ import annotations

import pytest

from trafficctl.deploy.differences import KNOWN_AFTER_APPLY, Difference
from trafficctl.deploy.wording import MANY_LINES, lines

WIDTH = 60
ALLOW = {"Effect": "Allow", "Action": ["s3:Get*", "s3:Put*"], "Resource": "arn:b"}


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (Difference("Timeout", 7, 60), "Timeout: 7 -> 60"),
        (Difference("Url", "", "https://x"), 'Url: "" -> https://x'),
        (Difference("Zero", 0, None), "- Zero: 0"),
        (Difference("Tags[a]", None, {"Key": "a"}), '+ Tags[a]: {"Key": "a"}'),
        (
            Difference("Statement[0]", ALLOW, None),
            "- Statement[0]: Allow s3:Get*, s3:Put* on arn:b",
        ),
        (
            Difference("Statement[0]", None, {"Effect": "Deny", "NotAction": "s3:*"}),
            "+ Statement[0]: Deny all but s3:*",
        ),
        (
            Difference("Role", "arn:a", KNOWN_AFTER_APPLY),
            "Role: arn:a -> (known after the deployment)",
        ),
    ],
)
def test_a_short_difference_is_one_line(one: Difference, said: str) -> None:
    assert lines([one], WIDTH) == [said]


def test_of_two_long_texts_the_part_is_shown_where_they_differ() -> None:
    same = "SELECT everything FROM the whole of the city's traffic WHERE "
    found = lines([Difference("Sql", f"{same}a = 1", f"{same}b = 2")], WIDTH)

    assert found == [
        "Sql:",
        "  - ...affic WHERE a = 1",
        "  + ...affic WHERE b = 2",
    ]


def test_of_a_text_of_many_lines_only_those_that_differ_are_shown() -> None:
    before, after = "one\ntwo\nthree\n", "one\n2\nthree\nfour\n"

    assert lines([Difference("Text", before, after)], WIDTH) == [
        "Text:",
        "  - two",
        "  + 2",
        "  + four",
    ]


def test_inline_code_is_told_in_numbers_of_lines() -> None:
    code = Difference("Code.ZipFile", "import a\nx = 1\n", "import a\nx = 2\ny = 3\n")

    assert lines([code], WIDTH) == [
        "Code.ZipFile: 2 lines of code added, 1 removed",
    ]


def test_a_package_of_code_has_no_digest_to_read() -> None:
    keys = [f"city/traffic-{digit * 64}.zip" for digit in "ab"]

    found = [
        Difference("Code.S3Bucket", "one", "two"),
        Difference("Code.S3Key", *keys),
    ]
    assert lines(found, WIDTH) == ["Code: a new package"]


def test_no_line_is_wider_than_asked_for() -> None:
    found = [
        Difference("A" * 70, 1, 2),
        Difference("B", {"Long": "x" * 200}, None),
        Difference("C", "x" * 200, "y" * 200),
        Difference("D", "x\n" + "y" * 200, "z\n" + "w" * 200),
        Difference("E", None, ["x" * 50] * 4),
        Difference("E", "x" * 100, None),
    ]

    assert max(len(line) for line in lines(found, WIDTH)) <= WIDTH


def test_a_resource_with_many_differences_says_how_many_more_there_are() -> None:
    found = [Difference(f"P{n}", 1, 2) for n in range(MANY_LINES + 5)]

    shown = lines(found, WIDTH)

    assert len(shown) == MANY_LINES + 1
    assert shown[-1] == "... 5 more lines; --json has all"
