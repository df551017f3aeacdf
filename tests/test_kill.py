"""Pulls the plug at random moments: what was acknowledged stays, what wasn't is there whole or not at all.

`COMMONHOLD_TEST_KILLS` says how often, `COMMONHOLD_TEST_SEED` repeats the moments and the contents of a run.
"""

import itertools
import json
import os
import random
import threading

import requests

from api import ApiError, Wiki, sha1
from media import jpeg

KILLS = int(os.environ.get("COMMONHOLD_TEST_KILLS") or 50)
LONGEST_ROUND_SECONDS = 0.6
CHUNK = 16384


#: A file is overwritten so often, then comes the next.
VERSIONS = 20


class Ledger:
    """What the clients have sent, and what of it the server has acknowledged."""

    def __init__(self):
        self.lock = threading.Lock()
        #: Of each name the digests of all versions that were sent, in order.
        self.sent = {}
        #: Of each name the numbers of those that were acknowledged.
        self.acknowledged = {}
        #: The names of which it isn't so that they have to be there: whether they may be.
        self.may_be = {}

    def send(self, name, digest):
        with self.lock:
            self.sent.setdefault(name, []).append(digest)

    def acknowledge(self, name, answer):
        with self.lock:
            assert answer["result"] == "Success", answer
            assert answer["filename"] == name
            self.acknowledged.setdefault(name, []).append(len(self.sent[name]) - 1)

    def possible(self, name):
        """The digests that the current version may have: that of the last acknowledged one, or of a later one."""
        sent = self.sent.get(name, [])
        return sent[self.acknowledged[name][-1]:] if name in self.acknowledged else sent


class Client(threading.Thread):
    """Uploads one file after the other until the server is gone."""

    def __init__(self, wiki, ledger, work):
        super().__init__()
        self.wiki, self.ledger, self.work = wiki, ledger, work
        self.failure = None

    def run(self):
        try:
            while True:
                self.work(self.wiki, self.ledger)
        except requests.RequestException:
            pass
        except Exception as failure:  # told by the main thread
            self.failure = failure


class Direct:
    """Uploads in one request each."""

    def __init__(self, label, seed):
        self.label, self.random, self.count = label, random.Random(seed), itertools.count()

    def __call__(self, wiki, ledger):
        name = f"Direct_{self.label}_{next(self.count)}.jpg"
        data = jpeg(seed=self.random.random(), extra=self.random.randbytes(self.random.randrange(60_000)))
        ledger.send(name, sha1(data))
        ledger.acknowledge(name, wiki.upload(name, file=data))


class Overwriting:
    """Uploads one version of a file after the other."""

    def __init__(self, label, seed):
        self.label, self.random, self.count = label, random.Random(seed), itertools.count()

    def __call__(self, wiki, ledger):
        name = f"Overwritten_{self.label}_{next(self.count) // VERSIONS}.jpg"
        data = jpeg(seed=self.random.random(), extra=self.random.randbytes(self.random.randrange(30_000)))
        ledger.send(name, sha1(data))
        ledger.acknowledge(name, wiki.upload(name, file=data, ignorewarnings=1))


class Stashed:
    """Puts files in the stash and publishes them from there, again where the answer got lost."""

    def __init__(self, label, seed):
        self.label, self.random, self.count = label, random.Random(seed), itertools.count()
        self.key = None

    def __call__(self, wiki, ledger):
        if self.key is None:
            self.name = f"Stashed_{self.label}_{next(self.count)}.jpg"
            data = jpeg(seed=self.random.random(), extra=self.random.randbytes(self.random.randrange(60_000)))
            self.digest, self.sent = sha1(data), False
            answer = wiki.upload(self.name, file=data, stash=1)
            assert answer["result"] == "Success", answer
            assert answer["imageinfo"]["sha1"] == self.digest
            self.key = answer["filekey"]
        if not self.sent:
            ledger.send(self.name, self.digest)
            self.sent = True
        ledger.acknowledge(self.name, wiki.upload(self.name, filekey=self.key))
        self.key = None


