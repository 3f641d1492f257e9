"""Whether AWS's own model of an API takes a request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
from botocore.model import Shape
from botocore.validate import ParamValidator

_SESSION = botocore.session.get_session()


def faults(service: str, operation: str, request: dict[str, Any]) -> list[str]:
    """Return what the model of *operation* finds wrong with *request*."""
    model = _SESSION.get_service_model(service).operation_model(operation)
    report = ParamValidator().validate(request, model.input_shape)
    told = [report.generate_report()] if report.has_errors() else []
    return told + list(_limits(request, model.input_shape, operation))


def _limits(value: Any, shape: Shape, at: str) -> Iterator[str]:
    """Yield breaches of the limits that botocore itself does not look at."""
    if shape.type_name == "structure":
        for name, one in value.items():
            if name in shape.members:
                yield from _limits(one, shape.members[name], f"{at}.{name}")
    elif shape.type_name == "list":
        yield from _length(value, shape, at)
        for place, one in enumerate(value):
            yield from _limits(one, shape.member, f"{at}[{place}]")
    elif shape.type_name == "map":
        for name, one in value.items():
            yield from _limits(name, shape.key, f"{at} key")
            yield from _limits(one, shape.value, f"{at}.{name}")
    elif shape.type_name == "string":
        yield from _text(value, shape, at)


def _text(value: str, shape: Shape, at: str) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        yield f"{at}: {value!r} is none of {shape.enum}"
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(_python(pattern), value):
        yield f"{at}: {value!r} does not match {pattern}"
    yield from _length(value, shape, at)


def _length(value: Any, shape: Shape, at: str) -> Iterator[str]:
    most = shape.metadata.get("max")
    if most is not None and len(value) > most:
        yield f"{at}: {len(value)} is more than {most}"


def _python(pattern: str) -> str:
    """Return Java's pattern as Python writes it: letters, spaces, the upper planes."""
    planes = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
    for java, python in ((r"\p{L}", r"\w"), (r"\p{Z}", r"\s"), planes):
        pattern = pattern.replace(java, python)
    return pattern
