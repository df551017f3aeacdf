"""The client's side of MediaWiki's upload API."""

import json
import time
import urllib.parse

from material import Sound
from wire import Connection

BOUNDARY = "a-boundary-that-occurs-nowhere-else"


class Wiki:
    """One wiki, logged in. Made once, used by any number of connections and processes."""

    def __init__(self, label, api, login, password):
        self.label, self.api = label, api
        self.path = urllib.parse.urlsplit(api).path
        self.cookies, self.token = {}, None
        connection = Connection(api)
        token = self.call(connection, action="query", meta="tokens", type="login")["query"]["tokens"]["logintoken"]
        result = self.call(connection, action="login", lgname=login, lgpassword=password, lgtoken=token)["login"]
        if result["result"] != "Success":
            raise SystemExit(f"{label}: login as {login} fails: {result}")
        self.token = self.call(connection, action="query", meta="tokens")["query"]["tokens"]["csrftoken"]
        connection.close()

    def call(self, connection, **params):
        """A request without a file."""
        body = urllib.parse.urlencode({"format": "json", "formatversion": "2", **params}).encode()
        fields = [("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", self.cookie())]
        answer = connection.request("POST", self.path, fields, [body])
        for cookie in answer.all("set-cookie"):
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return json.loads(answer.body)

    def thumbnail(self, connection, name, width):
        """The path of a thumbnail of a file, if it can have one, and that of the file, as the wiki tells them."""
        told = self.call(
            connection, action="query", titles=f"File:{name}", prop="imageinfo", iiprop="url", iiurlwidth=width,
        )["query"]["pages"][0]["imageinfo"][0]
        return tuple(urllib.parse.urlsplit(told[field]).path if field in told else None for field in ("thumburl", "url"))

    def cookie(self):
        """The session, as a request shows it."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def connect(self):
        """A connection that stays open."""
        return Connection(self.api)

    def fields(self):
        """What the head of an upload says."""
        return [("Content-Type", f"multipart/form-data; boundary={BOUNDARY}"), ("Cookie", self.cookie())]

    def body(self, part=None, data=(), **params):
        """The pieces of an upload's body; the file is the last part."""
        params = {"action": "upload", "format": "json", "formatversion": "2", "ignorewarnings": "1", **params}
        head = "".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in {**params, "token": self.token}.items()
        )
        end = f"--{BOUNDARY}--\r\n".encode()
        if not part:
            return [head.encode(), end]
        head += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{part}"; filename="{part}"\r\n'
        head += "Content-Type: application/octet-stream\r\n\r\n"
        return [head.encode(), *data, b"\r\n" + end]

    def send(self, connection, pieces):
        """Posts such a body; gives what stands under `upload`, and the seconds that the answer took."""
        began = time.perf_counter()
        answer = connection.request("POST", self.path, self.fields(), pieces)
        took = time.perf_counter() - began
        try:
            upload = json.loads(answer.body).get("upload", {})
        except ValueError:
            upload = {}
        if upload.get("result") not in ("Success", "Continue"):
            raise SystemExit(f"{self.label}: {answer.status} {answer.body[:500]}")
        return upload, took


class Chunked:
    """One upload in chunks: its steps and how long they took."""

    def __init__(self, wiki, connection, size, noise):
        self.wiki, self.connection = wiki, connection
        self.sound = Sound(size, noise)
        self.name = f"Bench {noise.randbytes(8).hex()}.wav"
        self.key = {}
        self.sent = 0

    def send(self, length):
        """The next chunk; gives its seconds."""
        data = self.sound.pieces(self.sent, length)
        params = {"filename": self.name, "stash": "1", "filesize": self.sound.size, "offset": self.sent, **self.key}
        upload, took = self.wiki.send(self.connection, self.wiki.body("chunk", data, **params))
        self.sent += sum(map(len, data))
        self.key = {"filekey": upload["filekey"]}
        return took

    def publish(self):
        """Makes the file public; gives the seconds."""
        body = self.wiki.body(filename=self.name, comment="bench", **self.key)
        upload, took = self.wiki.send(self.connection, body)
        if upload["imageinfo"]["size"] != self.sound.size:
            raise SystemExit(f"{self.wiki.label}: {upload}")
        return took

    def run(self, chunk):
        """All of it; gives the seconds of each chunk, and of publishing."""
        times = []
        while self.sent < self.sound.size:
            times.append(self.send(chunk))
        return times, self.publish()
