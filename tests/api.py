"""A small client of the Action API: just enough for the tests to say what they mean."""

import hashlib
import http.client
import json
import urllib.parse

import requests


class ApiError(Exception):
    """The answer was an error."""

    def __init__(self, error):
        super().__init__(f"{error.get('code')}: {error.get('info')}")
        self.error = error
        self.code = error.get("code")


class Wiki:
    """A session with one api.php."""

    def __init__(self, url, timeout=60):
        self.url = url
        self.timeout = timeout
        self.http = requests.Session()
        self.token = None

    def call(self, files=None, **params):
        """Posts an action and gives the answer; raises `ApiError` if it is an error."""
        params = {"format": "json", "formatversion": "2", **params}
        response = self.http.post(self.url, data=params, files=files, timeout=self.timeout)
        response.raise_for_status()
        return checked(response.json())

    def login(self, name, password):
        """Logs in and fetches a token; gives the result."""
        token = self.call(action="query", meta="tokens", type="login")["query"]["tokens"]["logintoken"]
        result = self.call(action="login", lgname=name, lgpassword=password, lgtoken=token)["login"]
        if result["result"] == "Success":
            self.token = self.call(action="query", meta="tokens")["query"]["tokens"]["csrftoken"]
        return result

    def whoami(self):
        """Who the server takes us for."""
        return self.call(action="query", meta="userinfo")["query"]["userinfo"]

    def upload(self, filename, file=None, chunk=None, **params):
        """`action=upload`; gives what stands under `upload`."""
        files = {}
        for part, data in (("file", file), ("chunk", chunk)):
            if data is not None:
                files[part] = (part + ".bin", data, "application/octet-stream")
        params = {"filename": filename, "token": self.token, **params}
        return self.call(files=files or None, action="upload", **params)["upload"]

    def upload_chunks(self, filename, data, size, **params):
        """Sends a file in chunks; gives the answer to the last, with the key to publish by."""
        result = {"offset": 0}
        while result.get("result") != "Success":
            at = result["offset"]
            if "filekey" in result:
                params["filekey"] = result["filekey"]
            result = self.upload(
                filename, chunk=data[at:at + size], offset=at, filesize=len(data), stash=1, ignorewarnings=1, **params
            )
        return result

    def image_info(self, name, **params):
        """All that `prop=imageinfo` gives for a file; an empty list if there is none."""
        params = {"iiprop": "timestamp|user|comment|url|size|sha1|mime|mediatype|bitdepth|archivename", **params}
        page = self.call(action="query", prop="imageinfo", titles="File:" + name, **params)["query"]["pages"][0]
        return page.get("imageinfo", [])

    def cookie_header(self):
        """The cookies as a browser would send them."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies)

    def connect(self):
        """A connection to the server, for requests that no library would send."""
        address = urllib.parse.urlsplit(self.url)
        return http.client.HTTPConnection(address.hostname, address.port, timeout=self.timeout)

    def raw(self, body, content_type, query="", headers=None):
        """Posts these very bytes with the session's cookies; gives the answer, errors included.

        With `Transfer-Encoding: chunked` the body is an iterable of pieces.
        """
        connection = self.connect()
        path = urllib.parse.urlsplit(self.url).path + query
        headers = {"Content-Type": content_type, "Cookie": self.cookie_header(), **(headers or {})}
        connection.request("POST", path, body, headers, encode_chunked="Transfer-Encoding" in headers)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return Answer(response.status, response.headers, answer)


class Answer:
    """What came back for a raw request."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        """The body, decoded."""
        return json.loads(self.body)


def checked(answer):
    """The answer, unless it is an error."""
    if "error" in answer:
        raise ApiError(answer["error"])
    return answer


def sha1(data):
    """As the API writes it."""
    return hashlib.sha1(data).hexdigest()


def fetch(url, **headers):
    """A GET without cookies, as anyone would."""
    return requests.get(url, headers=headers, timeout=60)
