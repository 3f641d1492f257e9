"""What CloudFormation makes of the template's intrinsic functions, in one account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..template import PARAMETERS, RESOURCES, TEMPLATE

ACCOUNT, REGION, STACK = "123456789012", "us-west-2", "City-Traffic"
PRINCIPAL = f"arn:aws:quicksight:us-east-1:{ACCOUNT}:group/default/controllers"
ZONE = "America/Los_Angeles"
_STACKS = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack"
_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::NoValue": None,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackId": f"{_STACKS}/{STACK}/1a2b3c4d-0000-11f1-8000-0123456789ab",
    "AWS::StackName": STACK,
    "AWS::URLSuffix": "amazonaws.com",
}
WITH_REPORTS = {"QuickSightPrincipalArn": PRINCIPAL, "ReportTimeZone": ZONE}
_NAMES = (
    "TableName",
    "DashboardName",
    "FunctionName",
    "AlarmName",
    "LogGroupName",
    "Name",
)
_IN_SUB = re.compile(r"\$\{([^!}]+)\}")


class Stack:
    """The template under these parameters; the others have their defaults."""

    def __init__(self, given: Mapping[str, str]) -> None:
        defaults = {name: one.get("Default", "") for name, one in PARAMETERS.items()}
        self._values = {**_PSEUDO, **{k: str(v) for k, v in defaults.items()}, **given}

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return the resources that are created, by logical name."""
        return {
            name: one
            for name, one in RESOURCES.items()
            if "Condition" not in one or self.holds(one["Condition"])
        }

    def properties(self, name: str) -> dict[str, Any]:
        """Return the resource's properties with everything filled in."""
        found: dict[str, Any] = self.value(RESOURCES[name]["Properties"])
        return found

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template is met."""
        return bool(self.value(TEMPLATE["Conditions"][condition]))

    def value(self, node: Any) -> Any:
        """Return *node* with its functions carried out."""
        if isinstance(node, list):
            return [self.value(one) for one in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name in ("Ref", "Condition") or name.startswith("Fn::"):
                return self._called(name.removeprefix("Fn::"), argument)
        filled = {name: self.value(one) for name, one in node.items()}
        return {name: one for name, one in filled.items() if one is not None}

    def _called(self, function: str, argument: Any) -> Any:
        if function == "Sub":
            return self._sub(argument)
        if function == "If":
            return self.value(argument[1 if self.holds(argument[0]) else 2])
        met = self.value(argument)
        return {
            "Ref": lambda: self._ref(met),
            "Condition": lambda: self.holds(met),
            "GetAtt": lambda: self._attribute(*met),
            "Select": lambda: met[1][int(met[0])],
            "Split": lambda: met[1].split(met[0]),
            "Join": lambda: met[0].join(met[1]),
            "Equals": lambda: str(met[0]) == str(met[1]),
            "Not": lambda: not met[0],
            "And": lambda: all(met),
            "Or": lambda: any(met),
        }[function]()

    def _sub(self, argument: Any) -> str:
        text, given = argument if isinstance(argument, list) else (argument, {})
        local = {name: self.value(one) for name, one in given.items()}

        def filled(match: re.Match[str]) -> str:
            name = match[1]
            if name in local:
                return str(local[name])
            at = name.split(".")
            return str(self._attribute(*at) if len(at) > 1 else self._ref(name))

        return _IN_SUB.sub(filled, text)

    def _ref(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        given = RESOURCES[name].get("Properties", {})
        inner = given.get("DatabaseInput", {}) | given
        named = next((inner[key] for key in _NAMES if key in inner), None)
        return f"{STACK}-{name}".lower() if named is None else self.value(named)

    def _attribute(self, name: str, attribute: str) -> str:
        if attribute != "Arn":
            return f"{self._ref(name)}"
        service = RESOURCES[name]["Type"].split("::")[1].lower()
        return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}/{self._ref(name)}"
