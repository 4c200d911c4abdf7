"""The client every network source uses: polite, whole or not at all, and never led astray."""

import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pile_assets.errors import PileError, Quarantine
from pile_assets.sources.http import Client, Missing, Patience, redirect_refusal
from pile_assets.sources.http_cache import HttpCache
from pile_assets_tests.mirror.faults import Plan, Redirect, Refuse, Stall, Truncate, WrongLength
from pile_assets_tests.mirror.server import Mirror

QUICK = Patience(attempts=3, connect=2.0, read=0.3, first_wait=0.01, longest_wait=1.5)
LIMIT = 1_000_000


@pytest.fixture
def mirror():
    with Mirror() as running:
        yield running


@pytest.fixture
def client(tmp_path):
    return Client("a_source", tmp_path / "http", interval=0, patience=QUICK)


def statuses(mirror: Mirror, path: str) -> list[int]:
    return [entry.status for entry in mirror.asked(path)]


# -- what comes back -------------------------------------------------------------------------------------------------------


def test_the_body_comes_back_as_published_with_its_capture_record(mirror, client):
    mirror.publish("/book", b"as\r\npublished\x00", content_type="text/plain", headers={"Content-Usage": "train-ai=n"})
    fetched = client.get(f"{mirror.url}/book", limit=LIMIT)
    assert fetched.read() == b"as\r\npublished\x00"
    assert fetched.facts["status"] == 200
    assert fetched.facts["url"] == fetched.facts["final_url"] == f"{mirror.url}/book"
    assert fetched.facts["bytes"] == fetched.size == 14
    assert fetched.facts["headers"]["content-type"] == "text/plain"
    assert fetched.facts["preferences"] == {"content-usage": "train-ai=n"}
    assert fetched.facts["retrieved"].endswith("+00:00")


def test_a_second_get_is_conditional_and_answered_from_disk(mirror, client):
    mirror.publish("/book", b"same")
    first, second = (client.get(f"{mirror.url}/book", limit=LIMIT) for _ in range(2))
    assert statuses(mirror, "/book") == [200, 304]
    assert second.read() == b"same"
    assert second.facts == first.facts


def test_last_modified_serves_where_there_is_no_etag(mirror, client):
    mirror.publish("/book", b"same", etag="", headers={"Last-Modified": "Mon, 23 Nov 2026 04:00:00 GMT"})
    for _ in range(2):
        assert client.get(f"{mirror.url}/book", limit=LIMIT).read() == b"same"
    assert statuses(mirror, "/book") == [200, 304]


def test_a_changed_body_replaces_the_held_one(mirror, client, tmp_path):
    mirror.publish("/book", b"first")
    mirror.publish("/book", b"second", version="v2")
    client.get(f"{mirror.url}/book", limit=LIMIT)
    mirror.version = "v2"
    assert client.get(f"{mirror.url}/book", limit=LIMIT).read() == b"second"
    assert len(list((tmp_path / "http" / "bodies").iterdir())) == 1


def test_a_new_etag_on_the_same_bytes_gives_the_same_digest(mirror, client):
    mirror.publish("/book", b"same", etag='"one"')
    mirror.publish("/book", b"same", version="v2", etag='"two"')
    first = client.get(f"{mirror.url}/book", limit=LIMIT)
    mirror.version = "v2"
    second = client.get(f"{mirror.url}/book", limit=LIMIT)
    assert statuses(mirror, "/book") == [200, 200]
    assert first.sha256 == second.sha256


def test_a_pinned_body_is_never_asked_for_again_until_the_pin_changes(mirror, client):
    mirror.publish("/book", b"first", etag='"stuck"')
    mirror.publish("/book", b"second", version="v2", etag="")
    for _ in range(3):
        assert client.get(f"{mirror.url}/book", limit=LIMIT, pin="edition 1").read() == b"first"
    assert statuses(mirror, "/book") == [200]
    mirror.version = "v2"
    assert client.get(f"{mirror.url}/book", limit=LIMIT, pin="edition 2").read() == b"second"


