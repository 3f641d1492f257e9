"""What no city has is refused before anything is counted, by every command."""

from __future__ import annotations

import pytest

from trafficctl.__main__ import main

WRONG = [
    (["--sensors", "0"], "at least 1"),
    (["--sensors", "-5"], "at least 1"),
    (["--sensors", "1e6"], "at least 1"),
    (["--sensors", "999999999999"], "at most 100,000,000"),
    (["--interval", "0"], "above 0"),
    (["--interval", "-1"], "at least 0"),
    (["--interval", "nan"], "at least 0"),
    (["--interval", "0.000001"], "from 0.1 to 3600 s"),
    (["--interval", "86400"], "from 0.1 to 3600 s"),
    (["--readings-per-message", "0"], "at least 1"),
    (["--readings-per-message", "100000"], "use at most"),
    (["--segments", "0"], "at least 1"),
]


@pytest.mark.parametrize("command", ["capacity", "cost", "preflight", "deploy"])
@pytest.mark.parametrize(("wrong", "reason"), WRONG)
def test_a_size_that_no_city_has_is_wrong_usage(
    command: str, wrong: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "--size" if command == "deploy" else "--sensors"
    with pytest.raises(SystemExit) as ended:
        main([command, wrong[0].replace("--sensors", name), wrong[1]])

    assert ended.value.code == 2
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize("command", ["capacity", "cost"])
def test_segments_without_sensors_are_refused(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--sensors", "100", "--segments", "101"]) == 2
    assert "give fewer segments or more sensors" in capsys.readouterr().err
