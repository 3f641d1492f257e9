"""The template as text: what it declares, and how parts of it are deployed.

It is cut by lines rather than loaded: the text that is deployed is the text that was
reviewed, and no loader has to know the intrinsic functions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from trafficctl.errors import UserError

CODE_PATH = "build/traffic.zip"
RETAINING = ("Retain", "RetainExceptOnCreate")
# The property that names a resource, by its type; others are named by CloudFormation.
NAME_PROPERTIES = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IoT::Policy": "PolicyName",
    "AWS::IoT::ThingType": "ThingTypeName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Cognito::UserPool": "UserPoolName",
}

# The most characters that a name of each type may have, by its API; other types that
# the template names take longer ones.
NAME_LENGTHS = {
    "AWS::IoT::ProvisioningTemplate": 36,
    "AWS::Lambda::Function": 64,
    "AWS::SQS::Queue": 80,
    "AWS::IoT::Policy": 128,
    "AWS::IoT::ThingType": 128,
    "AWS::Kinesis::Stream": 128,
}
STACK_NAME = "${AWS::StackName}"

_SECTION = re.compile(r"^(\w+):", re.M)
_PROPERTY = re.compile(r"^      (\w+):", re.M)
_BLOCK = re.compile(r"^  (\w+):[ \t]*(?:#.*)?$", re.M)


@dataclass(frozen=True)
class Resource:
    """A resource as the template declares it; `name` is what its !Sub says, if any."""

    logical_id: str
    type: str
    retained: bool
    name: str | None
    text: str

    def name_in(self, stack: str) -> str | None:
        """Its name in that stack; None if CloudFormation makes one up."""
        return self.name and self.name.replace(STACK_NAME, stack)

    def room(self) -> int | None:
        """Characters that its name leaves to the stack's; None if there is no limit."""
        limit = NAME_LENGTHS.get(self.type)
        named = _value(self.text, r"      \w*Name: !Sub")
        if limit is None or named is None or STACK_NAME not in named:
            return None
        return limit - len(named.replace(STACK_NAME, ""))


def read(path: Path) -> str:
    """The text of a template file. UserError if there is none."""
    try:
        return path.read_text()
    except FileNotFoundError as exc:
        message = f"no template {path} - name it with --template FILE"
        raise UserError(message) from exc


def with_code(template: str, bucket: str, key: str) -> str:
    """The template with each `Code: build/traffic.zip` naming the uploaded object.

    UserError if it has no such line.
    """
    line = re.compile(rf"^(\s*)Code:[ \t]*[\"']?{re.escape(CODE_PATH)}[\"']?", re.M)
    text, count = line.subn(rf"\1Code: {{S3Bucket: {bucket}, S3Key: {key}}}", template)
    if count == 0:
        raise UserError(f"the template has no line `Code: {CODE_PATH}` - add it")
    return text


def code_buckets(template: str) -> set[str]:
    """The buckets that a deployed template takes its code from."""
    return set(re.findall(r"S3Bucket:[ \t]*[\"']?([a-z0-9.-]+)", template))


def sections(template: str) -> dict[str, str]:
    """The text of each top-level section, its own line included."""
    return _cut(template, _SECTION)


def parameters(template: str) -> dict[str, str]:
    """Each parameter's default, by name; one without a default has ''."""
    return {
        name: _value(block, r"    Default:") or ""
        for name, block in _blocks(sections(template).get("Parameters", "")).items()
    }


def resources(template: str) -> dict[str, Resource]:
    """The declared resources by logical id, whatever their conditions say."""
    blocks = _blocks(sections(template).get("Resources", ""))
    return {name: _resource(name, block) for name, block in blocks.items()}


def secret_properties(template: str) -> dict[str, set[str]]:
    """Properties that name a parameter with NoEcho, by the resource's logical id."""
    declared = _blocks(sections(template).get("Parameters", ""))
    flags = {name: _value(block, r"    NoEcho:") for name, block in declared.items()}
    secret = [name for name, value in flags.items() if (value or "").lower() == "true"]
    if not secret:
        return {}
    named = re.compile(rf"\b({'|'.join(secret)})\b")
    return {
        one.logical_id: {
            name
            for name, text in _cut(one.text, _PROPERTY).items()
            if named.search(text)
        }
        for one in resources(template).values()
    }


def types(template: str) -> list[str]:
    """The resource types it declares, sorted, each once."""
    return sorted({one.type for one in resources(template).values()})


def check_name(template: str, stack: str) -> None:
    """UserError if a name made of the stack's would be too long, naming which."""
    rooms = [(one.room(), name) for name, one in resources(template).items()]
    least, whose = min(((r, n) for r, n in rooms if r is not None), default=(None, ""))
    if least is not None and len(stack) > least:
        raise UserError(
            f"stack name {stack!r} has {len(stack)} characters, and the name of "
            f"{whose} leaves room for {least} - choose a shorter one with --stack"
        )


def only(
    template: str, names: Collection[str], instead: Mapping[str, str] | None = None
) -> str:
    """The template with these resources alone and no outputs, as an import wants it.

    `instead` gives the text of resources whose own would name others.
    """
    cut = sections(template)
    blocks = _blocks(cut.pop("Resources"))
    cut.pop("Outputs", None)
    chosen = [
        (instead or {}).get(name, blocks[name]) for name in blocks if name in names
    ]
    body = "".join(text.rstrip("\n") + "\n" for text in chosen)
    return "".join(cut.values()) + "Resources:\n" + body


def _resource(name: str, block: str) -> Resource:
    kind = _value(block, r"    Type:") or ""
    named = NAME_PROPERTIES.get(kind)
    return Resource(
        logical_id=name,
        type=kind,
        retained=_value(block, r"    DeletionPolicy:") in RETAINING,
        name=_value(block, rf"      {named}: !Sub") if named else None,
        text=block,
    )


def _value(block: str, key: str) -> str | None:
    """The rest of the line that begins with `key`, without comment and quotes."""
    match = re.search(rf"^{key} +(.+?)[ \t]*(?:[ \t]#.*)?$", block, re.M)
    return match.group(1).strip("\"'") if match else None


def _blocks(section: str) -> dict[str, str]:
    return _cut(section, _BLOCK)


def _cut(text: str, heading: re.Pattern[str]) -> dict[str, str]:
    starts = list(heading.finditer(text))
    ends = [*(one.start() for one in starts), len(text)][1:]
    return {
        one.group(1): text[one.start() : end]
        for one, end in zip(starts, ends, strict=True)
    }
