#!/usr/bin/env python3
"""Uploads a file in one request, step by step as API documentation shows it, with requests.

    direct.py API LOGIN PASSWORD FILE NAME
"""

import sys

import requests

URL, LOGIN, PASSWORD, PATH, NAME = sys.argv[1:]

S = requests.Session()

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

# Step 4: the file
PARAMS = {
    "action": "upload",
    "filename": NAME,
    "format": "json",
    "token": CSRF_TOKEN,
    "ignorewarnings": 1,
}
with open(PATH, "rb") as FILE:
    R = S.post(URL, files={"file": (NAME, FILE, "multipart/form-data")}, data=PARAMS)
print(R.text)
