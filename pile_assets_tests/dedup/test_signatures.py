"""Signatures: equal to datasketch's over any text, and blind to exactly what the definition says."""

import hashlib
import subprocess
import sys
import unicodedata
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
import xxhash
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from pile_assets import schemas
from pile_assets.dedup import signatures, text_kernel
from pile_assets_tests.dedup import definition
from pile_assets_tests.dedup.faults import plant

SCRIPTS = {
    "Latin": "The quick brown fox — naïve, Ærø, İstanbul, STRASSE and straße — jumps over the lazy dog; twice over it.",
    "Greek": "Ὁ ΛΌΓΟΣ καὶ ὁ λόγος: Ξεσκεπάζω την ψυχοφθόρα βδελυγμία, ξανά και ξανά, ΣΟΦΌΣ.",
    "Cyrillic": "Съешь же ещё этих мягких французских булок, да выпей чаю. ЁЛКА и ёлка — одно и то же дерево.",
    "Arabic": "نصٌّ عربيٌّ فيه حركاتٌ وأرقامٌ ١٢٣ و٤٥٦، وفيه لفظ ﷺ ولام ألف ﻻ في آخر الكلام الطويل.",
    "Hebrew": "דג סקרן שט לו בים זך אך לפתע פגש חבורה נחמדה שצצה כך, שָׁלוֹם וּבְרָכָה לכולם.",
    "Devanagari": "ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण का सर्वनाश करने वाले क़लम और ख़बर।",
    "Han": "天地玄黃，宇宙洪荒。日月盈昃，辰宿列張。𠀋𪚥㐂豈丽 寒來暑往，秋收冬藏。",
    "Japanese": "いろはにほへと ちりぬるを。ガギグゲゴとｶﾞｷﾞｸﾞ、わがよたれぞつねならむ　全角ＡＢＣ。",
    "Korean": "키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다. 다람쥐 헌 쳇바퀴에 타고파.",
    "Thai": "เป็นมนุษย์สุดประเสริฐเลิศคุณค่า กว่าบรรดาฝูงสัตว์เดรัจฉาน จงฝ่าฟันพัฒนาวิชาการ น้ำ",
    "Khmer": "ខ្ញុំអាចញ៉ាំកញ្ចក់បាន\u200bដោយគ្មានបញ្ហា និង ភាសាខ្មែរ",
    "Burmese": "ကျွန်တော် ကျွန်မ မှန်စားနိုင်တယ်။ ၎င်းကြောင့် ထိခိုက်မှုမရှိပါ။",
    "symbols": "① ½ ™ ﬁle ﬂow 👩‍👩‍👧 é é ¨ … a\u00a0b\u2003c\u2028d\x00e\x7ff \ufeffg",
}


def signed(*texts: str, media_type: str = "text/plain") -> pl.DataFrame:
    ids = [str(number) for number in range(len(texts))]
    schema = {"id": pl.String, "media_type": pl.String, "text": pl.String}
    return signatures.sign(pl.DataFrame({"id": ids, "media_type": [media_type] * len(texts), "text": texts}, schema=schema))


def expected(*texts: str) -> pl.DataFrame:
    rows = [
        (
            str(number),
            xxhash.xxh3_128_digest(definition.normalised(text)),
            len(definition.shingles(text)),
            definition.signature(text),
        )
        for number, text in enumerate(texts)
    ]
    return pl.DataFrame(rows, schema=schemas.SIGNATURES, orient="row")


def alike(left: str, right: str, media_type: str = "text/plain") -> bool:
    first, second = signed(left, right, media_type=media_type).drop("id").rows()
    assert (first[0] == second[0]) == (first == second), "equal normalised hashes go with equal signatures"
    return first == second


