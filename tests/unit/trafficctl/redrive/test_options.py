"""What a redrive is told, and what is refused."""

from __future__ import annotations

import pytest

from trafficctl.__main__ import build_parser


@pytest.mark.parametrize("text", ["yesterday", "2026-11-32", "2026-11-2", ""])
def test_a_day_that_is_none_is_refused(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(["redrive", "--day", text])

    assert ended.value.code == 2
    assert "is not a day such as 2026-11-22" in capsys.readouterr().err


def test_a_redrive_changes_nothing_unless_it_is_told_to() -> None:
    assert build_parser().parse_args(["redrive"]).execute is False
