"""What an invocation cost is divided between its stages, and adds up."""

from __future__ import annotations

import json

import pytest

from bench.events import START_MS, Shape
from bench.invocation import __main__ as invocation
from bench.invocation.contest import Batch
from bench.invocation.stages import (
    HANDLER,
    PARSE,
    REST,
    WHOLE,
    medians,
    ratio,
    stages,
    told,
)

NOTED = [(PARSE, 2.0), ("BatchGetItem", 3.0), ("BatchGetItem", 4.0), ("PutObject", 1.0)]


def test_the_stages_add_up_to_the_whole() -> None:
    spent = stages(NOTED, handler_s=20.0, whole_s=25.0)

    assert spent == {
        PARSE: 2.0,
        HANDLER: 12.0,
        "BatchGetItem": 7.0,
        "PutObject": 1.0,
        REST: 3.0,
        WHOLE: 25.0,
    }


def test_a_stage_is_its_median_in_ms_and_zero_where_it_did_not_happen() -> None:
    lines = [stages(NOTED[:n], 20.0 + n, 40.0) for n in (1, 3, 4)]
    log = "\n".join(["START", *(json.dumps({"spent": one}) for one in lines), "{}"])

    found = medians(told(log))

    assert found[WHOLE] == 40_000.0
    assert found["BatchGetItem"] == 7_000.0
    assert found["PutObject"] == 0.0
    assert list(found) == [PARSE, HANDLER, "BatchGetItem", "PutObject", REST, WHOLE]


def test_a_ratio_needs_both() -> None:
    assert ratio(2.0, 5.0) == 2.5
    assert ratio(2.0, 0.0) == 0.0
    assert (ratio(None, 5.0), ratio(2.0, None), ratio(0.0, 5.0)) == (None, None, None)


def test_a_batch_has_each_sensor_once() -> None:
    batch = Batch(Shape(5, 3, 10), START_MS)

    assert len(batch.event()["Records"]) == 6
    assert batch.event()["Records"][:1] == batch.event(1)["Records"]


@pytest.mark.parametrize(
    ("arguments", "told_as"),
    [
        (["--shapes", "25x0"], "'25x0': give readings per message, 1-200"),
        (["--shapes=-1x90"], "'-1x90': give readings"),
        (["--shapes", "9e9x1"], "and segments, 1-5000, as 25x300"),
        (["--rounds", "0"], "'0': give a whole number, 1-1000"),
        (["--rounds", "1e9"], "'1e9': give a whole number, 1-1000"),
        (["--other", "/nowhere"], "'/nowhere': no folder traffic is in it"),
    ],
)
def test_a_size_that_cannot_be_is_refused(
    arguments: list[str], told_as: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        invocation.main(arguments)

    assert refused.value.code == 2
    assert told_as in capsys.readouterr().err
