"""A deployment as it is asked for, talked about and answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trafficctl.deploy.changes import Change


@dataclass(frozen=True)
class DeployRequest:
    """What is to be deployed, and where its artifacts go.

    `code` is a ready package; None builds one. A loss of data has to be allowed.
    `revert_drift` also puts back what was changed outside of CloudFormation;
    `base_map` goes into the package that is built; `today` decides on the runtime of
    new functions.
    """

    stack: str
    template: Path
    parameters: Mapping[str, str] = field(default_factory=dict)
    code: Path | None = None
    bucket: str | None = None
    allow_replacement: bool = False
    revert_drift: bool = False
    base_map: Path | None = None
    today: dt.date = field(kw_only=True)


@dataclass(frozen=True)
class Prompter:
    """How the person is informed and asked; `agree` answers with yes or no."""

    say: Callable[[str], None]
    show: Callable[[Sequence[Change]], None]
    agree: Callable[[str], bool]


@dataclass(frozen=True)
class Outcome:
    """What came of it: the changes made (none if all was as wished) and the outputs."""

    done: bool
    changes: Sequence[Change]
    outputs: Mapping[str, str]
    created: bool = False
