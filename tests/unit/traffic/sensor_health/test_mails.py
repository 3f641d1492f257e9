"""One outage is one notice, however many segments it silences."""

from __future__ import annotations

from collections import Counter
from typing import Any

from traffic.timestamps import local_minute_text

from ..segment.builders import POLICY
from .street import Device, Street, Watch
from .test_large_city import SWEEP_S, city
from .world import World

MORE = "`trafficctl sensors health` lists them."


def told(world: World) -> list[dict[str, Any]]:
    """The events that a rule makes a mail of."""
    events = [e for e in world.bus.events if e.get("scope") != "sensor"]
    return [event for event in events if "quiet" not in event]


def silences(world: World) -> list[dict[str, Any]]:
    return [event for event in told(world) if "kind" in event]


def outage(silent: int) -> World:
    """So many segments of 5,000 fall silent, in all districts; 100 were jammed."""
    world = city(set(range(0, 5_000, 5_000 // silent)))
    world.sweep(SWEEP_S)
    return world


def test_an_outage_of_hundreds_of_segments_is_ten_mails() -> None:
    world = outage(800)

    mails = silences(world)
    many = sum(one.get("kind") == "silent" for one in world.bus.events)
    assert len(mails) == 10
    assert [one["more"] for one in mails] == [""] * 9 + [
        f" And {many - 10} more: {MORE}"
    ]
    assert many > 800


def test_hundreds_of_alerts_closed_by_silence_are_ten_mails() -> None:
    world = outage(800)

    cleared = [one for one in world.bus.events if one["transition"] == "cleared"]
    loud = [one for one in cleared if "quiet" not in one]
    assert (len(cleared), len(loud)) == (100, 10)
    assert [one.get("more_closed") for one in loud] == [None] * 9 + [90]


def test_a_mail_says_since_when_in_the_time_of_the_city() -> None:
    told_of = silences(outage(5))

    assert {one["began"][-4:] for one in told_of} == {" CET"}
    assert told_of[0]["began"] == local_minute_text(told_of[0]["since"], POLICY.zone)


def test_a_few_are_told_one_by_one() -> None:
    world = outage(5)

    assert Counter(one["more"] for one in silences(world)) == {"": 5}


def test_the_sweeps_of_an_hour_send_ten_mails_and_then_one_each() -> None:
    lanes = [
        Device("a", f"s{n}", silences=[(600 + 60 * (n // 20), 90_000)])
        for n in range(200)
    ]
    watch, mails = Watch(Street([*lanes, *_alive(400)])), []
    for at in range(0, 2_400, 60):
        opened = watch.sweep(at).opened
        events = [fault.outbox[-1] for fault in opened]
        mails.append(sum("quiet" not in event for event in events))

    assert [many for many in mails if many] == [10, *[1] * 9]


def _alive(many: int) -> list[Device]:
    return [Device("a", f"t{n}") for n in range(many)]