class Managed:
    """Uploads files, deletes them, and brings them back."""

    def __init__(self, label, seed):
        self.label, self.random, self.count = label, random.Random(seed), itertools.count()
        self.todo, self.again = [], False

    def __call__(self, wiki, ledger):
        if not self.todo:
            self.name = f"Managed_{self.label}_{next(self.count)}.jpg"
            data = jpeg(seed=self.random.random(), extra=self.random.randbytes(self.random.randrange(10_000)))
            ledger.send(self.name, sha1(data))
            ledger.acknowledge(self.name, wiki.upload(self.name, file=data))
            self.todo = ["undelete", "delete"]
        action = self.todo[-1]
        again, self.again = self.again, True
        ledger.may_be[self.name] = True
        try:
            wiki.call(action=action, title="File:" + self.name, token=wiki.token)
        except ApiError as refused:
            # It had been done when the answer was cut off.
            if not (again and refused.code in ("missingtitle", "cantundelete")):
                raise
        self.todo.pop()
        self.again = False
        if action == "delete":
            ledger.may_be[self.name] = False
        else:
            del ledger.may_be[self.name]


class Chunked:
    """One chunked upload after the other; each step may be cut off, and is then repeated unchanged."""

    def __init__(self, label, seed):
        self.label, self.random, self.count = label, random.Random(seed), itertools.count()
        self.name = None

    def begin(self):
        self.name = f"Chunked_{self.label}_{next(self.count)}.jpg"
        self.data = jpeg(seed=self.random.random(), extra=self.random.randbytes(60_000))
        self.key, self.offset, self.whole = None, 0, False
        # Whether the server may have done the next step already, without our having got its answer.
        self.unanswered = False

    def __call__(self, wiki, ledger):
        if self.name is None:
            self.begin()
        if self.whole:
            if self.name not in ledger.sent:
                ledger.send(self.name, sha1(self.data))
            ledger.acknowledge(self.name, wiki.upload(self.name, filekey=self.key))
            self.name = None
        else:
            self.step(wiki)

    def step(self, wiki):
        """One chunk, at the offset that was acknowledged last."""
        chunk = self.data[self.offset:self.offset + CHUNK]
        reached = self.offset + len(chunk)
        key = {"filekey": self.key} if self.key else {}
        repeated, self.unanswered = self.unanswered, True
        try:
            answer = wiki.upload(
                self.name, chunk=chunk, offset=self.offset, filesize=len(self.data), stash=1, ignorewarnings=1, **key
            )
        except ApiError as refused:
            # A chunk that had been taken before the cut may be refused, if the answer says where to go on.
            if not (repeated and refused.code == "stashfailed" and refused.error.get("offset") == str(reached)):
                raise
            self.offset, self.unanswered = reached, False
            return
        self.unanswered = False
        if answer["result"] == "Continue":
            assert answer["offset"] == reached, answer
        else:
            assert (answer["result"], reached) == ("Success", len(self.data)), answer
            assert answer["imageinfo"]["sha1"] == sha1(self.data)
            self.whole = True
        self.key, self.offset = answer["filekey"], reached


def listed(wiki):
    """All files: name to entry."""
    files, more = {}, {}
    while more is not None:
        answer = wiki.call(action="query", list="allimages", ailimit="max", aiprop="sha1|size|url", **more)
        files.update((entry["name"], entry) for entry in answer["query"]["allimages"])
        more = answer.get("continue")
    return files


