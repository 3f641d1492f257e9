"""The template is sound by AWS's schemas, in one order, and fits where it has to."""

from __future__ import annotations

from importlib.metadata import version

from .template import TEMPLATE, TEXT

S3_LIMIT_BYTES = 1_000_000  # of a template; given inline it would be 51,200


def test_the_sections_stand_in_their_order() -> None:
    assert list(TEMPLATE) == [
        "AWSTemplateFormatVersion",
        "Description",
        "Metadata",
        "Parameters",
        "Rules",
        "Conditions",
        "Resources",
        "Outputs",
    ]


def test_the_text_is_plain_ascii_and_fits_into_s3s_limit() -> None:
    assert len(TEXT.encode("ascii")) < S3_LIMIT_BYTES


def test_the_stack_tells_the_version_it_was_made_from() -> None:
    assert TEMPLATE["Outputs"]["TemplateVersion"]["Value"] == version("city-traffic")


def test_every_output_says_what_it_is() -> None:
    outputs = TEMPLATE["Outputs"].values()

    assert [one for one in outputs if not one.get("Description")] == []
