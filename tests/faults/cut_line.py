"""A line to the local Yahoo server that breaks in the middle of an answer."""

from __future__ import annotations

import http.client
import socket
import threading
from urllib.parse import urlsplit


class CutLine:
    """Hands requests on to a server, one after another, and cuts the answers it is told to.

    Attributes:
        seen: answers that were asked for since `cut` was set.
        cut: number of the answer to cut, and whether all later ones too; None for none.
        share: of its body that still comes through.
    """

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url).netloc
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.seen = 0
        self.cut: tuple[int, bool] | None = None
        self.share = 0.5

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(5)
        self._socket.close()

    def break_at(self, number: int | None, *, for_good: bool = False, share: float = 0.5) -> None:
        """Let an answer break, counted from 1; None for none."""
        self.seen, self.share = 0, share
        self.cut = None if number is None else (number, for_good)

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        request = b""
        while b"\r\n\r\n" not in request:
            part = connection.recv(65_536)
            if not part:
                return
            request += part
        method, path, _ = request.decode().split(" ", 2)
        target = http.client.HTTPConnection(self._target, timeout=5)
        target.request(method, path)
        answer = target.getresponse()
        body = answer.read()
        target.close()
        self.seen += 1
        head = f"HTTP/1.1 {answer.status} X\r\nConnection: close\r\n"
        head += f"Content-Type: {answer.headers['Content-Type']}\r\nContent-Length: {len(body)}\r\n"
        if self.cut and (self.seen == self.cut[0] or (self.cut[1] and self.seen > self.cut[0])):
            body = body[: int(len(body) * self.share)]
        connection.sendall(head.encode() + b"\r\n" + body)
