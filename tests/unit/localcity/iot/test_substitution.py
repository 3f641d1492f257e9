"""Substitution templates of a rule read the topic and the payload of a message."""

from __future__ import annotations

import pytest

from localcity.iot.rules import Message, substitute
from localcity.s3_delivery import ActionError


def test_templates_read_topic_and_payload() -> None:
    message = Message("traffic/seg/dev", b'{"a": {"b": 7}}', "client")

    found = substitute("x/${topic(2)}-${a.b}/${topic()}", message)

    assert found == "x/seg-7/traffic/seg/dev"


def test_a_template_without_value_fails_the_action() -> None:
    with pytest.raises(ActionError, match=r"topic\(9\)"):
        substitute("${topic(9)}", Message("a/b", b"{}", None))
