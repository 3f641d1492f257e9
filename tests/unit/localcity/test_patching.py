"""The extension notices when MiniStack has changed under it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ministack.services import iot

from localcity.emulator import PATCHES
from localcity.patching import ChangedError, Patch, digest, install


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.name)
def test_every_patch_fits_the_installed_ministack(patch: Patch) -> None:
    patch.verify()


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.name)
def test_a_patch_notices_when_ministack_grows_its_own(patch: Patch) -> None:
    module, name, _known = patch.replaces[0]
    changed = replace(patch, replaces=[(module, name, "000000000000")])

    with pytest.raises(ChangedError, match=f"{patch.name}.*{name} has changed"):
        changed.verify()


def test_a_patch_notices_when_what_it_leans_on_is_gone() -> None:
    patch = replace(PATCHES[0], needs=[(iot, "_no_such_thing")])

    with pytest.raises(ChangedError, match=r"iot\._no_such_thing is gone"):
        patch.verify()


def test_nothing_is_changed_unless_everything_fits() -> None:
    made: list[str] = []
    fits = Patch("fits", "r", [], [], lambda: made.append("fits"))
    does_not = Patch("not", "r", [(iot, "_gone")], [], lambda: made.append("not"))

    with pytest.raises(ChangedError):
        install([fits, does_not])

    assert made == []


def test_what_is_no_function_has_no_digest() -> None:
    assert digest(None) == "absent"
