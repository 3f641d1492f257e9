"""Sections of the template, loaded as data with every function in its long form."""

from __future__ import annotations

from typing import Any

import yaml

Node = Any


class _Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """Every scalar as text, as CloudFormation compares parameters."""


def loaded(text: str) -> dict[str, Any]:
    """YAML text as data: `!Equals [a, b]` becomes `{"Fn::Equals": ["a", "b"]}`."""
    return dict(yaml.load(text, _Loader) or {})  # noqa: S506 - it makes plain data only


def _function(loader: Any, name: str, node: Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _function)
