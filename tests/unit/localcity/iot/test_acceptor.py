"""The broker's first bytes reach TLS, whichever Python the emulator runs on."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from localcity.iot import policies

HELLO = b"ClientHello"


class Transport:
    """A transport as Python 3.10 makes it, with a peer that has written already.

    It begins to read after `connection_made`, whether reading was paused or not.
    """

    def __init__(self, protocol: Any) -> None:
        self._protocol, self._paused, self._reads = protocol, False, False
        loop = asyncio.get_running_loop()
        loop.call_soon(protocol.connection_made, self)
        loop.call_soon(self._add_reader)

    def _add_reader(self) -> None:
        self._reads = True
        asyncio.get_running_loop().call_soon(self._read_ready)

    def _read_ready(self) -> None:
        if self._reads:
            self._protocol.data_received(HELLO)

    def pause_reading(self) -> None:
        """As asyncio: a second pause does nothing."""
        if not self._paused:
            self._paused, self._reads = True, False

    def is_closing(self) -> bool:
        return False


@pytest.fixture
def acceptor(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The acceptor, with what it dropped and what it handed on to TLS."""
    made = policies._Acceptor()
    made.dropped, made.upgraded = [], []
    monkeypatch.setattr(made, "data_received", made.dropped.append)

    async def upgrade(transport: Any) -> None:
        made.upgraded.append(transport)

    monkeypatch.setattr(made, "_upgrade", upgrade)
    return made


def test_a_connection_is_not_read_before_tls_takes_it_over(acceptor: Any) -> None:
    async def connect() -> Transport:
        made = Transport(acceptor)
        for _turn in range(5):
            await asyncio.sleep(0)
        return made

    with ThreadPoolExecutor(1) as own:  # a browser's loop may run in this thread
        made = own.submit(asyncio.run, connect()).result()

    assert acceptor.upgraded == [made]
    assert acceptor.dropped == []
