"""DATEX II publications: valid by the profile, with the right figures."""

from __future__ import annotations

import json
import re

import pytest

from ..fakes import NOW_MS, City, alert, incident, segment
from .checks import NASTY, datex_faults, fetched, found, some_city

PUBLICATIONS = {
    "measurement-sites.xml": "roa:MeasurementSiteTablePublication",
    "measured-data.xml": "roa:MeasuredDataPublication",
    "situations.xml": "sit:SituationPublication",
}
SPEED, FLOW, OCCUPANCY = (
    f"//physicalQuantity[@index='{n}']//{name}"
    for n, name in ((1, "speed"), (2, "vehicleFlowRate"), (3, "percentage"))
)


def of_site(segment_id: str, path: str) -> str:
    return f"//siteMeasurements[measurementSiteReference/@id='{segment_id}']{path}"


@pytest.mark.parametrize("name", PUBLICATIONS)
def test_each_publication_is_valid(name: str) -> None:
    document = fetched(some_city(), name)

    assert datex_faults(document) == []
    assert f'xsi:type="{PUBLICATIONS[name]}"' in document.decode()
    assert found(document, "//publicationTime") == ["2026-11-22T18:32:00Z"]
    assert found(document, "//nationalIdentifier") == ["named"]
    assert set(found(document, "//informationStatus")) == {"real"}


def test_a_document_without_any_situation_is_valid_too() -> None:
    city = City()
    city.reader.put(segment("a"))
    document = fetched(city, "situations.xml")

    assert datex_faults(document) == []
    assert found(document, "//situation") == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("measurement-sites.xml", "no road segment is known yet"),
        ("measured-data.xml", "no sensor has reported yet"),
    ],
)
def test_a_publication_that_would_be_empty_is_not_found(
    name: str, message: str
) -> None:
    assert City().refusal(f"/feeds/{name}") == (404, message)


def test_a_site_tells_name_lanes_and_place() -> None:
    document = fetched(some_city(), "measurement-sites.xml")
    at = "//measurementSite[@id='{}']".format

    assert found(document, "//measurementSite/@id") == [
        *("empty", "jam", "nowhere", "planned", "silent")
    ]
    assert found(document, at("jam") + "//measurementSiteNumberOfLanes") == ["3"]
    assert found(document, at("jam") + "//posList") == [
        "38.50000 -120.20000 40.70000 -120.95000 43.25200 -126.45300"
    ]
    assert found(document, at("silent") + "//latitude") == ["34.10000"]
    assert found(document, at("silent") + "//longitude") == ["-118.20000"]
    assert found(document, at("nowhere") + "//externalLocationCode") == ["nowhere"]
    assert found(document, at("jam") + "//specificMeasurementValueType") == [
        *("trafficSpeed", "trafficFlow", "trafficConcentration")
    ]


def test_any_name_is_only_text() -> None:
    (name,) = found(
        fetched(some_city(), "measurement-sites.xml"),
        "//measurementSite[@id='jam']/measurementSiteName//value",
    )

    assert name == re.sub("[\x00\x0b]", "", NASTY)


def test_a_very_long_name_is_cut_where_datex_ends() -> None:
    city = City()
    city.reader.put(segment("a", name="ä" * 2_000))
    document = fetched(city, "measurement-sites.xml")

    assert datex_faults(document) == []
    assert len(found(document, "//measurementSiteName//value")[0]) == 1_024


def test_the_figures_of_a_site_are_speed_flow_and_occupancy() -> None:
    document = fetched(some_city(), "measured-data.xml")

    assert found(document, of_site("jam", SPEED)) == ["12.5"]
    assert found(document, of_site("jam", FLOW)) == ["1234"]
    assert found(document, of_site("jam", OCCUPANCY)) == ["45.67"]
    assert found(document, of_site("jam", "//timeValue")) == ["2026-11-22T18:31:58Z"]


def test_what_is_unknown_of_a_site_is_absent_and_zero_is_zero() -> None:
    document = fetched(some_city(), "measured-data.xml")

    assert found(document, of_site("empty", SPEED)) == []
    assert found(document, of_site("empty", FLOW)) == ["0"]
    assert found(document, of_site("silent", "/physicalQuantity")) == []
    assert found(document, of_site("planned", "")) == []


def test_figures_name_the_table_of_sites_and_its_version() -> None:
    city = some_city()
    sites, data = (
        fetched(city, name) for name in ("measurement-sites.xml", "measured-data.xml")
    )
    (version,) = set(found(sites, "//@version"))

    assert set(found(data, "//@version")) == {version}
    assert found(data, "//measurementSiteTableReference/@id") == found(
        sites, "//measurementSiteTable/@id"
    )


@pytest.mark.parametrize(
    ("change", "is_new"),
    [({"speed": 99.0}, False), ({"name": "A1"}, True), ({"latitude": 35.0}, True)],
)
def test_the_table_has_a_new_version_if_a_site_changes(
    change: dict[str, object], is_new: bool
) -> None:
    versions = []
    for more in ({}, change):
        city = some_city()
        city.reader.segments["silent"] |= more
        versions += set(found(fetched(city, "measurement-sites.xml"), "//@version"))

    assert (versions[0] != versions[1]) is is_new


