"""What creating the template's resources asks of who deploys, by their schemas."""

from __future__ import annotations

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.template.template import RESOURCES
from trafficctl.preflight.result import data

REGION = "us-east-1"


def tried(kind: str) -> set[str]:
    """The actions that `preflight` tries for resources of a type."""
    catalog = data("permissions")
    own = catalog["types"][kind]
    parts = [own, catalog["types"].get(own.get("same"), {})]
    parts += [part for part in catalog["also"] if kind in part["types"]]
    return {action for part in parts for action in part.get("actions", ())}


def tagging(kind: str) -> set[str]:
    """The actions that tag a new resource of a type."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    created = set(schema["handlers"]["create"]["permissions"])
    return {
        action
        for action in created & set(schema["tagging"]["permissions"])
        if not action.partition(":")[2].upper().startswith(("UNTAG", "LIST", "GET"))
    }


def test_who_deploys_may_tag_what_is_tagged() -> None:
    kinds = {
        one["Type"] for one in RESOURCES.values() if "Tags" in one.get("Properties", {})
    }

    missing = {kind: tagging(kind) - tried(kind) for kind in kinds}

    assert {kind: actions for kind, actions in missing.items() if actions} == {}
    assert "lambda:TagResource" in tagging("AWS::Lambda::EventSourceMapping")
