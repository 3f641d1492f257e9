"""The feeds by name: their media types, and what makes them."""

from __future__ import annotations

from typing import Callable, NamedTuple

from . import csv_rows, geojson, measured, ngsi, situations
from .present import FeedCity

CSV = "text/csv; charset=utf-8"
XML = "application/xml"
HISTORY = "history.csv"
OPENAPI = "openapi.json"


class LiveFeed(NamedTuple):
    """A document of the present state."""

    media_type: str
    make: Callable[[FeedCity], bytes]


LIVE = {
    "segments.geojson": LiveFeed("application/geo+json", geojson.segments_geojson),
    "traffic-flow.jsonld": LiveFeed("application/ld+json", ngsi.traffic_flow),
    "measurement-sites.xml": LiveFeed(XML, measured.measurement_sites),
    "measured-data.xml": LiveFeed(XML, measured.measured_data),
    "situations.xml": LiveFeed(XML, situations.situations),
    "alerts.csv": LiveFeed(CSV, csv_rows.alerts_csv),
}
NAMES = (*LIVE, HISTORY, OPENAPI)
