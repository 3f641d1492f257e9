"""Certificates for many devices in a moment: the authority's key is read once.

MiniStack reads the key of its authority for every certificate, and reading an
RSA key means checking its primes: most of the time that registering a device takes.
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from ministack.core import x509_utils

from localcity.patching import Patch

KEYS_KEPT = 8


class Remembering:
    """The module `serialization`, but a private key that was read stays read."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        keep = functools.lru_cache(maxsize=KEYS_KEPT)
        self.load_pem_private_key = keep(module.load_pem_private_key)

    def __getattr__(self, name: str) -> Any:
        """All else, as the module has it."""
        return getattr(self._module, name)


def _apply() -> None:
    x509_utils._require_crypto()
    x509_utils.serialization = Remembering(x509_utils.serialization)


PATCHES = (
    Patch(
        "quick certificates",
        "the authority's key is read and checked again for every certificate",
        [(x509_utils, "serialization")],
        [
            (x509_utils, "_require_crypto", "6313fd526c95"),
            (x509_utils, "sign_certificate_request", "49eac085c576"),
        ],
        _apply,
    ),
)
