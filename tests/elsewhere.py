"""Another server on loopback, for uploads by URL: it answers as it is told and remembers what it was asked."""

import http.server
import threading


class Elsewhere:
    """Answers by path. A path's answer is a function that takes the request's handler."""

    def __init__(self):
        self.answers = {}
        self.requests = []
        #: Set when a test is over; answers that never end look at it.
        self.over = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                self.close_connection = True
                try:
                    outer.answers[self.path](self)
                except (BrokenPipeError, ConnectionResetError):
                    pass

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, path):
        """The address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def on(self, path, answer):
        """Gives a path its answer; gives its address."""
        self.answers[path] = answer
        return self.url(path)

    def serve(self, path, body=b"", status=200, **headers):
        """Answers with this body. Header fields with `_` for `-`; one of `None` is left out."""
        fields = {"Content-Length": str(len(body)), **{name.replace("_", "-"): v for name, v in headers.items()}}

        def answer(handler):
            handler.send_response(status)
            for name, value in fields.items():
                if value is not None:
                    handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

        return self.on(path, answer)

    def redirect(self, path, to, status=302):
        """Sends on to another address."""
        return self.serve(path, status=status, Location=to)

    def drip(self, path, piece, pause, length=None):
        """Sends a piece after each pause, without end."""

        def answer(handler):
            handler.send_response(200)
            if length is not None:
                handler.send_header("Content-Length", str(length))
            handler.end_headers()
            while not self.over.wait(pause):
                handler.wfile.write(piece)

        return self.on(path, answer)

    def paths(self):
        """What was asked for, in order."""
        return [path for path, _ in self.requests]

    def stop(self):
        """Ends the server."""
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
