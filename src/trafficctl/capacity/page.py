"""`python -m trafficctl.capacity.page`: the tables and the chart of the docs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from trafficctl.capacity.chart import Axis, chart
from trafficctl.capacity.command import (
    FOUND_HEADS,
    STEP_HEADS,
    found_rows,
    step_rows,
    steps,
)
from trafficctl.cost.city_load import SEGMENTS, CityLoad, city
from trafficctl.cost.model import total
from trafficctl.cost.pages import markdown, marked
from trafficctl.cost.prices import price_list
from trafficctl.cost.queues import Delays, MapViewer, simulate
from trafficctl.cost.search import SEED, FoundCity, cheapest, fronts, simulated
from trafficctl.cost.service_time import VCPU_MB
from trafficctl.cost.sized import offered
from trafficctl.files import TEMPLATE
from trafficctl.stack import template as texts

DOCS = Path("docs")
CAPACITY, COST = DOCS / "guides" / "capacity.md", DOCS / "explanation" / "cost.md"
CHART = DOCS / "images" / "cost-and-freshness.svg"
TARGET_DOLLARS = 3_500
# The run of docs/guides/local-city.md: two shards, a viewer that reads the
# table twice a second, units that send all their readings at once.
MEASURED = {"freshness": Delays(5.2, 9.0), "alerts": Delays(11.8, 16.2)}
MEASURED_CITY = CityLoad(
    segments=2_000, shard_count=2, memory_mb=VCPU_MB, notify_for=SEGMENTS
)
MEASURED_VIEWER = MapViewer(cached_s=0, looks_s=0.5)


def capacity_tables() -> dict[str, str]:
    """The tables of docs/guides/capacity.md, by their marks."""
    template = texts.read(TEMPLATE)
    settings, counts = texts.parameters(template), offered(template)
    figures = steps(city(), settings, max(counts))
    return {
        "steps": _short([STEP_HEADS, *step_rows(figures)]),
        "measured": _compared(),
    }


def cost_tables() -> dict[str, str]:
    """The table of docs/explanation/cost.md that the search fills."""
    prices = price_list().prices
    cities = {burst: cheapest(city(), prices, burst) for burst in (True, False)}
    return {"cheapest": markdown(FOUND_HEADS, found_rows(cities))}


def _short(rows: Sequence[Sequence[str]]) -> str:
    """The steps without the way past the limit, which the page tells for all."""
    way = STEP_HEADS.index("way past it")
    head, *cells = [(*row[:way], *row[way + 1 :]) for row in rows]
    return markdown(head, cells, texts=0)


def _compared() -> str:
    chance = random.Random(SEED)  # noqa: S311 - a model, no secret
    model = simulate(MEASURED_CITY, chance, MEASURED_VIEWER)
    rows = []
    for what, measured in MEASURED.items():
        for name in Delays._fields:
            seen = getattr(measured, name)
            modelled = getattr(getattr(model, what), name)
            rows.append((f"{what}, {name}", f"{seen:.1f}", f"{modelled:.1f}"))
    return markdown(("s", "measured", "model"), rows)


def drawing() -> str:
    """What each way of paying for the tables costs, and how late the map then is."""
    prices = price_list().prices
    default = FoundCity(city(), total(city(), prices), simulated(city()))
    designs_of = {"the defaults": [default], **fronts(city(), prices)}
    series = {
        name: [
            (one.simulated.freshness.p99, one.dollars, f"{one.load.window_s:g} s")
            for one in designs
        ]
        for name, designs in designs_of.items()
    }
    late = Axis("reading to the map, p99 in s", range(5, 15), 10, "promised: 10 s")
    dollars = range(2_000, 8_001, 1_000)
    paid = Axis("US $ a month", dollars, TARGET_DOLLARS, f"{TARGET_DOLLARS:,} $")
    title = "A month of 50,000 sensors, by EventBatchWindowSeconds"
    return chart(title, late, paid, series)


def main() -> None:
    """Write them."""
    for path, tables in ((CAPACITY, capacity_tables()), (COST, cost_tables())):
        path.write_text(marked(path.read_text(), tables))
        print(f"wrote {path}")
    CHART.write_text(drawing())
    print(f"wrote {CHART}")


if __name__ == "__main__":
    main()
