#!/usr/bin/env python3
"""Uploads a file with Pywikibot, whose configuration lies in the directory that PYWIKIBOT_DIR names.

    robot.py FILE NAME [CHUNK-SIZE [async]]
"""

import json
import sys

import pywikibot

path, name = sys.argv[1:3]
chunk_size = int(sys.argv[3]) if len(sys.argv) > 3 else 0
asynchronous = sys.argv[4:] == ["async"]

site = pywikibot.Site()
site.login()
page = pywikibot.FilePage(site, "File:" + name)
done = site.upload(
    page,
    source_filename=path,
    comment="Uploaded by a robot",
    text="A [[test]]",
    chunk_size=chunk_size,
    asynchronous=asynchronous,
)
page.clear_cache()
info = page.latest_file_info
print(json.dumps({"done": done, "url": page.get_file_url(), "sha1": info.sha1, "size": info.size, "text": page.text}))
