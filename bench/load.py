"""Many small uploads at a time, with so little work for each that the server is what is measured.

Bodies are made before the clock starts. Each process waits for all of its connections at once and keeps one request
under way on each of them.
"""

import multiprocessing
import random
import select
import time

from material import png

#: Processes that send; two are enough to keep two cores of a server busy.
PROCESSES = 2


def run(wiki, count, size, connections):
    """Uploads `count` pictures of about `size` bytes; gives the seconds that it took, those of each that succeeded, and
    how many did not: MediaWiki refuses some when many come at a time. One in ten is too many to be measured."""
    processes = min(PROCESSES, connections)
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(processes + 1)
    workers = []
    for number in range(processes):
        ours, theirs = context.Pipe()
        share = count // processes + (number < count % processes)
        mine = connections // processes + (number < connections % processes)
        process = context.Process(target=work, args=(wiki, share, size, mine, gate, theirs), daemon=True)
        process.start()
        theirs.close()
        workers.append((process, ours))
    gate.wait()
    began = time.perf_counter()
    times, refused = [], 0
    for process, pipe in workers:
        try:
            result = pipe.recv()
        except EOFError:
            result = "a process that sends has died"
        if isinstance(result, str):
            raise SystemExit(f"{wiki.label}: {result}")
        times += result[0]
        refused += result[1]
    took = time.perf_counter() - began
    for process, _ in workers:
        process.join()
    if refused * 10 > count:
        raise SystemExit(f"{wiki.label}: {refused} of {count} uploads are refused")
    return took, times, refused


def work(wiki, count, size, connections, gate, pipe):
    """One process."""
    noise = random.Random()
    tag = noise.randbytes(8).hex()
    sockets = [wiki.connect() for _ in range(connections)]
    requests = []
    for number in range(count):
        pieces = wiki.body("file", [png(size, noise)], filename=f"Bench {tag} {number}.png")
        head = sockets[0].head("POST", wiki.path, sum(map(len, pieces)), wiki.fields())
        requests.append(b"".join([head, *pieces]))
    gate.wait()
    try:
        pipe.send(drive(sockets, requests))
    except (OSError, ValueError) as error:
        pipe.send(repr(error))


def drive(connections, requests):
    """Keeps one request under way on each connection; gives the seconds of each, and how many were refused."""
    poll = select.epoll()
    waiting, times, refused = {}, [], 0

    def send(connection):
        connection.socket.sendall(requests.pop())
        waiting[connection.socket.fileno()] = (connection, time.perf_counter())

    for connection in connections[:len(requests)]:
        poll.register(connection.socket.fileno(), select.EPOLLIN)
        send(connection)
    while waiting:
        for number, _ in poll.poll():
            connection, began = waiting.pop(number)
            # Answers are short: what comes first brings the rest with it.
            answer = connection.answer()
            if b'"result":"Success"' in answer.body:
                times.append(time.perf_counter() - began)
            else:
                refused += 1
            if requests:
                send(connection)
    return times, refused
