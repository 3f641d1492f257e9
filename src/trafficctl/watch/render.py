"""The city's segments and alerts as tables for controllers; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone, tzinfo

from rich.text import Text

from traffic.profiles.free_flow import LARGEST_DIFFERENCE, differs
from trafficctl.aws.city_tables import Item
from trafficctl.cli.output import ABSENT, KEY, Column, DataTable, duration, number
from trafficctl.cli.output import table as make_table

MOST_NAMED = 5
LEVELS = ("none", "high", "severe")
LEVEL_STYLE = {"severe": "bold red", "high": "yellow", "none": ""}

SEGMENT_COLUMNS = (
    Column("Segment", importance=KEY),
    Column("Road", importance=7),
    Column("Congestion\n0-100", number=True, importance=8),
    Column("Speed\nkm/h", number=True, importance=8),
    Column("Free flow\n(learned)", number=True, importance=4),
    Column("Flow\nveh/h", number=True, importance=3),
    Column("LOS", importance=3),
    Column("Sensors\nreporting", number=True),
    Column("Data\nage", number=True, importance=6),
    Column("Alert", importance=7),
)
ALERT_COLUMNS = (
    Column("Level", importance=8),
    Column("Segment", importance=KEY),
    Column("Road", importance=7),
    Column("Opened"),
    Column("Lasted", number=True, importance=8),
    Column("Peak\n0-100", number=True, importance=4),
    Column("Speed\nkm/h", number=True, importance=6),
    Column("Free flow\nkm/h", number=True, importance=3),
    Column("Status", importance=7),
)


@dataclass(frozen=True)
class SegmentFilter:
    """Which segments to show; None means no restriction."""

    worst: int | None = None
    district: str | None = None
    level: str | None = None

    def takes(self, item: Item) -> bool:
        """Whether *item* has the district and level."""
        district, level = item.get("district"), level_of(item)
        if self.district is not None and not _same(district, self.district):
            return False
        return self.level is None or level == self.level

    def apply(self, items: Iterable[Item]) -> list[Item]:
        """The matching items, the most congested first, those without data last."""
        selected = sorted(filter(self.takes, items), key=_worst_first)
        return selected if self.worst is None else selected[: self.worst]


def level_of(item: Item) -> str:
    """The alert level of a segment: none, high or severe."""
    return str(item.get("alert_level", "none"))


def _same(left: str | None, right: str) -> bool:
    return left is not None and left.casefold() == right.casefold()


def _worst_first(item: Item) -> tuple[float, float, str]:
    score, ratio = item.get("congestion_score"), item.get("speed_ratio")
    return (
        1.0 if score is None else -score,
        9.0 if ratio is None else ratio,
        item["segment_id"],
    )


def age_s(item: Item, now_ms: int) -> float | None:
    """Seconds since the newest reading of a segment was taken; None without any."""
    observed = item.get("observed_at")
    return None if observed is None else (now_ms - observed) / 1000


def segment_row(item: Item, now_ms: int) -> list[Text]:
    """The cells of one segment, in the order of SEGMENT_COLUMNS."""
    level = level_of(item)
    cells = (
        item["segment_id"],
        road_of(item),
        number(item.get("congestion_score")),
        number(item.get("speed")),
        free_flow_of(item),
        number(item.get("flow")),
        item.get("level_of_service", ABSENT),
        reporting(item),
        duration(age_s(item, now_ms)),
        alert_text(item, now_ms),
    )
    return [Text(cell, style=LEVEL_STYLE[level]) for cell in cells]


def road_of(item: Item) -> str:
    """Name and district of a segment or alert, if the road file has them."""
    return ", ".join(item[k] for k in ("name", "district") if item.get(k)) or ABSENT


def free_flow_of(item: Item) -> str:
    """Free-flow speed in km/h, the learned one in parentheses: `50 (62)`.

    Without either it is `unknown`: then speed gives no score.
    """
    speed, learned = item.get("free_flow_speed"), item.get("learned_free_flow_speed")
    both = (
        "" if speed is None else number(speed),
        "" if learned is None else f"({number(learned)})",
    )
    return " ".join(filter(None, both)) or "unknown"


def off_free_flow(items: Iterable[Item]) -> list[str]:
    """The segments whose road file and quiet hours differ, the furthest first."""
    pairs = [
        (item["learned_free_flow_speed"] / item["free_flow_speed"], item["segment_id"])
        for item in items
        if item.get("free_flow_speed")
        and item.get("learned_free_flow_speed")
        and differs(item["free_flow_speed"], item["learned_free_flow_speed"])
    ]
    return [name for _, name in sorted(pairs, key=lambda one: -abs(one[0] - 1))]


def free_flow_warning(items: Iterable[Item]) -> str | None:
    """A line on segments whose configured free-flow speed looks wrong, None if none."""
    names = off_free_flow(items)
    if not names:
        return None
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return (
        f"free_flow_speed differs by over {LARGEST_DIFFERENCE:.0%} from quiet hours: "
        f"{', '.join(names[:MOST_NAMED])}{more} - correct the road file"
    )


def reporting(item: Item) -> str:
    """Sensors that report, of those known: `9/10`."""
    known, share = item.get("sensors"), item.get("sensors_reporting")
    if known is None or share is None:
        return ABSENT
    return f"{round(known * share)}/{known}"


def alert_text(item: Item, now_ms: int) -> str:
    """The alert level of a segment and for how long: `severe, 12 min 05 s`."""
    level, since = level_of(item), item.get("alert_since")
    if level == "none" or since is None:
        return "" if level == "none" else level
    until = (
        max(now_ms, since) if item.get("observed_at") is None else item["observed_at"]
    )
    return f"{level}, {duration((until - since) / 1000)}"


def segments_table(items: Iterable[Item], now_ms: int) -> DataTable:
    """Segments as a table, in the order given."""
    return make_table(SEGMENT_COLUMNS, (segment_row(item, now_ms) for item in items))


def headline(items: list[Item]) -> str:
    """All segments in one line: the number at each level and without data."""
    counts = {level: sum(level_of(i) == level for i in items) for level in LEVELS}
    without_data = sum(i.get("observed_at") is None for i in items)
    silent = sum(map(_is_silent, items))
    calm = counts["none"] - without_data - silent
    line = (
        f"{len(items):,} segments: {counts['severe']:,} severe, "
        f"{counts['high']:,} high, {calm:,} without alert"
    )
    line += f", {silent:,} whose sensors are silent" if silent else ""
    return line + (f", {without_data:,} without data yet" if without_data else "")


def _is_silent(item: Item) -> bool:
    """Whether no sensor reports on a segment without an alert: it may be jammed."""
    return item.get("sensors_reporting") == 0 and level_of(item) == "none"


def alert_row(item: Item, now_ms: int, zone: tzinfo = timezone.utc) -> list[Text]:
    """The cells of one alert, in the order of ALERT_COLUMNS."""
    is_open = item.get("alert_status") == "open"
    opened = item["opened_at"]
    lasted = (now_ms - opened) / 1000 if is_open else item.get("duration_s")
    level = item.get("peak_level" if not is_open else "level", "high")
    cells = (
        level,
        item["segment_id"],
        road_of(item),
        time_text(opened, zone),
        duration(lasted),
        number(item.get("peak_congestion")),
        number(item.get("speed")),
        number(item.get("free_flow_speed")),
        "open" if is_open else f"cleared {time_text(item.get('cleared_at'), zone)}",
    )
    return [
        Text(cell, style=LEVEL_STYLE.get(level, "") if is_open else "dim")
        for cell in cells
    ]


def time_text(moment_ms: int | None, zone: tzinfo) -> str:
    """A time as `11-22 18:32`."""
    if moment_ms is None:
        return ABSENT
    return datetime.fromtimestamp(moment_ms / 1000, zone).strftime("%m-%d %H:%M")


def in_zone(columns: Sequence[Column], header: str, zone: tzinfo) -> tuple[Column, ...]:
    """The columns, the one of times under its time zone: `Opened` and `Asia/Tokyo`."""
    return tuple(
        replace(one, header=f"{header}\n{zone}") if one.header == header else one
        for one in columns
    )


def alerts_table(
    items: Iterable[Item], now_ms: int, zone: tzinfo = timezone.utc
) -> DataTable:
    """Alerts as a table: open before cleared, severe before high, oldest first."""
    ordered = sorted(items, key=_most_severe_first)
    columns = in_zone(ALERT_COLUMNS, "Opened", zone)
    return make_table(columns, (alert_row(item, now_ms, zone) for item in ordered))


def _most_severe_first(item: Item) -> tuple[bool, bool, int]:
    is_open = item.get("alert_status") == "open"
    return (not is_open, is_open and item.get("level") != "severe", item["opened_at"])
