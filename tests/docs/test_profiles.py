"""The page of profiles promises what the code holds to."""

from __future__ import annotations

from pathlib import Path

from tests.template.template import properties
from traffic.bottlenecks import find
from traffic.profile_builder import function, learn
from traffic.profiles import day_records, free_flow, profile_file, unusual, usual_speeds

from .pages import states

PAGE = (Path(__file__).parents[2] / "docs/explanation/profiles.md").read_text()


def test_files_are_as_large_and_as_old_as_it_says() -> None:
    assert states(PAGE, f"{day_records.RECORD_BYTES} bytes a segment")
    assert states(PAGE, f"{usual_speeds.PROFILE_BYTES} bytes a segment")
    assert states(PAGE, f"the last {profile_file.PROFILE_DAYS} of them")
    (rule,) = properties("Profiles")["LifecycleConfiguration"]["Rules"]
    assert states(PAGE, f"expire after {rule['ExpirationInDays']} days")
    assert learn.SETTLES_MS == 3 * 3_600_000
    assert states(PAGE, "three hours after it ends")


def test_the_rule_of_the_unusual_is_the_codes() -> None:
    assert (
        f"min(low - {unusual.BELOW_LOW_KMH:g}, usual - {unusual.BELOW_USUAL_KMH:g}, "
        f"{unusual.USUAL_SHARE:g} usual) km/h"
    ) in PAGE
    shares = ", ".join(map(str, list(unusual.LEFT_AFTER_MIN.values())[:2]))
    assert f"plus {shares} and {unusual.LEFT_AFTER_MIN[60]} of" in PAGE
    assert usual_speeds.FEWEST_DAYS == profile_file.STALE_DAYS == 3
    assert states(PAGE, f"{usual_speeds.LOW_SHARE:.0%}".replace("%", " %"), "least")


def test_free_flow_and_bottlenecks_are_the_codes() -> None:
    assert states(PAGE, f"the last {free_flow.FREE_FLOW_DAYS} days")
    assert states(PAGE, f"{free_flow.LARGEST_DIFFERENCE:.0%}".replace("%", " %"))
    assert states(PAGE, f"below {find.SLOW_RATIO:g} of its free-flow speed")
    assert states(PAGE, f"{find.REACH_M / 1000:g} km", f"{find.FASTER_RATIO:g} higher")
    assert (find.ACTIVE_BINS, find.OF_BINS) == (5, 7)
    assert list(find.SHIFTS.values()) == [(5, 10), (10, 15), (15, 20)]


def test_the_function_has_the_time_that_it_counts_on() -> None:
    assert properties("ProfileBuilder")["Timeout"] * 1000 == function.TIMEOUT_MS
