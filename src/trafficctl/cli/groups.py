"""The commands by task, as `trafficctl --help` lists them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping

GROUPS: Mapping[str, tuple[str, ...]] = {
    "try it": ("demo", "up", "env", "down"),
    "operate": (
        "map",
        "users",
        "feeds",
        "segments",
        "alerts",
        "incidents",
        "alarms",
        "bottlenecks",
        "audit",
        "redrive",
    ),
    "data": ("roads", "simulate", "replay", "metr-la", "evaluate"),
    "devices": ("sensors", "devices"),
    "plan and deploy": (
        "capacity",
        "cost",
        "preflight",
        "package",
        "deploy",
        "outputs",
        "destroy",
    ),
    "shell": ("completion",),
}
OTHER = "other"


def ungrouped(commands: Iterable[str]) -> list[str]:
    """The commands that are in no group."""
    grouped = {name for names in GROUPS.values() for name in names}
    return [name for name in commands if name not in grouped]


class GroupedParser(argparse.ArgumentParser):
    """A parser whose help lists its commands by task."""

    def format_help(self) -> str:
        """The help page: usage, the commands of each task, options."""
        formatter = self._get_formatter()
        groups = self._mutually_exclusive_groups
        formatter.add_usage(self.usage, self._actions, groups)
        formatter.add_text(self.description)
        commands = self._commands()
        rest = {OTHER: tuple(ungrouped(commands))}
        for title, names in {**GROUPS, **rest}.items():
            formatter.start_section(title)
            formatter.add_arguments([commands[n] for n in names if n in commands])
            formatter.end_section()
        formatter.start_section("options")
        formatter.add_arguments([one for one in self._actions if one.option_strings])
        formatter.end_section()
        formatter.add_text(self.epilog)
        return formatter.format_help()

    def _commands(self) -> dict[str, argparse.Action]:
        """Each command with its help line, by name."""
        return {
            str(command.metavar): command
            for action in self._actions
            if isinstance(action, argparse._SubParsersAction)
            for command in action._choices_actions
        }
