"""The rules of the playback: its steps, what a minute says, how often it is read."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page


def told(page: Page, expression: str) -> Any:
    return page.evaluate(f"import('/app/playback.js').then(p => {expression})")


@pytest.mark.parametrize(
    ("now", "last"), [(3_600_000, 11), (3_779_999, 11), (3_780_000, 12)]
)
def test_the_steps_are_a_days_and_the_last_is_surely_stored(
    rules: Page, now: int, last: int
) -> None:
    assert told(rules, f"p.stepsAt({now})") == {"first": last - 288, "last": last}


def test_zero_is_a_value_and_what_has_no_row_is_unknown(rules: Page) -> None:
    answer = "{time: 60000, columns: ['id', 'score', 'speed'], segments: [['a', 0, 0]]}"
    present = "{name: 'A', score: 90, speed: 5, flow: 7, reporting: 1, updated_at: 9e9}"
    then = told(
        rules,
        f"['a', 'b'].map(id => p.pastOf({{id, ...{present}}}, p.minuteOf({answer})))",
    )

    told_of = [
        [one[k] for k in ("score", "speed", "flow", "updated_at")] for one in then
    ]
    assert told_of == [[0, 0, None, 60_000], [None] * 4]
    assert [one["name"] for one in then] == ["A", "A"]


def paced(page: Page, lasts_ms: int) -> list[Any]:
    """What of 21 questions within 1 s is read, when, and how many at a time."""
    return list(
        page.evaluate(
            """lasts => import("/app/playback.js").then(async ({createPacer}) => {
                const began = performance.now(), read = []
                const wait = ms => new Promise(over => setTimeout(over, ms))
                let now = 0
                const ask = createPacer(async what => {
                    read.push([what, performance.now() - began, ++now])
                    await wait(lasts)
                    now--
                }, 500)
                for (let n = 0; n <= 20; n++) { ask(n); await wait(50) }
                await wait(2 * lasts + 600)
                return read
            })""",
            lasts_ms,
        )
    )


@pytest.mark.parametrize("lasts_ms", [0, 800])
def test_dragging_reads_twice_a_second_at_most_and_the_last_place_always(
    rules: Page, lasts_ms: int
) -> None:
    found = paced(rules, lasts_ms)
    what, times, at_once = zip(*found, strict=True)

    assert (what[0], what[-1], set(at_once)) == (0, 20, {1})
    assert all(b - a >= 495 for a, b in pairwise(times))
    assert len(found) < 6
