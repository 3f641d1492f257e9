"""What an update of a stack must leave as it is: `python -m tests.template.contract`.

CloudFormation replaces a resource whose type, or a property that only its creation
can set, is changed. A script breaks where a parameter or an output goes.
"""

from __future__ import annotations

import json
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from .template import PARAMETERS, RESOURCES, TEMPLATE


def contract() -> dict[str, Any]:
    """Return the parameters with their types, the outputs, and the resources."""
    return {
        "parameters": {name: one["Type"] for name, one in sorted(PARAMETERS.items())},
        "outputs": sorted(TEMPLATE["Outputs"]),
        "resources": {name: _fixed(one) for name, one in sorted(RESOURCES.items())},
    }


def create_only(kind: str) -> set[str]:
    """Return the properties that only the creation of a resource can set."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    paths = schema.get("createOnlyProperties", [])
    paths = paths + schema.get("conditionalCreateOnlyProperties", [])
    return {path.split("/")[2] for path in paths}


def _fixed(resource: dict[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties", {})
    names = sorted(create_only(resource["Type"]) & set(properties))
    return {"Type": resource["Type"], **{name: properties[name] for name in names}}


def _lines() -> str:
    """Return the contract as JSON, a line for each thing that it keeps."""
    parts = []
    for part, kept in contract().items():
        if isinstance(kept, dict):
            lines = [f"{json.dumps(name)}: {json.dumps(kept[name])}" for name in kept]
            parts.append(f'"{part}": {{\n' + ",\n".join(lines) + "\n}")
        else:
            parts.append(f'"{part}": {json.dumps(kept)}')
    return "{" + ",\n".join(parts) + "}"


if __name__ == "__main__":
    print(_lines())
