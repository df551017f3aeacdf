#!/usr/bin/env python3
"""Uploads a file in chunks of 5,000 bytes, step by step as API documentation shows it, with requests.

    chunked.py API LOGIN PASSWORD FILE NAME
"""

import os
import sys

import requests

URL, LOGIN, PASSWORD, PATH, NAME = sys.argv[1:]
CHUNK_SIZE = 5000

S = requests.Session()


def read_chunks(file_object, chunk_size):
    """One chunk after the other."""
    while data := file_object.read(chunk_size):
        yield data


# Step 1: a login token
R = S.get(url=URL, params={"action": "query", "meta": "tokens", "type": "login", "format": "json"})
LOGIN_TOKEN = R.json()["query"]["tokens"]["logintoken"]

# Step 2: log in
R = S.post(URL, data={
    "action": "login",
    "lgname": LOGIN,
    "lgpassword": PASSWORD,
    "lgtoken": LOGIN_TOKEN,
    "format": "json",
})

# Step 3: a token for changes
R = S.get(url=URL, params={"action": "query", "meta": "tokens", "format": "json"})
CSRF_TOKEN = R.json()["query"]["tokens"]["csrftoken"]

# Step 4: the chunks; each answer says where the next one begins and by which key to go on
PARAMS = {
    "action": "upload",
    "stash": 1,
    "filename": NAME,
    "filesize": os.path.getsize(PATH),
    "offset": 0,
    "format": "json",
    "token": CSRF_TOKEN,
    "ignorewarnings": 1,
}
EXTENSION = os.path.splitext(NAME)[1]
with open(PATH, "rb") as FILE:
    for index, chunk in enumerate(read_chunks(FILE, CHUNK_SIZE)):
        files = {"chunk": (str(index) + EXTENSION, chunk, "multipart/form-data")}
        R = S.post(URL, files=files, data=PARAMS)
        DATA = R.json()
        print(R.text)
        PARAMS["filekey"] = DATA["upload"]["filekey"]
        PARAMS["offset"] = DATA["upload"].get("offset")

# Step 5: out of the stash
R = S.post(URL, data={
    "action": "upload",
    "filename": NAME,
    "filekey": PARAMS["filekey"],
    "comment": "Uploaded in chunks",
    "format": "json",
    "token": CSRF_TOKEN,
})
print(R.text)