@pytest.mark.parametrize("script", SCRIPTS)
def test_signatures_equal_datasketch_in_every_script(script):
    sentence = SCRIPTS[script]
    texts = [sentence, sentence.upper(), sentence[::-1], " ".join([sentence, sentence[: len(sentence) // 2]] * 3)]
    assert signed(*texts).equals(expected(*texts))


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.text(
            st.one_of(
                st.sampled_from(" \n\t\u3000aAbBéÉ中が\u3099"),
                st.characters(exclude_categories=("Cs", "Cn")),
            ),
            max_size=60,
        ),
        max_size=6,
    )
)
def test_signatures_equal_datasketch_for_any_text(texts):
    assert signed(*texts).equals(expected(*texts))


@pytest.mark.parametrize("words", [1, 2, 4, 5, 6, 11, 12, 13, 19, 20, 21, 300])
def test_signatures_equal_datasketch_at_every_edge_of_shingle_and_tile(words):
    text = " ".join(f"w{number}" for number in range(words))
    assert signed(text).equals(expected(text))


def test_signature_of_fifty_megabytes_equals_datasketch():
    text = " ".join(f"word{number}" for number in range(701))
    whole = text + f"\n{text}" * (50_000_000 // len(text))
    found = signed("before it", whole, "after it")
    assert found["signature"].to_list() == [
        definition.signature("before it"),
        definition.signature(f"{text} {text}"),  # the same set of shingles
        definition.signature("after it"),
    ]
    assert found["shingles"][1] == len(whole.split()) - 4


ENTRIES = (text_kernel.normalise, text_kernel.minhash)
_APART = "                    if point < PLANE_4:\n                        end, spaced = _emit(out, end, SPACE, spaced)\n"
FAULTS: dict[str, tuple[Any, str, str]] = {
    "a shingle too long": (text_kernel._hash_shingles, "range(width)", "range(width + 1)"),
    "short documents unsigned": (text_kernel.minhash, "width = held if short else shingle", "width = shingle"),
    "last eight lost": (text_kernel.minhash, "range(0, found, 8)", "range(0, found - 7, 8)"),
    "last eight filled with what was there": (text_kernel.minhash, "hashes[found : found + 7] = hashes[0]", "pass"),
    "window carried to the next document": (
        text_kernel.minhash,
        "        held = 0\n",
        "        held = 0 if d == 0 else held\n",
    ),
    "window not carried to the next chunk": (text_kernel.minhash, "kept = min(shingle - 1, held)", "kept = 0"),
    "a token too long": (
        text_kernel._next_tokens,
        "lengths[count] = stop - start",
        "lengths[count] = stop - start + (count == 40)",
    ),
    "last lanes unhashed": (text_kernel._hash_tokens, "range(0, count, LANES)", "range(0, count - LANES + 1, LANES)"),
    "end of a long token unhashed": (text_kernel._hash_tokens, "if longest > LONG", "if longest > 2 * LONG"),
    "spaces not collapsed": (
        text_kernel._emit_block,
        "~(separators & ((separators << U64(1)) | U64(spaced)))",
        "U64(0xFFFFFFFFFFFFFFFF)",
    ),
    "space before the block forgotten": (text_kernel._emit_block, "U64(spaced)", "U64(0)"),
    "space at the block's end forgotten": (
        text_kernel._emit_block,
        "return end, (separators >> U64(plain - 1)) & U64(1) != 0",
        "return end, False",
    ),
    "spaces between others not collapsed": (text_kernel._emit, "(not (space and spaced))", "1"),
    "space kept at the end": (text_kernel.normalise, "if end > begin and spaced:", "if False:"),
    "space of the last document remembered": (text_kernel.normalise, "        spaced = True\n", "        spaced = end == 0\n"),
    "planes above the table not apart": (
        text_kernel.normalise,
        _APART + "                    for j",
        "                    for j",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_kernel_is_seen(fault, monkeypatch):
    function, old, new = FAULTS[fault]
    chunk = " ".join(f"w{number}" for number in range(text_kernel.CHUNK + 30))
    sentence = f"{'nine ' * 12}ten  \n\n\televen   twelve  thirteen {'long' * 10} of a line with more than one block in it  "
    texts = [
        "one two  three four five six seven",
        "",
        "eight nine ",
        sentence,
        "a  é  b",
        chunk,
        SCRIPTS["Han"],
        SCRIPTS["Latin"],
    ]
    assert signed(*texts).equals(expected(*texts))
    plant(monkeypatch, text_kernel, ENTRIES, function, old, new)
    assert not signed(*texts).equals(expected(*texts))


def test_the_kernel_in_plain_python_without_a_fault_is_right(monkeypatch):
    """Else the faults above would prove nothing."""
    plant(monkeypatch, text_kernel, ENTRIES, text_kernel.minhash, "shingles[d] = 0", "shingles[d] = 0")
    texts = [*SCRIPTS.values(), "a " * 100]
    assert signed(*texts).equals(expected(*texts))


def test_permutations_are_those_of_datasketch():
    theirs = MinHash(num_perm=signatures.PERMUTATIONS, seed=signatures.SEED, scheme="affine32").permutations
    assert np.array_equal(np.array(signatures.permutations()), theirs)


def test_fold_table_is_lower_case_of_nfkd_for_every_character_this_python_knows():
    folded, bounds = signatures.fold_table()
    rows = [bytes(folded[start:end]) for start, end in pairwise(bounds)]
    points = [*range(0x20000), *range(0x2F800, 0x2FA20)]
    assert len(rows) == len(points)
    known = [(p, row) for p, row in zip(points, rows, strict=True) if unicodedata.category(chr(p)) not in ("Cn", "Cs")]
    assert [hex(point) for point, row in known if row != definition.fold(chr(point)).encode()] == []


def test_no_other_character_has_a_decomposition_or_a_case():
    others = [chr(point) for point in (*range(0x20000, 0x2F800), *range(0x2FA20, 0x110000))]
    column = pl.Series(others)
    assert column.str.normalize("NFKD").str.to_lowercase().equals(column)


def test_ascii_of_the_fold_table_is_what_the_kernel_computes():
    folded, bounds = signatures.fold_table()
    assert bounds[:129].tolist() == list(range(129)), "the kernel reads ASCII without the bounds"
    ascii_block = bytes(range(128)).ljust(192, b"x")
    found, _ = signatures.normalise([bytes([byte]) * 2 + ascii_block[byte : byte + 1] for byte in range(128)])
    spelled = [bytes([byte]).lower() * 3 if folded[byte] != 32 else b"" for byte in range(128)]
    assert bytes(found[: -text_kernel.SLACK]) == b"".join(spelled)
    long = [bytes([byte]) * 40 for byte in range(128)]
    found, _ = signatures.normalise(long)
    assert bytes(found[: -text_kernel.SLACK]) == b"".join(
        bytes([byte]).lower() * 40 for byte in range(128) if folded[byte] != 32
    )


def test_no_character_becomes_a_separator_other_than_the_space():
    """The kernel takes all ASCII separators in normalised text for spaces."""
    folded, _ = signatures.fold_table()
    assert not np.isin(folded, [*range(32), 127]).any()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Case and CASE", "case AND case"),
        ("space \t and\r\n\n lines\x0c", "  space and lines"),
        ("café naïve", "cafe\u0301 nai\u0308ve"),
        ("がぎ", "か\u3099き\u3099"),
        ("ＦＵＬＬ width ｶﾅ", "full WIDTH カナ"),
        ("ﬁne ½", "fine 1\u20442"),
        ("中文分词", "中 文\n分 词"),
        ("zero\u200bwidth", "zero width"),
        ("\ufeffmark", "mark"),
    ],
)
def test_texts_that_differ_only_in_form_are_the_same(left, right):
    assert alike(left, right)


@pytest.mark.parametrize(
    ("left", "right"), [("a b", "ab"), ("a, b", "a b"), ("cafe", "café"), ("中文", "文中"), ("word", "word word"), ("x", "")]
)
def test_texts_that_differ_in_substance_are_not_the_same(left, right):
    assert not alike(left, right)


HEADER = "# Copyright 2020 Somebody\n# Licensed under the Apache License, Version 2.0.\n\n"
OTHER_HEADER = "# Copyright (c) 2011, Somebody Else\n# SPDX-License-Identifier: MIT\n"


def test_licence_comment_of_code_is_not_signed():
    code = "import os\n\n\ndef f():\n    return os.name\n"
    assert alike(HEADER + code, OTHER_HEADER + code, media_type="text/x-python")
    assert alike(HEADER + code, code, media_type="text/x-python")


def test_licence_comment_of_prose_is_signed():
    assert not alike(f"{HEADER}Some prose.", "Some prose.", media_type="text/plain")


def test_document_without_tokens_has_the_signature_of_the_empty_set():
    found = signed("", " \n\u3000\u200b\x00", "x")
    assert found["shingles"].to_list() == [0, 0, 1]
    assert found["signature"][:2].to_list() == [b"\xff" * 448] * 2
    assert found["norm_hash"][:2].to_list() == [xxhash.xxh3_128_digest(b"")] * 2


def test_batches_do_not_show(monkeypatch):
    texts = ["", "one", *SCRIPTS.values(), "word " * 100, ""]
    whole = signed(*texts)
    for size in (1, 64, 200):
        monkeypatch.setattr(signatures, "BATCH_BYTES", size)
        assert signed(*texts).equals(whole)


def test_threads_do_not_show(monkeypatch):
    monkeypatch.setattr(signatures, "BATCH_BYTES", 300)
    documents = pl.DataFrame({"id": "x", "media_type": "text/plain", "text": [*SCRIPTS.values(), "word " * 200, ""] * 5})
    assert signatures.sign(documents, threads=2).equals(signatures.sign(documents))


def test_no_documents_give_an_empty_frame_of_the_schema():
    assert signed().schema == pl.Schema(schemas.SIGNATURES)


def test_a_null_is_refused_by_name():
    frame = pl.DataFrame({"id": ["a"], "media_type": [None], "text": ["b"]}, schema_overrides={"media_type": pl.String})
    with pytest.raises(ValueError, match="nulls in media_type"):
        signatures.sign(frame)


def test_shingle_hashes_collide_no_more_than_chance():
    """Of 100,000 distinct shingles in 32 bits, n^2 / 2^33 = 1.2 pairs collide on average; ten or more by 3 in a million."""
    words = np.random.default_rng(5).integers(0, 500, (100_000, 5)).tolist()
    shingles = {b" ".join(b"%d" % word for word in row) for row in words}
    assert len(shingles) - len({definition.shingle_hash(shingle) for shingle in shingles}) < 10


def test_compiled_code_is_loaded_on_first_use_only():
    code = (
        "import sys, pile_assets.dedup.signatures, pile_assets.dedup.resolve; print('pile_assets.dedup.kernel' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_new_process_compiles_nothing():
    """Compiled code lies on disk: some seconds of compiling once, not at every start. `benchmarks.dedup` times it."""
    code = (
        "from pile_assets.dedup import kernel, text_kernel as text; from numba.core.dispatcher import Dispatcher\n"
        "made = [f for m in (kernel, text) for f in vars(m).values() if isinstance(f, Dispatcher) and f.signatures]\n"
        "print(len(made), sum(len(f.stats.cache_misses) for f in made), sum(len(f.stats.cache_hits) for f in made))"
    )
    made, compiled, loaded = map(
        int, subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.split()
    )
    assert (made, compiled, loaded) == (5, 0, 5)


def test_golden_signatures():
    """Fails when output changes: then raise `signatures.VERSION` (or a parameter) and renew the digest."""
    prose = signed(*SCRIPTS.values(), "", "one")
    code = signed(HEADER + "import os\n", "/* no licence */ int main(void) { return 0; }\n", media_type="text/x-python")
    content = repr([signatures.VERSION, prose.rows(), code.rows()]).encode()
    assert hashlib.sha256(content).hexdigest()[:16] == "834190b43a45b2cb"