def test_a_slot_holds_one_body_and_forgets_it_on_request(mirror, client, tmp_path):
    for path in ("/one", "/two"):
        mirror.publish(path, path.encode())
        assert client.get(mirror.url + path, limit=LIMIT, pin=path, slot="snapshot").read() == path.encode()
    assert len(list((tmp_path / "http" / "bodies").iterdir())) == 1
    client.forget("snapshot")
    assert list((tmp_path / "http" / "bodies").iterdir()) == []


def test_a_held_body_damaged_on_disk_is_fetched_again(mirror, client):
    mirror.publish("/book", b"whole")
    held = client.get(f"{mirror.url}/book", limit=LIMIT, pin="1")
    held.path.write_bytes(b"wh0le")
    assert client.get(f"{mirror.url}/book", limit=LIMIT, pin="1").read() == b"whole"
    assert statuses(mirror, "/book") == [200, 200]


def test_a_body_that_stops_half_way_leaves_nothing_in_the_cache(tmp_path):
    def broken():
        yield b"half"
        raise OSError("planted")

    cache = HttpCache(tmp_path)
    with pytest.raises(OSError, match="planted"):
        cache.put("slot", broken(), {}, None)
    assert cache.get("slot") is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# -- faults on the way -----------------------------------------------------------------------------------------------------


def test_retry_after_is_obeyed(mirror, client):
    mirror.publish("/book", b"late")
    mirror.fail("/book", Refuse(503, "1"))
    started = time.monotonic()
    assert client.get(f"{mirror.url}/book", limit=LIMIT).read() == b"late"
    assert time.monotonic() - started >= 1.0
    assert statuses(mirror, "/book") == [503, 200]


@pytest.mark.parametrize("fault", [Refuse(429), Refuse(503), Refuse(503, "soon"), Refuse(500)], ids=str)
def test_without_a_usable_retry_after_the_client_waits_by_its_own_growing_measure(mirror, tmp_path, fault):
    client = Client("a_source", tmp_path, interval=0, patience=Patience(attempts=3, first_wait=0.1, longest_wait=1.0))
    mirror.publish("/book", b"late")
    mirror.fail("/book", fault, fault)
    started = time.monotonic()
    assert client.get(f"{mirror.url}/book", limit=LIMIT).read() == b"late"
    assert time.monotonic() - started >= 0.1 + 0.2


def test_a_server_that_asks_for_hours_is_left_alone(mirror, client):
    mirror.fail("/book", Refuse(429, "7200"))
    with pytest.raises(PileError, match="7200 seconds") as found:
        client.get(f"{mirror.url}/book", limit=LIMIT)
    assert "run `pile build` again" in found.value.remedy
    assert statuses(mirror, "/book") == [429]


def test_a_broken_off_body_is_tried_again_and_then_reported(mirror, client):
    mirror.publish("/book", b"the whole body")
    mirror.fail("/book", Truncate(4))
    assert client.get(f"{mirror.url}/book", limit=LIMIT).read() == b"the whole body"
    mirror.publish("/other", b"the whole body")
    mirror.fail("/other", *[Truncate(4)] * 3)
    with pytest.raises(PileError, match="broke off in each of 3 attempts") as found:
        client.get(f"{mirror.url}/other", limit=LIMIT)
    assert found.value.source == "a_source"
    assert not isinstance(found.value, Quarantine), "it may pass, so the same input must be tried again"


def test_a_body_shorter_than_announced_is_not_taken_for_whole(mirror, client):
    mirror.publish("/book", b"the whole body")
    mirror.fail("/book", *[WrongLength(5)] * 3)
    with pytest.raises(PileError, match="broke off"):
        client.get(f"{mirror.url}/book", limit=LIMIT)