def test_the_alerts_of_an_incident_are_one_situation() -> None:
    city = City()
    city.reader.put(segment("head"), segment("tail"), segment("lone"))
    head, tail = alert("head"), alert("tail", NOW_MS - 30_000, level="severe")
    lone = alert("lone")
    city.reader.warn(head, tail, lone)
    city.reader.incidents = [incident(head, tail)]
    document = fetched(city, "situations.xml")

    assert datex_faults(document) == []
    assert found(document, "//situation/@id") == [head["alert_id"], lone["alert_id"]]
    assert found(document, "//situation[1]/situationRecord/@id") == [
        head["alert_id"],
        tail["alert_id"],
    ]
    assert found(document, "//overallSeverity") == ["highest", "high"]
    assert found(document, "//severity") == ["high", "highest", "high"]
    # Queue and trend are those of the incident, and told once, at its head.
    assert found(document, "//situationRecord[queueLength]/@id") == [head["alert_id"]]
    assert found(document, "//queueLength") == ["6200"]
    assert found(document, "//trafficTrendType") == ["trafficBuildingUp"]


def test_traffic_without_an_alert_is_no_situation_and_a_record_only_at_a_head() -> None:
    city = City()
    city.reader.put(*map(segment, ("quiet", "head", "jam", "slow")))
    jam = alert("jam")
    city.reader.warn(jam)
    none = {"level": "none", "peak_level": "none", "unusual": 1}
    city.reader.incidents = [
        incident(alert("quiet", 5), **none),
        incident(alert("head", 6_000), jam, alert("slow", 7_000)),
    ]
    document = fetched(city, "situations.xml")

    assert datex_faults(document) == []
    assert found(document, "//situation/@id") == ["head@6000"]
    records = [jam["alert_id"], "head@6000"]
    assert found(document, "//situationRecord/@id") == records
    assert found(document, "//situationRecord[severity]/@id") == [jam["alert_id"]]
    # The queue reaches back from the head, so that is where it is told.
    at = "//situationRecord[@id='head@6000']"
    assert found(document, "//situationRecord[queueLength]/@id") == ["head@6000"]
    assert found(document, f"{at}//trafficTrendType") == ["trafficBuildingUp"]
    assert found(document, f"{at}//overallStartTime") == ["1970-01-01T00:00:06Z"]


def test_the_first_alert_of_an_incident_is_no_second_situation_once_it_has_left() -> (
    None
):
    city = City()
    city.reader.put(segment("first"), segment("next"))
    first, following = alert("first"), alert("next", NOW_MS - 30_000)
    # The alerts and the incident are read one after the other.
    city.reader.warn(first, following)
    members = {
        "first": [first["opened_at"], NOW_MS - 1_000],
        "next": [following["opened_at"], None],
    }
    text = json.dumps(members, separators=(",", ":"))
    city.reader.incidents = [incident(first, following, members=text, segments=1)]
    document = fetched(city, "situations.xml")

    assert datex_faults(document) == []
    assert found(document, "//situation/@id") == [first["alert_id"]]
    records = [following["alert_id"], first["alert_id"]]
    assert found(document, "//situationRecord/@id") == records


def test_the_head_that_two_merging_incidents_share_is_one_record() -> None:
    city = City()
    city.reader.put(*map(segment, ("head", "tail", "side")))
    head, tail, side = alert("head"), alert("tail"), alert("side")
    city.reader.warn(head, tail, side)
    city.reader.incidents = [
        incident(head, tail),
        incident(head, side, incident_id=side["alert_id"]),
    ]
    document = fetched(city, "situations.xml")

    assert datex_faults(document) == []
    records = [one["alert_id"] for one in (head, tail, side)]
    assert found(document, "//situationRecord/@id") == records


def test_a_record_says_since_when_and_where() -> None:
    document = fetched(some_city(), "situations.xml")
    (record,) = found(
        document, "//situationRecord[.//externalLocationCode='silent']/@id"
    )
    at = f"//situationRecord[@id='{record}']"

    assert found(document, f"{at}//overallStartTime") == ["2026-11-22T17:32:00Z"]
    assert found(document, f"{at}//validityStatus") == ["active"]
    assert found(document, f"{at}//latitude") == ["34.10000"]
    assert found(document, f"{at}/@version") == [str(NOW_MS - 1_500)]


def test_an_alert_of_a_deleted_segment_is_told_by_what_it_knows() -> None:
    city = City()
    gone = alert("gone", latitude=34.25, longitude=-118.25)
    city.reader.warn(gone, alert("lost"))
    document = fetched(city, "situations.xml")

    assert datex_faults(document) == []
    assert found(document, "//latitude") == ["34.25000"]
    assert set(found(document, "//abnormalTrafficType")) == {
        "unspecifiedAbnormalTraffic"
    }


@pytest.mark.parametrize(
    ("speed", "kind"),
    [
        (0.0, "stationaryTraffic"),
        (9.9, "stationaryTraffic"),
        (10.0, "queuingTraffic"),
        (25.0, "slowTraffic"),
        (74.9, "slowTraffic"),
        (75.0, "heavyTraffic"),
        (90.0, "unspecifiedAbnormalTraffic"),
        (None, "unspecifiedAbnormalTraffic"),
    ],
)
def test_traffic_is_called_by_its_share_of_free_flow(
    speed: float | None, kind: str
) -> None:
    city = City()
    city.reader.put(segment("a", speed=speed, free_flow_speed=100.0))
    city.reader.warn(alert("a"))

    assert found(fetched(city, "situations.xml"), "//abnormalTrafficType") == [kind]
