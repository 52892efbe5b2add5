"""What stands between a worker and its server, and cuts their connection inside a commit."""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

COMMIT = b"COMMIT"


@dataclass(slots=True)
class Proxy:
    """Hands bytes on; once ``cut`` is called it cuts the connection on which the next commit is asked for.

    ``arrives`` says whether the server still gets that commit: then it is written, and nobody hears of it.
    """

    server: int
    arrives: bool
    cuts: int = 0
    _armed: threading.Event = field(default_factory=threading.Event)
    _sockets: list[socket.socket] = field(default_factory=list)
    _workers: list[threading.Thread] = field(default_factory=list)
    _listener: socket.socket = field(init=False)
    _accepting: threading.Thread = field(init=False)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        for one in self._sockets:
            with suppress(OSError):  # the other end may have gone
                one.shutdown(socket.SHUT_RDWR)
        for worker in self._workers:
            worker.join()
        for one in (self._listener, *self._sockets):
            one.close()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def cut(self) -> None:
        """Cut at the next commit."""
        self._armed.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.server))
                self._sockets += [client, server]
                for work in (self._up, self._down):
                    worker = threading.Thread(target=work, args=(client, server), daemon=True)
                    worker.start()
                    self._workers.append(worker)

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while said := client.recv(65536):
                if COMMIT in said and self._armed.is_set():
                    self._cut(client, server, said)
                    return
                server.sendall(said)
            server.shutdown(socket.SHUT_WR)

    def _cut(self, client: socket.socket, server: socket.socket, said: bytes) -> None:
        self._armed.clear()
        self.cuts += 1
        client.shutdown(socket.SHUT_RDWR)
        if self.arrives:
            server.sendall(said)
        server.shutdown(socket.SHUT_WR)

    @staticmethod
    def _down(client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while said := server.recv(65536):
                with suppress(OSError):  # it was cut: the server is heard out all the same
                    client.sendall(said)
            client.shutdown(socket.SHUT_WR)
