"""A client that is rarely needed is made once, when it is."""

from __future__ import annotations

from typing import Any

from traffic.aws.late_client import LateClient


class Bus:
    def put_events(self, **arguments: Any) -> Any:
        return arguments


def test_it_is_made_at_the_first_call_and_kept() -> None:
    made: list[Bus] = []

    def make() -> Bus:
        made.append(Bus())
        return made[-1]

    client = LateClient(make)
    assert made == []

    assert client.put_events(Entries=[1]) == {"Entries": [1]}
    client.put_events(Entries=[2])
    assert len(made) == 1
