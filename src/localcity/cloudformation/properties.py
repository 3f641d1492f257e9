"""Properties that MiniStack's CloudFormation ignores: set once it has done its part."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

SetThem = Callable[[str, dict[str, Any]], None]
NEEDED = (provisioners, "_RESOURCE_HANDLERS")


def also_set(resource_type: str, set_them: SetThem) -> Callable[[], None]:
    """A patch's work: `set_them` gets the physical id and the resource's properties."""

    def apply() -> None:
        handlers = provisioners._RESOURCE_HANDLERS[resource_type]
        handlers["create"] = _also(handlers["create"], set_them, props_at=1)
        handlers["update"] = _also(handlers["update"], set_them, props_at=2)

    return apply


def _also(handler: Callable[..., Any], set_them: SetThem, props_at: int) -> Any:
    """Wrap a resource's handler; the new properties are its argument `props_at`."""

    @functools.wraps(handler)  # MiniStack looks at the signature
    def wrapped(*args: Any, **options: Any) -> Any:
        result = handler(*args, **options)
        set_them(result[0], args[props_at])
        return result

    return wrapped
