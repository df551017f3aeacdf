"""Logging in, cookies, and what becomes of both."""

import http.cookies

import pytest
import requests

from api import ApiError, Wiki
from media import jpeg


def set_cookies(response):
    """The cookies that an answer sets, by name, each with its flags in small letters."""
    lines = response.raw.headers.getlist("Set-Cookie")
    return {line.split("=", 1)[0]: line.lower() for line in lines}


def test_the_three_ways_in(target):
    wiki = Wiki(target.api)
    login = wiki.login(target.login, target.password)
    assert (login["result"], login["lgusername"]) == ("Success", target.user)
    assert wiki.whoami()["name"] == target.user

    # The password may carry the application instead of the name.
    user, app = target.login.split("@")
    assert Wiki(target.api).login(user, f"{app}@{target.password}")["result"] == "Success"

    # The old way: the first request gives the token.
    old = Wiki(target.api)
    asked = old.call(action="login", lgname=target.login, lgpassword=target.password)["login"]
    assert asked["result"] == "NeedToken"
    given = old.call(action="login", lgname=target.login, lgpassword=target.password, lgtoken=asked["token"])["login"]
    assert given["result"] == "Success"
    assert old.whoami()["name"] == target.user


def test_clientlogin_takes_the_main_password(own):
    password = own.add_user("Clara", "sysop")
    wiki = Wiki(own.api)
    token = wiki.call(action="query", meta="tokens", type="login")["query"]["tokens"]["logintoken"]
    common = {"action": "clientlogin", "username": "Clara", "logintoken": token, "loginreturnurl": "http://localhost/"}
    wrong = wiki.call(password="wrong", **common)["clientlogin"]
    assert (wrong["status"], wrong["messagecode"]) == ("FAIL", "wrongpassword")
    right = wiki.call(password=password, **common)["clientlogin"]
    assert (right["status"], right["username"]) == ("PASS", "Clara")
    assert wiki.whoami()["name"] == "Clara"


def test_wrong_credentials(target):
    wiki = Wiki(target.api)
    for login, password in ((target.login, "0" * 32), ("Nobody@tests", target.password), ("Nobody", "x")):
        result = wiki.login(login, password)
        assert result["result"] == "Failed"
        assert result["reason"]
    assert wiki.whoami()["id"] == 0
    assert Wiki(target.api).login(target.login, target.password)["result"] == "Success"


def test_cookies(target):
    session = requests.Session()
    first = session.get(
        target.api, params={"action": "query", "meta": "tokens", "type": "login", "format": "json"}, timeout=60
    )
    token = first.json()["query"]["tokens"]["logintoken"]
    second = session.post(
        target.api,
        params={"action": "login", "format": "json"},
        data={"lgname": target.login, "lgpassword": target.password, "lgtoken": token},
        timeout=60,
    )
    assert second.json()["login"]["result"] == "Success"
    for answer in (first, second):
        cookies = set_cookies(answer)
        assert cookies
        for line in cookies.values():
            assert "path=/" in line
            assert "httponly" in line
            # The address begins with http:, so a browser wouldn't send them back with this.
            assert "; secure" not in line


@pytest.mark.usefixtures("own")
def test_cookies_stay_at_home(target):
    answer = requests.get(
        target.api, params={"action": "query", "meta": "tokens", "type": "login", "format": "json"}, timeout=60
    )
    for line in set_cookies(answer).values():
        assert "samesite=lax" in line
        assert "domain=" not in line
    # Who only reads gets none.
    plain = requests.get(target.api, params={"action": "query", "meta": "siteinfo", "format": "json"}, timeout=60)
    assert not set_cookies(plain)


def test_under_https_cookies_are_for_https_only(new_server):
    target = new_server({"server.public_url": "https://files.example.org"})
    answer = requests.get(
        target.api, params={"action": "query", "meta": "tokens", "type": "login", "format": "json"}, timeout=60
    )
    assert set_cookies(answer)
    for line in set_cookies(answer).values():
        assert "; secure" in line


def test_logging_in_changes_the_session(target):
    wiki = Wiki(target.api)
    wiki.call(action="query", meta="tokens", type="login")
    before = {cookie.value for cookie in wiki.http.cookies}
    wiki.login(target.login, target.password)
    stale = Wiki(target.api)
    for cookie in http.cookies.SimpleCookie(wiki.cookie_header()).values():
        if cookie.value in before:
            stale.http.cookies.set(cookie.key, cookie.value)
    assert stale.whoami()["id"] == 0


def test_a_token_stays_good_until_logout(target, name):
    wiki = target.wiki()
    early = wiki.token
    wiki.call(action="query", meta="tokens")
    assert wiki.upload(name, file=jpeg(), stash=1)["result"] == "Success"
    other = target.wiki()
    with pytest.raises(ApiError, match="badtoken"):
        other.call(action="upload", filename=name, token=early, url="x")
    assert wiki.call(action="logout", token=early) == {}
    assert wiki.whoami()["id"] == 0
    with pytest.raises(ApiError, match="badtoken"):
        wiki.call(action="upload", filename=name, token=early, url="x")


def test_sessions_and_tokens_survive_a_restart(new_server, name):
    target = new_server()
    wiki = target.wiki()
    key = wiki.upload(name, file=jpeg(), stash=1)["filekey"]
    target.server.stop()
    target.server.start()
    assert wiki.whoami()["name"] == target.user
    assert wiki.upload(name, filekey=key)["result"] == "Success"


def test_guessing_passwords_is_slowed_down(new_server):
    target = new_server()
    password = target.server.add_user("Victim")
    wiki = Wiki(target.api)

    def attempt(secret):
        token = wiki.call(action="query", meta="tokens", type="login")["query"]["tokens"]["logintoken"]
        answer = wiki.call(
            action="login", lgname="Victim", lgpassword=secret, lgtoken=token, errorformat="plaintext"
        )
        return answer["login"]

    for _ in range(5):
        assert attempt("wrong")["reason"]["code"] == "wrongpassword"
    # From now on not even the right one is tried.
    assert attempt("wrong")["reason"]["code"] == "login-throttled"
    assert attempt(password)["reason"]["code"] == "login-throttled"
    # Others aren't affected.
    assert target.wiki().whoami()["name"] == target.user


def test_a_bot_password_can_do_no_more_than_its_grants(new_server, name):
    target = new_server()
    server = target.server
    password = "0123456789abcdefghijklmnopqrstuv"
    server.cli("bot-password", "create", "Maker", "reader", "--grant", "basic", "--password", password)
    wiki = Wiki(server.api)
    assert wiki.login("Maker@reader", password)["result"] == "Success"
    with pytest.raises(ApiError, match="permissiondenied"):
        wiki.upload(name, file=jpeg())
    server.cli("bot-password", "revoke", "Maker", "reader")
    assert wiki.whoami()["id"] == 0
    assert Wiki(server.api).login("Maker@reader", password)["result"] == "Failed"