def check(wiki, ledger, verified):
    """Nothing acknowledged is lost, and nothing is there by halves."""
    files, reader = listed(wiki), requests.Session()
    for name in ledger.acknowledged:
        if name not in ledger.may_be:
            assert name in files, f"{name} was acknowledged and is lost"
    for name, entry in files.items():
        assert ledger.may_be.get(name, True), f"{name} is back although its deletion was acknowledged"
        assert entry["sha1"] in ledger.possible(name), f"{name} isn't what was sent"
        if verified.get(name) != entry["sha1"]:
            answer = reader.get(entry["url"], timeout=60)
            assert answer.status_code == 200, entry
            assert (len(answer.content), sha1(answer.content)) == (entry["size"], entry["sha1"]), entry
            verified[name] = entry["sha1"]
    # What was under way has both its page and its file, or neither.
    unsure = [name for name in ledger.sent if name not in ledger.acknowledged or name in ledger.may_be]
    for at in range(0, len(unsure), 50):
        titles = "|".join("File:" + name for name in unsure[at:at + 50])
        answer = wiki.call(action="query", prop="info|imageinfo", titles=titles, iiprop="sha1")
        for page in answer["query"]["pages"]:
            assert ("missing" in page) == ("imageinfo" not in page), page


def check_histories(wiki, ledger):
    """Each acknowledged version is in its file's history, with its bytes."""
    for name, numbers in ledger.acknowledged.items():
        if not name.startswith("Overwritten"):
            continue
        history = wiki.image_info(name, iilimit="max")
        digests = {version["sha1"] for version in history}
        missing = {ledger.sent[name][number] for number in numbers} - digests
        assert not missing, f"{name} lacks versions that were acknowledged"
        assert digests <= set(ledger.sent[name]), name
        assert len(history) == len(digests), f"{name} has a version twice"
        for version in history:
            answer = requests.get(version["url"], timeout=60)
            assert (answer.status_code, sha1(answer.content)) == (200, version["sha1"]), version


def check_stores(server):
    """Rows and bytes agree, and what the cuts have left can be removed."""

    def fsck(*options):
        result = server.cli("--json", "fsck", "--deep", *options, check=False)
        *problems, summary = [json.loads(line) for line in result.stdout.splitlines()]
        assert result.returncode == 0, (problems, result.stderr)
        # All else that a cut may leave is no problem.
        assert {problem["fault"] for problem in problems} <= {"half-sealed"}, problems
        return summary

    before = fsck("--repair")
    removed = json.loads(server.cli("--json", "gc", "--older-than", "0s", "--force").stdout)
    print(f"{before['repaired']} were half sealed, {before['young']} were nobody's; removed {removed}")
    after = fsck()
    assert (after["problems"], after["young"], after["versions"]) == (0, 0, before["versions"])


def session(target, first):
    """Another connection in the same login: nobody has to log in again after a crash."""
    wiki = Wiki(target.api)
    wiki.http.cookies.update(first.http.cookies)
    wiki.token = first.token
    return wiki


def test_kills(new_server):
    seed = int(os.environ.get("COMMONHOLD_TEST_SEED") or random.randrange(10**9))
    print(f"COMMONHOLD_TEST_SEED={seed}")
    moments = random.Random(seed)
    target = new_server()
    run(target, target.wiki(), moments)


def run(target, login, moments):
    """All the rounds."""
    server, ledger, verified = target.server, Ledger(), {}
    kinds = Direct, Overwriting, Stashed, Chunked, Managed
    works = [kind(label, moments.random()) for kind in kinds for label in "AB"]
    for number in range(KILLS):
        clients = [Client(session(target, login), ledger, work) for work in works]
        moment = moments.uniform(0, LONGEST_ROUND_SECONDS)
        print(f"kill {number + 1} after {moment:.3f} s, {len(ledger.acknowledged)} files acknowledged so far")
        killer = threading.Timer(moment, server.kill)
        for client in clients:
            client.start()
        killer.start()
        for thread in (killer, *clients):
            thread.join()
        server.start()
        for client in clients:
            assert client.failure is None, (client.work.__dict__.get("name"), client.failure)
        check(login, ledger, verified)
    for kind in ("Direct", "Overwritten", "Stashed", "Chunked", "Managed"):
        assert any(name.startswith(kind) for name in ledger.acknowledged), kind
    check(login, ledger, {})
    check_histories(login, ledger)
    server.stop()
    check_stores(server)
    server.start()
    check(login, ledger, {})
