"""What a stranger sends is kept in quarantine, and told nowhere else.

Not in a line of a log, an exception, an event: those are read by more people, kept for
longer, and copied further.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.traffic.live_map import fakes
from tests.unit.traffic.processor.city import City, Line
from traffic.processor.function import response

from . import canaries
from .canaries import MARK, marked

CALLS = range(1, 13)


def test_all_that_was_refused_is_in_quarantine_as_it_came() -> None:
    city = City("seg")
    city.process(canaries.records())

    kept = b"".join(city.s3.objects.values()).decode()
    assert {name for name in canaries._GOOD if marked(name) not in kept} == set()
    assert {where for where in ("raw", "segment") if marked(where) not in kept} == set()


def test_a_batch_of_bad_readings_is_told_by_numbers_alone(
    capfd: pytest.CaptureFixture[str],
) -> None:
    city = City("seg")
    done = city.process(canaries.records())

    told = "".join(capfd.readouterr())
    assert '"Rejected":' in told
    assert MARK not in told
    assert done == response([])


def test_an_alert_tells_of_its_road_and_of_no_sensor_or_device() -> None:
    city = City("seg")
    city.process(canaries.records())

    assert {event["segment_id"] for event in city.bus.events} == {"seg"}
    assert MARK not in json.dumps(city.bus.events)


@pytest.mark.parametrize("how", ["throttle", "no answer"])
@pytest.mark.parametrize("call", CALLS)
def test_a_fault_of_aws_is_told_without_the_reading_that_met_it(
    capfd: pytest.CaptureFixture[str], call: int, how: str
) -> None:
    line = Line(fail_at=call, how=how)
    done = City("seg").process(canaries.records(), line)

    told = "".join(capfd.readouterr())
    assert MARK not in told + json.dumps(done)
    assert ("traffic.refused" in told) == (len(line.calls) >= call)


def test_some_faults_are_met() -> None:
    line = Line()
    City("seg").process(canaries.records(), line)

    assert len({*line.calls}) >= 4
    assert len(line.calls) <= max(CALLS)


# The live API


REQUESTS: list[dict[str, Any]] = [
    {"path": f"/api/segments/{marked('path')}"},
    {"path": f"/api/segments/{marked('path')}%20!/history"},
    {"path": f"/{marked('path')}"},
    {"path": "/api/now", "query": {"since": marked("query"), marked("k"): "v"}},
    {"path": "/api/roads", "query": {"after": marked("query")}},
    {"path": "/api/segments/a/history", "query": {"hours": marked("query")}},
    {"path": f"/api/alerts/{marked('path')}@1/acknowledge", "method": "POST"},
    {"path": "/api/now", "method": "POST", "body": marked("body") * 999},
    {"path": "/api/now", "method": marked("method")},
]
HEADERS = {
    "authorization": f"Bearer {marked('token')}",
    "cookie": marked("cookie"),
    "user-agent": marked("agent"),
    "if-none-match": marked("tag"),
    "accept-encoding": marked("encoding"),
}
CLAIMS = {"email": f"{MARK}@city.example", "cognito:username": marked("user")}


@pytest.mark.parametrize("is_down", [False, True])
@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_a_request_is_logged_by_nobody_but_the_gateway(
    capfd: pytest.CaptureFixture[str], request_: dict[str, Any], is_down: bool
) -> None:
    city = fakes.City()
    city.reader.is_down = is_down
    city.ask(**request_, headers=HEADERS, claims=CLAIMS)

    assert MARK not in "".join(capfd.readouterr()) + str(city.logged)


@given(
    path=st.text(max_size=40).map("/".__add__)
    | st.text().map("/api/segments/".__add__),
    method=st.sampled_from(["GET", "POST", "DELETE"]) | st.text(max_size=8),
    query=st.dictionaries(
        st.sampled_from(["since", "after", "hours"]), st.text(max_size=40)
    ),
    headers=st.dictionaries(
        st.sampled_from(["if-none-match", "accept-encoding", "x"]), st.text(max_size=40)
    ),
)
def test_no_request_is_a_fault_whose_trace_could_quote_it(
    path: str, method: str, query: dict[str, str], headers: dict[str, str]
) -> None:
    city = fakes.City()
    answer = city.ask(path, method, query=query, headers=headers)

    assert answer["statusCode"] < 500
    assert city.logged == []
