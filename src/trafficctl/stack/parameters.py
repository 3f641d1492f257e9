"""Parameters of the template, as people give them: one by one, or in a file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from trafficctl.errors import UserError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give `parser` --parameter and --parameters."""
    add_single(parser)
    parser.add_argument(
        "--parameters",
        type=Path,
        metavar="FILE",
        help="a JSON file of parameters; --parameter wins over it",
    )


def add_single(parser: argparse.ArgumentParser) -> None:
    """Give `parser` --parameter alone."""
    parser.add_argument(
        "--parameter",
        type=_parameter,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the template; may be repeated",
    )


def given(args: argparse.Namespace) -> dict[str, str]:
    """The parameters that the options name."""
    from_file = read(args.parameters) if args.parameters is not None else {}
    return {**from_file, **dict(args.parameter)}


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if name and equals:
        return name, value
    raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")


def read(path: Path) -> dict[str, str]:
    """Parameters of a JSON file: {"Name": value}, or the list that the AWS CLI takes.

    UserError, naming the file and what is wrong, for anything else.
    """
    try:
        content = json.loads(path.read_text())
    except ValueError as exc:
        raise UserError(f"{path} is not JSON: {exc} - correct it") from exc
    if isinstance(content, list):
        content = {
            one.get("ParameterKey", ""): one.get("ParameterValue", "")
            for one in content
            if isinstance(one, dict)
        }
    if not isinstance(content, dict) or "" in content:
        raise UserError(
            f'{path}: expected {{"Name": "value", ...}} or a list of ParameterKey and '
            "ParameterValue - correct it"
        )
    return {name: _text(path, name, value) for name, value in content.items()}


def _text(path: Path, name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise UserError(
            f"{path}: {name}: expected a text or a number, found {value!r} - correct it"
        )
    return str(value)
