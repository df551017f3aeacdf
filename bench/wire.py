"""HTTP with as little work as possible: one connection that stays open, bodies that are never copied."""

import os
import socket
import ssl
import urllib.parse

#: Most pieces that the kernel takes in one call.
AT_ONCE = 512


class Answer:
    """What came back."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def all(self, name):
        """The values of a field, which may stand there several times."""
        return [value for key, value in self.headers if key == name]

    def first(self, name):
        """The first value of a field, or None."""
        return next(iter(self.all(name)), None)


class Connection:
    """To the server of an address. An answer that never ends is cut off after an hour."""

    def __init__(self, address):
        parts = urllib.parse.urlsplit(address)
        secure = parts.scheme == "https"
        self.host = parts.netloc
        self.socket = socket.create_connection((parts.hostname, parts.port or (443 if secure else 80)), timeout=3600)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if secure:
            self.socket = ssl.create_default_context().wrap_socket(self.socket, server_hostname=parts.hostname)
        self.secure = secure
        self.pending = b""

    def close(self):
        """Ends the connection."""
        self.socket.close()

    def head(self, method, path, length, fields=()):
        """The head of a request with a body of a length."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in fields]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def request(self, method, path, fields=(), pieces=()):
        """Sends a request whose body is these pieces one after the other, and waits for the answer."""
        pieces = list(pieces)
        self.put([self.head(method, path, sum(map(len, pieces)), fields), *pieces])
        return self.answer(method)

    def put(self, pieces):
        """Sends pieces of bytes."""
        if self.secure:
            for piece in pieces:
                self.socket.sendall(piece)
            return
        left = [memoryview(piece) for piece in pieces if len(piece)]
        first = 0
        while first < len(left):
            sent = self.socket.sendmsg(left[first:first + AT_ONCE])
            while first < len(left) and sent >= len(left[first]):
                sent -= len(left[first])
                first += 1
            if sent:
                left[first] = left[first][sent:]

    def answer(self, method="POST"):
        """Reads one answer."""
        while (end := self.pending.find(b"\r\n\r\n")) < 0:
            self.more()
        head, self.pending = self.pending[:end].decode("latin-1"), self.pending[end + 4:]
        status, *lines = head.split("\r\n")
        headers = [(name.lower(), value.strip()) for name, value in (line.split(":", 1) for line in lines)]
        answer = Answer(int(status.split()[1]), headers, b"")
        if answer.first("transfer-encoding") == "chunked":
            answer.body = self.chunks()
        elif method != "HEAD" and answer.status not in (204, 304):
            answer.body = self.take(int(answer.first("content-length") or 0))
        return answer

    def chunks(self):
        """A body in HTTP's own chunks."""
        body = []
        while True:
            while (end := self.pending.find(b"\r\n")) < 0:
                self.more()
            size = int(self.pending[:end].split(b";")[0], 16)
            self.pending = self.pending[end + 2:]
            body.append(self.take(size))
            self.take(2)
            if size == 0:
                return b"".join(body)

    def take(self, length):
        """So many bytes."""
        while len(self.pending) < length:
            self.more()
        taken, self.pending = self.pending[:length], self.pending[length:]
        return taken

    def more(self):
        """Waits for bytes."""
        received = self.socket.recv(1 << 18)
        if not received:
            raise ConnectionError("the server has closed the connection")
        self.pending += received


def free_port():
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def sync(path):
    """Makes what somebody else has written durable."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
