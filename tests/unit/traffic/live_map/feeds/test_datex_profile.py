"""The profile of DATEX II has all that the feeds write, and nothing else.

So comparing it with the schema of DATEX II compares the feeds.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator

import pytest
from lxml import etree

from ..fakes import NOW_MS, City, alert, incident, segment
from .checks import HOUR_MS, SCHEMAS, datex_faults, fetched, some_city

XS = "{http://www.w3.org/2001/XMLSchema}"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
FEEDS = ("measurement-sites.xml", "measured-data.xml", "situations.xml")


def city_of_all_kinds() -> City:
    """Each kind of traffic, and incidents that grow, stay and shrink."""
    city = City()
    for speed in (5.0, 15.0, 50.0, 80.0, 95.0):
        city.reader.put(segment(f"at-{speed:g}", speed=speed, free_flow_speed=100.0))
        city.reader.warn(alert(f"at-{speed:g}"))
    hour_ago = NOW_MS - HOUR_MS
    new, old, less = alert("new"), alert("old", hour_ago), alert("less", hour_ago)
    city.reader.warn(new, old, less)
    members = {"gone": [hour_ago, NOW_MS - 60_000], "less": [hour_ago, None]}
    text = json.dumps(members, separators=(",", ":"))
    city.reader.incidents = [incident(new), incident(old), incident(less, members=text)]
    return city


def documents() -> Iterator[etree._Element]:
    for city in (some_city(), city_of_all_kinds()):
        for name in FEEDS:
            document = fetched(city, name)
            assert datex_faults(document) == []
            yield etree.fromstring(document)


def declared() -> Iterator[str]:
    """The elements, attributes and values of the profile."""
    for path in sorted((SCHEMAS / "datex").glob("*.xsd")):
        root = etree.parse(path).getroot()
        namespace = root.get("targetNamespace")
        for one in root.iter(XS + "element"):
            yield f"{{{namespace}}}{one.get('name')}"
        for one in root.iter(XS + "attribute"):
            yield f"@{one.get('name')}"
        for one in root.iter(XS + "enumeration"):
            yield f"={one.get('value')}"


def written(root: etree._Element) -> Iterator[str]:
    for element in root.iter():
        yield element.tag
        yield from (f"@{name}" for name in element.attrib if name != XSI_TYPE)


def test_the_profile_has_what_the_feeds_write_and_nothing_else() -> None:
    roots = list(documents())
    names = {name for root in roots for name in written(root)}
    texts = {f"={text}" for root in roots for text in root.itertext()}
    wanted = set(declared())

    assert {one for one in wanted if one[0] != "="} == names
    assert {one for one in wanted if one[0] == "="} <= texts


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("com:publicationTime", "com:publicationDate"),
        (">queuingTraffic<", ">queue<"),
        (' version="', ' edition="'),
        (">certain<", ">sure<"),
        ("<loc:latitude>", "<loc:latitude>x"),
    ],
)
def test_the_profile_refuses_what_is_no_datex(before: str, after: str) -> None:
    document = fetched(some_city(), "situations.xml").decode()

    assert before in document
    assert datex_faults(document.replace(before, after).encode()) != []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("measurement-sites.xml", "measurementSiteTable"),
        ("measurement-sites.xml", "measurementSite"),
        ("situations.xml", "situation"),
        ("situations.xml", "situationRecord"),
    ],
)
def test_the_profile_refuses_an_id_twice(name: str, path: str) -> None:
    root = etree.fromstring(fetched(some_city(), name))
    one = next(root.iter(f"{{*}}{path}"))
    one.addnext(copy.deepcopy(one))

    constraint = f"_payload{path[0].upper()}{path[1:]}Constraint"
    assert any(constraint in fault for fault in datex_faults(etree.tostring(root)))
