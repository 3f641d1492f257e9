"""The segments as measurement sites of DATEX II, and what they measure."""

from __future__ import annotations

import zlib

from ...errors import RequestError
from ...timestamps import second_text
from .datex import Element, add, document, header, place, publication, words
from .present import FeedCity, FeedSegment

# Of each index of a site's figures: the kind of data.
_SPEED, _FLOW, _OCCUPANCY = "1", "2", "3"
_KINDS = (
    (_SPEED, "trafficSpeed"),
    (_FLOW, "trafficFlow"),
    (_OCCUPANCY, "trafficConcentration"),
)


def measurement_sites(city: FeedCity) -> bytes:
    """Return the MeasurementSiteTablePublication: where each segment is.

    Raises RequestError if there is none, because such a table is not allowed.
    """
    if not city.segments:
        raise RequestError(404, "no road segment is known yet")
    root = publication("roa:MeasurementSiteTablePublication", city)
    header(root, "roa:headerInformation")
    version = table_version(city)
    table = add(root, "roa:measurementSiteTable", id=table_id(city), version=version)
    for segment in city.segments:
        site = add(table, "roa:measurementSite", id=segment.segment_id, version=version)
        _describe(site, segment, city.publisher)
    return document(root)


def _describe(site: Element, segment: FeedSegment, publisher: str) -> None:
    if segment.name is not None:
        words(site, "roa:measurementSiteName", segment.name)
    if segment.lanes is not None:
        add(site, "roa:measurementSiteNumberOfLanes", segment.lanes)
    for index, kind in _KINDS:
        outer = add(site, "roa:measurementSpecificCharacteristics", index=index)
        inner = add(outer, "roa:measurementSpecificCharacteristics")
        add(inner, "roa:specificMeasurementValueType", kind)
    place(site, "roa:measurementSiteLocation", segment, publisher)


def measured_data(city: FeedCity) -> bytes:
    """Return the MeasuredDataPublication: what is known of each reported segment.

    Raises RequestError if there is none, because such a publication is not allowed.
    """
    reported = [one for one in city.segments if one.observed_at is not None]
    if not reported:
        raise RequestError(404, "no sensor has reported yet")
    root = publication("roa:MeasuredDataPublication", city)
    version = table_version(city)
    add(
        root,
        "roa:measurementSiteTableReference",
        id=table_id(city),
        version=version,
        targetClass="roa:MeasurementSiteTable",
    )
    header(root, "roa:headerInformation")
    for segment in reported:
        _measure(root, segment, version)
    return document(root)


def _measure(root: Element, segment: FeedSegment, version: str) -> None:
    site = add(root, "roa:siteMeasurements")
    add(
        site,
        "roa:measurementSiteReference",
        id=segment.segment_id,
        version=version,
        targetClass="roa:MeasurementSite",
    )
    if segment.speed is not None:
        data = _quantity(site, _SPEED, "roa:TrafficSpeed")
        add(add(data, "roa:averageVehicleSpeed"), "com:speed", segment.speed)
    if segment.flow is not None:
        data = _quantity(site, _FLOW, "roa:TrafficFlow")
        add(add(data, "roa:vehicleFlow"), "com:vehicleFlowRate", round(segment.flow))
    if segment.occupancy is not None:
        data = _quantity(site, _OCCUPANCY, "roa:TrafficConcentration")
        share = round(100 * segment.occupancy, 2)
        add(add(data, "roa:occupancy"), "com:percentage", share)
    time = add(site, "roa:measurementTimeDefault")
    add(time, "roa:timeValue", second_text(segment.observed_at or 0))


def _quantity(site: Element, index: str, kind: str) -> Element:
    outer = add(site, "roa:physicalQuantity", index=index)
    inner = add(outer, "roa:physicalQuantity", kind="roa:SinglePhysicalQuantity")
    return add(inner, "roa:basicData", kind=kind)


def table_id(city: FeedCity) -> str:
    """Return the id of the table of sites."""
    return f"{city.publisher}-segments"


def table_version(city: FeedCity) -> str:
    """Return a text that changes whenever a site does, and never otherwise."""
    sites = [(s.segment_id, s.name, s.points, s.lanes) for s in city.segments]
    return f"{zlib.crc32(repr(sites).encode()):08x}"
