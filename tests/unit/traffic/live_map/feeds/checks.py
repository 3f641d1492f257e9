"""A city with some of everything, and the public schemas that its feeds hold to."""

from __future__ import annotations

import base64
import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from lxml import etree
from referencing import Registry, Resource

from ..fakes import NOW_MS, City, alert, incident, segment

SCHEMAS = Path(__file__).with_name("schemas")
HOUR_MS = 3_600_000
LINE = "_p~iF~ps|U_ulLnnqC_mqNvxq`@"  # the example of the format's own page
COURSE = [(38.5, -120.2), (40.7, -120.95), (43.252, -126.453)]
NASTY = "<b>A&B</b> \"]]>' \x00\x0b☃"


def stored(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text())


def json_faults(schema: str, value: Any) -> list[str]:
    """What in *value* is against the schema of that file."""
    common = Resource.from_contents(stored("common.json"))
    validator = Draft202012Validator(
        stored(schema), registry=Registry().with_resource(common.id(), common)
    )
    return [f"{one.json_path}: {one.message}" for one in validator.iter_errors(value)]


@cache
def datex_schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / "datex" / "payload.xsd"))


def datex_faults(document: bytes) -> list[str]:
    """What in a publication is against the profile of DATEX II."""
    schema = datex_schema()
    schema.validate(etree.fromstring(document))
    return [f"{one.line}: {one.message}" for one in schema.error_log]


def found(document: bytes, path: str) -> list[str]:
    """The texts or attributes at an XPath, in which no prefix is needed."""
    root = etree.fromstring(document)
    for element in root.iter():
        element.tag = etree.QName(element).localname
    return [one if isinstance(one, str) else one.text for one in root.xpath(path)]


def some_city() -> City:
    """A jammed line, a silent point, an empty road, and a segment without a place."""
    city = City()
    city.reader.put(
        segment(
            "jam",
            name=NASTY,
            district="West",
            line=LINE,
            lanes=3,
            length_m=812.5,
            free_flow_speed=100.0,
            speed=12.5,
            flow=1234.5,
            occupancy=0.4567,
            congestion_score=87.5,
            level_of_service="F",
            alert_level="severe",
        ),
        segment(
            "silent", sensors_reporting=0, latitude=34.1, longitude=-118.2, name="=1"
        ),
        segment("empty", flow=0, congestion_score=0.0, latitude=34, longitude=-118),
        segment("nowhere", learned_free_flow_speed=55.0),
        {"segment_id": "planned", "latitude": 34.5, "longitude": -118.5},
    )
    del city.reader.segments["empty"]["speed"]
    jam = alert("jam", level="severe", name=NASTY, acknowledged_by="x@city.example")
    lone = alert("silent", NOW_MS - HOUR_MS, acknowledged_at=NOW_MS - 5_000, name="=1")
    city.reader.warn(jam, lone)
    city.reader.incidents = [incident(jam)]
    return city


def fetched(city: City, name: str, **query: str) -> bytes:
    """The feed of that name, which must be well."""
    answer = city.ask(f"/feeds/{name}", query=query)
    assert answer["statusCode"] == 200, answer["body"]
    return unpacked(answer)


def unpacked(answer: dict[str, Any]) -> bytes:
    """The body of an answer, as API Gateway and the viewer make it plain."""
    text: str = answer["body"]
    body = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
    is_packed = answer["headers"].get("content-encoding") == "gzip"
    return gzip.decompress(body) if is_packed else body
