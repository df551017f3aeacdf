"""A browser without a window, driven over a pair of pipes by its DevTools protocol."""

import json
import os
import shutil
import subprocess
import time


def find():
    """The browser's program; `None` if there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Chromium:
    """One browser with one page, which notes what the page asks for."""

    def __init__(self, profile):
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()

        def plug():
            # The numbers that the browser expects. First out of the way, since they may be taken.
            reads, writes = os.dup(to_browser), os.dup(from_browser)
            os.dup2(reads, 3)
            os.dup2(writes, 4)

        self.process = subprocess.Popen(
            [find(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
             f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"],
            preexec_fn=plug, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.count = 0
        self.buffer = b""
        #: What has happened and wasn't looked at.
        self.events = []
        self.session = None
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        self.session = self.ask("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Network", "DOM"):
            self.ask(domain + ".enable")
        self.ask("Network.setCacheDisabled", cacheDisabled=True)
        self.ask("Page.setLifecycleEventsEnabled", enabled=True)

    def receive(self, timeout=60):
        """The next message."""
        deadline = time.monotonic() + timeout
        while b"\0" not in self.buffer:
            if time.monotonic() > deadline:
                raise TimeoutError("the browser is silent")
            piece = os.read(self.input, 1 << 16)
            if not piece:
                raise EOFError("the browser has gone")
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method, **params):
        """Gives an order; gives its result."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, url, settle=False):
        """Shows a page until it is loaded, or until nothing more is asked for; gives its markup then, and the addresses
        that were asked for."""
        self.events.clear()
        result = self.ask("Page.navigate", url=url)
        assert "errorText" not in result, result

        def is_end(event):
            if settle:
                params = event.get("params", {})
                return params.get("name") == "networkIdle" and params.get("loaderId") == result["loaderId"]
            return event.get("method") == "Page.loadEventFired"

        while not any(is_end(event) for event in self.events):
            self.events.append(self.receive())
            if self.events[-1].get("method") == "Page.javascriptDialogOpening":
                self.ask("Page.handleJavaScriptDialog", accept=True)
        root = self.ask("DOM.getDocument", depth=0)["root"]
        markup = self.ask("DOM.getOuterHTML", nodeId=root["nodeId"])["outerHTML"]
        # What a page's own policy or the browser's forbids is told as well, though it never leaves.
        stopped = {event["params"]["requestId"] for event in self.events
                   if event.get("method") == "Network.loadingFailed" and "blockedReason" in event["params"]}
        asked = [event["params"]["request"]["url"] for event in self.events
                 if event.get("method") == "Network.requestWillBeSent" and event["params"]["requestId"] not in stopped]
        return markup, asked

    def stop(self):
        """Ends the browser."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.output)
        os.close(self.input)
