"""A web server on 127.0.0.1 that serves files, and misbehaves where it is told to."""

import http.server
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Reply:
    """One answer of the server.

    A range of the body is served when asked for, unless `ranges` is false or If-Range names another
    ETag. The connection is cut after `cut` bytes of the body, and the answer begins after `delay` seconds.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = "application/octet-stream"
    etag: str | None = '"1"'
    headers: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    length: bool = True
    cut: int | None = None
    delay: float = 0.0


@dataclass
class Request:
    """What a client asked for, and how many bytes of a body it was given."""

    path: str
    headers: dict[str, str]
    served: int = 0


class Loopback:
    """Serve `replies[path]`, one after another and the last for ever, else files of `folder`, else 404.

    Use it as a context manager; `requests` then lists what was asked for.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.replies: defaultdict[str, list[Reply]] = defaultdict(list)
        self.requests: list[Request] = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server._answer(self)

            def log_message(self, *arguments: object) -> None:
                pass

        self._httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> "Loopback":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._httpd.shutdown()
        self._thread.join()
        self._httpd.server_close()

    def url(self, path: str) -> str:
        """Return the address of a path that begins with a slash."""
        return f"http://127.0.0.1:{self._httpd.server_address[1]}{path}"

    def _next_reply(self, path: str) -> Reply:
        replies = self.replies[path]
        if replies:
            return replies.pop(0) if len(replies) > 1 else replies[0]
        file = self.folder / path.lstrip("/") if self.folder else None
        if file and file.is_file():
            return Reply(file.read_bytes())
        return Reply(b"<html><title>Not found</title></html>", status=404, content_type="text/html")

    def _answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        request = Request(handler.path, dict(handler.headers))
        self.requests.append(request)
        reply = self._next_reply(handler.path)
        time.sleep(reply.delay)
        body, status, headers = reply.body, reply.status, dict(reply.headers)
        begin = _begin(request.headers.get("Range")) if reply.ranges and status == 200 else None
        if begin is not None and request.headers.get("If-Range", reply.etag) == reply.etag:
            if begin < len(body):
                headers.setdefault("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
                status, body = 206, body[begin:]
            else:
                status, body = 416, b""
        handler.send_response(status)
        if reply.length:
            headers.setdefault("Content-Length", str(len(body)))
        if reply.etag:
            headers.setdefault("ETag", reply.etag)
        headers.setdefault("Content-Type", reply.content_type)
        handler.close_connection = True
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Connection", "close")
        handler.end_headers()
        body = body if reply.cut is None else body[: reply.cut]
        request.served = len(body)
        handler.wfile.write(body)


def _begin(range_header: str | None) -> int | None:
    return int(range_header.removeprefix("bytes=").removesuffix("-")) if range_header else None
