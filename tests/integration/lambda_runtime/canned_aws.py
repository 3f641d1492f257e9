"""An AWS endpoint that knows no segment yet and takes every write."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class CannedAws:
    """Answers DynamoDB, EventBridge and S3, and remembers what was asked of them."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self.calls))
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """What AWS_ENDPOINT_URL shall be."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def asked(self, operation: str) -> list[Any]:
        """The bodies of all calls of one operation, in order."""
        return [body for name, body in self.calls if name == operation]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def answer(operation: str, body: Any) -> Any:
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


def _handler_of(calls: list[tuple[str, Any]]) -> type[BaseHTTPRequestHandler]:
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