def test_a_silent_server_is_given_up(mirror, client):
    mirror.fail("/book", *[Stall(5.0)] * 3)
    with pytest.raises(PileError, match="could not be reached"):
        client.get(f"{mirror.url}/book", limit=LIMIT)


def test_a_body_over_the_limit_is_refused_announced_or_not(mirror, client):
    mirror.publish("/book", b"x" * 2_000)
    with pytest.raises(PileError, match="larger than the 1000 bytes"):
        client.get(f"{mirror.url}/book", limit=1_000)
    mirror.fail("/book", WrongLength(-1_990))
    assert client.get(f"{mirror.url}/book", limit=1_000).read() == b"x" * 10, "HTTP cannot tell: digests and formats must"


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_missing(mirror, client, status):
    mirror.fail("/book", Refuse(status))
    with pytest.raises(Missing, match=str(status)):
        client.get(f"{mirror.url}/book", limit=LIMIT)


@pytest.mark.parametrize("status", [403, 206, 202, 401])
def test_any_other_answer_is_an_error_with_a_next_step(mirror, client, status):
    mirror.fail("/book", Refuse(status))
    with pytest.raises(PileError, match=str(status)) as found:
        client.get(f"{mirror.url}/book", limit=LIMIT)
    assert found.value.remedy


def test_a_coding_nobody_asked_for_is_refused_but_a_gz_file_may_be_called_one(mirror, client):
    for path in ("/page", "/catalogue.csv.gz"):
        mirror.publish(path, b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    assert client.get(f"{mirror.url}/catalogue.csv.gz", limit=LIMIT).read() == b"\x1f\x8b"
    with pytest.raises(PileError, match="coding 'gzip'"):
        client.get(f"{mirror.url}/page", limit=LIMIT)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_whatever_passing_faults_come_a_body_is_whole_or_there_is_an_error(seed, tmp_path_factory):
    client = Client("a_source", tmp_path_factory.mktemp("http"), interval=0, patience=Patience(3, 2.0, 2.0, 9.0, 0.001, 0.01))
    with Mirror(plan=Plan(seed, share=0.5)) as mirror:
        mirror.publish("/book", b"the whole body")
        for _ in range(3):
            with suppress(PileError):
                assert client.get(f"{mirror.url}/book", limit=LIMIT).read() == b"the whole body"


# -- manners ---------------------------------------------------------------------------------------------------------------


def test_the_user_agent_says_who_is_asking(mirror, client, monkeypatch):
    monkeypatch.setenv("PILE_CONTACT", "corpus@example.org")
    mirror.publish("/book", b"")
    client.get(f"{mirror.url}/book", limit=LIMIT)
    sent = mirror.log[0].headers
    assert sent["user-agent"].startswith("pile-assets/")
    assert sent["user-agent"].endswith("(+corpus@example.org)")
    assert sent["accept-encoding"] == "identity"


def test_without_a_contact_no_server_but_this_machine_is_asked(client, monkeypatch):
    monkeypatch.delenv("PILE_CONTACT", raising=False)
    with pytest.raises(PileError, match=r"192\.0\.2\.7") as found:
        client.get("https://192.0.2.7/book", limit=LIMIT)
    assert "PILE_CONTACT" in found.value.remedy


def test_a_contact_with_a_line_break_is_not_sent(mirror, client, monkeypatch):
    monkeypatch.setenv("PILE_CONTACT", "a@example.org\r\nX-Planted: 1")
    with pytest.raises(PileError, match="cannot be sent in a header"):
        client.get(f"{mirror.url}/book", limit=LIMIT)
    assert mirror.log == []


def test_two_clients_sharing_a_cache_queue_in_one_line(mirror, tmp_path):
    mirror.publish("/book", b"", etag="")
    one, two = (Client("a_source", tmp_path, interval=0.2, patience=QUICK) for _ in range(2))
    started = time.monotonic()
    for client in (one, two, one):
        client.get(f"{mirror.url}/book", limit=LIMIT)
    assert time.monotonic() - started >= 0.38


def test_the_first_request_does_not_wait(mirror, tmp_path):
    mirror.publish("/book", b"")
    started = time.monotonic()
    Client("a_source", tmp_path, interval=5.0, patience=QUICK).get(f"{mirror.url}/book", limit=LIMIT)
    assert time.monotonic() - started < 2.0


# -- redirects -------------------------------------------------------------------------------------------------------------


def test_a_redirect_is_followed_and_recorded(mirror, client):
    mirror.fail("/old", Redirect("/new", 301))
    mirror.publish("/new", b"here")
    fetched = client.get(f"{mirror.url}/old", limit=LIMIT)
    assert fetched.read() == b"here"
    assert (fetched.facts["url"], fetched.facts["final_url"]) == (f"{mirror.url}/old", f"{mirror.url}/new")


def test_a_redirect_loop_ends(mirror, client):
    mirror.fail("/loop", *[Redirect("/loop")] * 10)
    with pytest.raises(PileError, match="redirects more than 5 times"):
        client.get(f"{mirror.url}/loop", limit=LIMIT)
    assert len(mirror.log) == 6


def test_a_redirect_out_of_http_is_not_followed(mirror, client, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("planted")
    mirror.fail("/book", Redirect(secret.as_uri()))
    with pytest.raises(PileError, match="its scheme is 'file'"):
        client.get(f"{mirror.url}/book", limit=LIMIT)


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        ("http://127.0.0.1/", "private network"),
        ("http://localhost:8080/", "private network"),
        ("http://169.254.169.254/latest/meta-data/", "private network"),
        ("http://10.1.2.3/", "private network"),
        ("http://[::1]/", "private network"),
        ("http://[fd00::1]/", "private network"),
        ("http://[::ffff:10.0.0.1]/", "private network"),
        ("http://192.168.0.1:99999/", "no address"),
        ("http://[broken/", "no address"),
        ("ftp://93.184.215.14/", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("http://user:secret@93.184.215.14/", "credentials"),
        ("http:///path", "no host"),
    ],
)
def test_a_public_server_cannot_lead_into_a_private_network(there, reason):
    refusal = redirect_refusal("http://93.184.215.14/book", there)
    assert refusal is not None
    assert reason in refusal


def test_an_encrypted_connection_is_not_left():
    assert redirect_refusal("https://93.184.215.14/", "http://93.184.215.14/") == "it leaves an encrypted connection"


def test_ordinary_redirects_are_followed():
    assert redirect_refusal("http://93.184.215.14/", "https://93.184.215.14/book") is None
    assert redirect_refusal("http://127.0.0.1:1/", "http://127.0.0.1:2/") is None, "an operator's own mirror"


def test_no_password_is_read_from_a_netrc_file(client, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 192.0.2.7 login planted password planted\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    request = requests.Request("GET", "https://192.0.2.7/book")
    assert "Authorization" in requests.Session().prepare_request(request).headers, "the planted fault works"
    assert "Authorization" not in client._session.prepare_request(request).headers


def test_cookies_are_not_kept(mirror, client):
    mirror.publish("/book", b"", etag="", headers={"Set-Cookie": "planted=1"})
    for _ in range(2):
        client.get(f"{mirror.url}/book", limit=LIMIT)
    assert "cookie" not in mirror.log[1].headers


def test_the_mirror_answers_a_range_of_a_body(mirror):
    mirror.publish("/book", b"0123456789")
    request = urllib.request.Request(f"{mirror.url}/book", headers={"Range": "bytes=2-4"})
    with urllib.request.urlopen(request) as response:
        assert (response.status, response.read(), response.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")


def test_the_cache_folder_may_be_deleted_at_any_time(mirror, client, tmp_path):
    mirror.publish("/book", b"again")
    held: Path = client.get(f"{mirror.url}/book", limit=LIMIT, pin="1").path
    held.unlink()
    assert client.get(f"{mirror.url}/book", limit=LIMIT, pin="1").read() == b"again"
