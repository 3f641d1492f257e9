"""What all DATEX II publications share: names, header, text, places.

The elements are those of DATEX II 3.1, in the order of its schema.
"""

from __future__ import annotations

import re
from typing import Any, Optional
from xml.etree import ElementTree

from ...timestamps import second_text
from .present import FeedCity, FeedSegment

NAMESPACES = {
    prefix: f"http://datex2.eu/schema/3/{name}"
    for prefix, name in (
        ("d2", "d2Payload"),
        ("com", "common"),
        ("loc", "locationReferencing"),
        ("roa", "roadTrafficData"),
        ("sit", "situation"),
    )
}
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
UNKNOWN_COUNTRY = "ZZ"  # reserved by ISO 3166 for private use
LONGEST = 1_024  # characters of a text in DATEX II
# XML 1.0 has no way to write these.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Element = ElementTree.Element

for _prefix, _uri in NAMESPACES.items():
    ElementTree.register_namespace(_prefix, _uri)


def _qualified(name: str) -> ElementTree.QName:
    prefix, _, local = name.partition(":")
    return ElementTree.QName(NAMESPACES[prefix], local)


def add(
    parent: Element, name: str, text: Optional[object] = None, **attributes: str
) -> Element:
    """Append an element such as `com:speed`; the attribute *kind* is its xsi:type."""
    named: dict[str, Any] = dict(attributes)
    if "kind" in named:
        named[_TYPE] = _qualified(named.pop("kind"))
    child = ElementTree.SubElement(parent, _qualified(name).text, named)
    if text is not None:
        child.text = _NO_XML.sub("", str(text))[:LONGEST]
    return child


def publication(kind: str, city: FeedCity) -> Element:
    """Return the root of a publication of that type, with what each of them has."""
    named: dict[str, Any] = {_TYPE: _qualified(kind)}  # which declares its prefix
    root = Element(
        _qualified("d2:payload").text, named, lang="en", modelBaseVersion="3"
    )
    add(root, "com:publicationTime", second_text(city.now_ms))
    creator = add(root, "com:publicationCreator")
    add(creator, "com:country", UNKNOWN_COUNTRY)
    add(creator, "com:nationalIdentifier", city.publisher)
    return root


def header(parent: Element, name: str) -> None:
    """Append the header that says that this is no exercise."""
    add(add(parent, name), "com:informationStatus", "real")


def words(parent: Element, name: str, text: str) -> None:
    """Append a text for people."""
    add(add(add(parent, name), "com:values"), "com:value", text)


def place(parent: Element, name: str, segment: FeedSegment, publisher: str) -> None:
    """Append where the segment is: its id, and its course or middle if known."""
    is_line = len(segment.points) > 1
    kind = "loc:LinearLocation" if is_line else "loc:PointLocation"
    location = add(parent, name, kind=kind)
    reference = add(location, "loc:externalReferencing")
    add(reference, "loc:externalLocationCode", segment.segment_id)
    add(reference, "loc:externalReferencingSystem", publisher)
    if is_line:
        line = add(location, "loc:gmlLineString", srsName="EPSG:4326", srsDimension="2")
        text = " ".join(f"{y:.5f} {x:.5f}" for y, x in segment.points)
        add(line, "loc:posList").text = text  # of any length
    elif segment.points:
        ((latitude, longitude),) = segment.points
        point = add(add(location, "loc:pointByCoordinates"), "loc:pointCoordinates")
        add(point, "loc:latitude", f"{latitude:.5f}")
        add(point, "loc:longitude", f"{longitude:.5f}")


def document(root: Element) -> bytes:
    """Return the publication as XML in UTF-8."""
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text
