"""Who may not list a bucket is not told which objects are missing."""

from __future__ import annotations

import pytest
from ministack.core import iam_actions
from ministack.services import s3

from localcity.iam.missing_objects import _with_missing

LISTING = [("s3:ListBucket", "arn:aws:s3:::city")]


@pytest.fixture(autouse=True)
def bucket(monkeypatch):
    monkeypatch.setattr(s3, "_buckets", {"city": {"objects": {"a/there": {}}}})


def checks(method, path, **query):
    wrapped = _with_missing(iam_actions.s3_additional_checks)
    return wrapped(method, path, {}, b"", query)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_a_missing_object_needs_the_permission_to_list(method):
    assert checks(method, "/city/a/gone") == LISTING
    assert checks(method, "/city/a/there") == []


def test_nothing_else_does():
    assert checks("PUT", "/city/a/gone") == []
    assert checks("GET", "/city") == []
    assert checks("GET", "/elsewhere/a/gone") == []
    assert checks("GET", "/city/a/gone", tagging="") == []
