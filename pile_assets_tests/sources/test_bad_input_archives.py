"""Archives that are damaged, too large or malicious: refused as a whole, with a cause, and nothing is written."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pile_assets.errors import Quarantine
from pile_assets.sources.formats.tarball import Bounds, members

MIB = 1024 * 1024
ROOMY = Bounds(total=4 * MIB, members=100)


def entry(name: str, content: bytes = b"text", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def read(folder: Path, packed: bytes, bounds: Bounds = ROOMY) -> dict[str, bytes]:
    path = folder / "archive"
    path.write_bytes(packed)
    return {member.name: b"".join(member.chunks()) for member in members(path, bounds)}


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress], ids=["plain", "gzip", "bzip2", "xz"])
def test_an_honest_archive_is_read_whole(tmp_path, compress):
    packed = compress(
        tar(entry("./root", b"", type=tarfile.DIRTYPE), entry("root/a.txt", b"a" * 10_000), entry("root/b.txt", b""))
    )
    assert read(tmp_path, packed) == {"root/a.txt": b"a" * 10_000, "root/b.txt": b""}


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "root/../../outside",
        "/etc/outside",
        "root//x",
        "root/./x",
        "..\\outside",
        "C:/outside",
        "root/a\nb",
        "x" * 2_000,
        "..",
    ],
)
def test_a_member_that_points_outside_condemns_the_archive(tmp_path, name):
    with pytest.raises(Quarantine, match="points outside") as found:
        read(tmp_path, gzip.compress(tar(entry("root/a.txt"), entry(name))))
    assert "Do not unpack this archive by hand" in found.value.remedy
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (tarfile.SYMTYPE, {"linkname": "/etc/passwd"}),
        (tarfile.SYMTYPE, {"linkname": "a.txt"}),
        (tarfile.LNKTYPE, {"linkname": "root/a.txt"}),
        (tarfile.CHRTYPE, {}),
        (tarfile.BLKTYPE, {}),
        (tarfile.FIFOTYPE, {}),
        (tarfile.GNUTYPE_SPARSE, {}),
    ],
    ids=["symlink-out", "symlink-in", "hardlink", "character-device", "block-device", "pipe", "sparse"],
)
def test_anything_but_a_plain_file_condemns_the_archive(tmp_path, kind, more):
    with pytest.raises(Quarantine, match="not an ordinary file"):
        read(tmp_path, tar(entry("root/a.txt"), entry("root/odd", b"", type=kind, **more)))


def test_a_name_that_comes_twice_condemns_the_archive(tmp_path):
    with pytest.raises(Quarantine, match="twice"):
        read(tmp_path, tar(entry("root/a.txt", b"one"), entry("root/a.txt", b"two")))


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.98])
def test_an_archive_that_is_cut_off_is_damaged(tmp_path, compress, share):
    noise = bytes((number * 2_654_435_761 >> 7) & 0xFF for number in range(60_000))
    packed = compress(tar(entry("root/a.txt", noise)))
    with pytest.raises(Quarantine, match="damaged or cut off"):
        read(tmp_path, packed[: int(len(packed) * share)])


def test_an_archive_cut_between_two_members_is_damaged_too(tmp_path):
    whole = tar(entry("root/a.txt"), entry("root/b.txt"))
    cut = whole[: 2 * tarfile.BLOCKSIZE]  # header and content of the first member: tarfile alone would be content
    with tarfile.open(fileobj=io.BytesIO(cut)) as archive:
        assert archive.getnames() == ["root/a.txt"], "the planted fault works"
    with pytest.raises(Quarantine, match="no end-of-archive mark"):
        read(tmp_path, gzip.compress(cut))


def test_a_flipped_bit_in_the_packed_bytes_is_found(tmp_path):
    packed = bytearray(gzip.compress(tar(entry("root/a.txt", b"text" * 1_000)), compresslevel=0))
    packed[2_000] ^= 1
    with pytest.raises(Quarantine, match="damaged or cut off"):
        read(tmp_path, bytes(packed))


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>no such repository</html>", b"\x1f\x8b", b"BZh9", gzip.compress(b"", mtime=0)],
    ids=["empty", "html", "gzip-start", "bzip2-start", "empty-gzip"],
)
def test_what_is_no_archive_is_damaged(tmp_path, content):
    with pytest.raises(Quarantine, match=r"damaged|no file"):
        read(tmp_path, content)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress], ids=["gzip", "bzip2"])
def test_a_bomb_stops_at_its_bound(tmp_path, compress):
    bomb = compress(tar(entry("root/zeros", bytes(8 * MIB))))
    assert len(bomb) < 16 * 1024
    with pytest.raises(Quarantine, match=f"more than {4 * MIB} bytes"):
        read(tmp_path, bomb)


def test_a_bomb_of_unread_members_stops_too(tmp_path):
    path = tmp_path / "archive"
    path.write_bytes(gzip.compress(tar(*(entry(f"root/{number}", bytes(MIB)) for number in range(8)))))
    with pytest.raises(Quarantine, match="unpacks to more than"):
        for _ in members(path, ROOMY):
            pass


def test_a_header_that_would_not_fit_in_memory_is_refused_unread(tmp_path):
    header = entry("root/pax", b"", type=tarfile.XHDTYPE, size=4 * 1024 * MIB)[0].tobuf(tarfile.USTAR_FORMAT)
    with pytest.raises(Quarantine, match="extended header"):
        read(tmp_path, gzip.compress(header + bytes(2 * tarfile.BLOCKSIZE)))


def test_a_size_that_is_a_lie_is_damage(tmp_path):
    lying = bytearray(tar(entry("root/a.txt")))
    lying[124:136] = b"77777777777\0"
    lying[148:156] = b" " * 8
    lying[148:156] = b"%06o\0 " % sum(lying[:512])
    with pytest.raises(Quarantine, match="damaged or cut off"):
        read(tmp_path, bytes(lying))


def test_too_many_members_are_refused(tmp_path):
    with pytest.raises(Quarantine, match="more than 100 members"):
        read(tmp_path, tar(*(entry(f"root/{number}", b"") for number in range(101))))


HONEST = gzip.compress(tar(entry("root/a.txt", b"first text"), entry("root/b.txt", b"second text")), mtime=0)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(HONEST) - 1), value=st.integers(0, 255), keep=st.integers(0, len(HONEST)))
def test_whatever_byte_is_damaged_no_content_but_the_published_one_is_taken_for_whole(tmp_path, place, value, keep):
    damaged = bytearray(HONEST[:keep] if keep % 2 else HONEST)
    if place < len(damaged):
        damaged[place] = value
    try:
        found = read(tmp_path, bytes(damaged))
    except Quarantine:
        return
    assert found == {"root/a.txt": b"first text", "root/b.txt": b"second text"}


def test_the_checksum_behind_the_last_member_is_looked_at(tmp_path):
    wrong = HONEST[:-8] + struct.pack("<I", 1) + HONEST[-4:]
    with pytest.raises(Quarantine, match="damaged or cut off"):
        read(tmp_path, wrong)
