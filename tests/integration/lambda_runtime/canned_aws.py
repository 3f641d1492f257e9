"""An AWS endpoint that knows no segment yet, unless told so, and takes every write."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path
from threading import Thread
from typing import Any

Answer = Callable[[str, Any], Any]  # of an operation and its body


class CannedAws:
    """Answers DynamoDB, EventBridge and S3, and remembers what was asked of them.

    With a *certificate* and its key, a PEM file, over TLS.
    """

    def __init__(
        self, answer: Answer | None = None, certificate: Path | None = None
    ) -> None:
        self.calls: list[tuple[str, Any]] = []
        handler = _handler_of(self.calls, answer or default_answer)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            socket = self._server.socket
            self._server.socket = context.wrap_socket(socket, server_side=True)
            self._scheme = "https"
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """What AWS_ENDPOINT_URL shall be."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def asked(self, operation: str) -> list[Any]:
        """The bodies of all calls of one operation, in order."""
        return [body for name, body in self.calls if name == operation]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def default_answer(operation: str, body: Any) -> Any:
    """What AWS would say where nothing is stored and nothing goes wrong."""
    if operation == "BatchGetItem":
        empty: dict[str, Any] = {table: [] for table in body["RequestItems"]}
        return {"Responses": empty, "UnprocessedKeys": {}}
    if operation == "BatchExecuteStatement":
        return {"Responses": [{} for _ in body["Statements"]]}
    if operation == "PutEvents":
        entries = [{"EventId": str(index)} for index, _ in enumerate(body["Entries"])]
        return {"FailedEntryCount": 0, "Entries": entries}
    return {}


def _chunk(body: BufferedIOBase) -> bytes:
    chunk = body.read(int(body.readline(), 16))
    body.readline()
    return chunk


def _handler_of(
    calls: list[tuple[str, Any]], answer: Answer
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            operation = self.headers["X-Amz-Target"].rsplit(".", 1)[1]
            body = json.loads(self._body())
            calls.append((operation, body))
            content = json.dumps(answer(operation, body)).encode()
            self._reply(content, "application/x-amz-json-1.0")

        def do_PUT(self) -> None:
            calls.append(("PutObject", self._body()))
            self._reply(b"", "application/xml")

        def _body(self) -> bytes:
            if self.headers.get("Expect") == "100-continue":
                self.send_response_only(100)
                self.end_headers()
            if self.headers.get("Transfer-Encoding") == "chunked":
                return b"".join(iter(lambda: _chunk(self.rfile), b""))
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _reply(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Keep quiet: a failing test shows the function's own output."""

    return Handler
