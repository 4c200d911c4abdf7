"""The doctor sees what a machine lacks, says what to do, and leaves nothing behind."""

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from pile_assets import doctor
from pile_assets.doctor import GIB, Finding, Level, Machine, Port

SOUND = Machine(
    python=(3, 12, 4),
    sqlite=(3, 40, 1),
    virtual_environment=True,
    home=Path("/srv/pile"),
    free_bytes=200 * GIB,
    obstacle_to_writing=None,
    ports=(Port("webserver", "PILE_WEB_PORT", "3000", None), Port("code server", "PILE_CODE_PORT", "54001", None)),
    contact="corpus@example.org",
)

NETWORK = ("project_gutenberg",)


def finding(machine: Machine, check: str, network_sources: tuple[str, ...] = ()) -> Finding:
    (found,) = [one for one in doctor.examine(machine, network_sources) if one.check == check]
    return found


@pytest.fixture
def listener() -> Iterator[int]:
    """A port of loopback on which another program listens as gRPC does, willing to share it."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind(("127.0.0.1", 0))
        held.listen(1)
        yield held.getsockname()[1]


def test_a_sound_machine_has_only_good_findings_and_no_remedies():
    findings = doctor.examine(SOUND, NETWORK)
    assert {one.level for one in findings} == {Level.GOOD}
    assert {one.remedy for one in findings} == {""}
    assert doctor.fit(findings)


@pytest.mark.parametrize("python", [(2, 7, 18), (3, 10, 13), (3, 14, 0), (4, 0, 0)])
def test_a_python_the_lock_is_not_made_for_is_a_fault(python):
    assert finding(replace(SOUND, python=python), "python").level is Level.FAULT


@pytest.mark.parametrize("python", [(3, 11, 0), (3, 12, 1), (3, 13, 9)])
def test_every_supported_python_is_good(python):
    assert finding(replace(SOUND, python=python), "python").level is Level.GOOD


TAKEN = (Port("webserver", "PILE_WEB_PORT", "3000", "another program listens there"),)

FLAWED = {
    "python": replace(SOUND, python=(3, 10, 13)),
    "virtual environment": replace(SOUND, virtual_environment=False),
    "sqlite": replace(SOUND, sqlite=(3, 24, 0)),
    "write permission": replace(SOUND, obstacle_to_writing="Read-only file system (/srv)"),
    "disk space": replace(SOUND, free_bytes=GIB),
    "port of the webserver": replace(SOUND, ports=TAKEN),
    "contact": replace(SOUND, contact="me"),
}


@pytest.mark.parametrize("check", FLAWED)
def test_a_flaw_shows_in_its_own_check_and_in_no_other(check):
    findings = doctor.examine(FLAWED[check], NETWORK)
    assert [one.check for one in findings if one.level is not Level.GOOD] == [check]


@pytest.mark.parametrize("check", FLAWED)
def test_a_flaw_is_told_in_whole_sentences_with_a_remedy(check):
    found = finding(FLAWED[check], check, NETWORK)
    for sentence in (found.found, found.remedy):
        assert sentence.endswith(".")
        assert sentence[0].isupper()


def test_only_faults_keep_a_build_from_starting():
    warned = replace(SOUND, virtual_environment=False, sqlite=(3, 24, 0), ports=TAKEN)
    assert doctor.fit(doctor.examine(warned))
    assert not doctor.fit(doctor.examine(replace(warned, free_bytes=0)))


def test_room_for_a_network_source_is_asked_only_where_one_is_enabled():
    machine = replace(SOUND, free_bytes=10 * GIB)
    assert finding(machine, "disk space").level is Level.GOOD
    assert finding(machine, "disk space", NETWORK).level is Level.WARNING
    assert "project_gutenberg" in finding(machine, "disk space", NETWORK).found


def test_a_contact_is_needed_only_where_publishers_are_asked():
    machine = replace(SOUND, contact="")
    assert finding(machine, "contact").level is Level.GOOD
    assert finding(machine, "contact", NETWORK).level is Level.FAULT


@pytest.mark.parametrize("contact", ["corpus@example.org", "mailto:a@b.example", "https://example.org/corpus"])
def test_a_mail_or_web_address_is_a_contact(contact):
    assert finding(replace(SOUND, contact=contact), "contact", NETWORK).level is Level.GOOD


@pytest.mark.parametrize("contact", ["me", "ftp://example.org", "a@b", "a@b.example\r\nX-Evil: 1", "post@bücher.example"])
def test_what_no_publisher_could_write_to_or_no_header_can_carry_is_not(contact):
    assert finding(replace(SOUND, contact=contact), "contact", NETWORK).level is Level.FAULT


def test_findings_are_plain_json():
    findings = doctor.examine(SOUND)
    assert json.loads(json.dumps([one.as_dict() for one in findings]))[0] == {
        "check": "python",
        "level": "good",
        "found": "This is Python 3.12.4.",
        "remedy": "",
    }


def test_looking_at_this_machine_finds_it_fit_and_leaves_nothing_behind(tmp_path):
    seen = doctor.look(tmp_path / "not" / "yet" / "there", {})
    assert doctor.fit(doctor.examine(seen))
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_home_is_an_obstacle(tmp_path):
    (tmp_path / "home").write_text("")
    for home in (tmp_path / "home", tmp_path / "home" / "below"):
        assert "is not a folder" in (doctor.look(home, {}).obstacle_to_writing or "")


def test_a_folder_that_refuses_files_is_an_obstacle():
    assert doctor.look(Path("/proc/self"), {}).obstacle_to_writing


def test_a_port_shared_in_silence_by_grpc_is_seen_as_taken(listener):
    ports = doctor.look(Path.cwd(), {"PILE_CODE_PORT": str(listener)}).ports
    assert {port.purpose: port.obstacle for port in ports}["code server"] == "another program listens there"


def test_a_port_that_nobody_holds_is_free(listener):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        free = closed.getsockname()[1]
    (port,) = [port for port in doctor.look(Path.cwd(), {"PILE_WEB_PORT": str(free)}).ports if port.purpose == "webserver"]
    assert (port.asked, port.obstacle) == (str(free), None)


@pytest.mark.parametrize("asked", ["0", "65536", "http", "", "-1", "٣٠٠٠"])
def test_what_is_no_port_number_is_named_as_such(asked):
    (port,) = [port for port in doctor.look(Path.cwd(), {"PILE_WEB_PORT": asked}).ports if port.purpose == "webserver"]
    assert port.obstacle == "it is not a port number from 1 to 65535"


def test_the_ports_looked_at_include_the_one_of_the_workspace():
    workspace = yaml.safe_load((Path(__file__).parents[1] / "workspace.yaml").read_text())
    assert workspace["load_from"][0]["grpc_server"]["port"] == doctor.PORTS["code server"][1]
