"""The head of a source file: what counts as its licence statement, and the text without it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pile_assets.licensing import headers, verdict
from pile_assets.licensing.contexts import file_header
from pile_assets.licensing.model import PART, Claim, Reading, Verdict
from pile_assets_tests.licensing import samples

PYTHON, C, TEXT = "text/x-python", "text/x-c", "text/plain"
CODE = "\nimport os\n\n\ndef f():\n    return os.sep\n"


def stated(text: str, media_type: str = PYTHON) -> list[tuple[str, str | None]]:
    """(status, identifier or family) of each claim of a head."""
    return [
        (claim.reading.status, claim.reading.spdx or claim.reading.family) for claim in headers.claims("a/b", text, media_type)
    ]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("# SPDX-License-Identifier: BSD-3-Clause\n", "BSD-3-Clause"),
        (
            "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\n# SPDX-License-Identifier: MIT OR Apache-2.0\n",
            "MIT OR Apache-2.0",
        ),
        ('"""What the module is for."""\n\n# SPDX-License-Identifier: MIT\n', "MIT"),
        ("# SPDX-License-Identifier: MIT\n# SPDX-License-Identifier: Apache-2.0 OR ISC\n", "MIT AND (Apache-2.0 OR ISC)"),
        (samples.commented(samples.COPYRIGHT + samples.APACHE_HEADER), "Apache-2.0"),
        (samples.commented(samples.COPYRIGHT + samples.MIT), "MIT"),
        (samples.commented(samples.COPYRIGHT + samples.BSD_3), "BSD-3-Clause"),
        ("# Use of this file is governed by the BSD 3-clause license that\n# can be found in LICENSE.txt.\n", "BSD-3-Clause"),
        ("# This module is released under\n# the MIT License: https://www.opensource.org/licenses/mit-license.php\n", "MIT"),
        ("# Copyright: This module has been placed in the public domain.\n", "LicenseRef-PublicDomain-Dedication"),
        ("# Part of the toolchain, under the Apache License v2.0 with LLVM Exceptions.\n", "Apache-2.0 WITH LLVM-exception"),
        ("# Based on https://creativecommons.org/licenses/by-sa/4.0/\n", "CC-BY-SA-4.0"),
    ],
)
def test_a_heads_licence_is_read(head, expected):
    assert ("resolved", expected) in stated(head + CODE)
    assert len(stated(head + CODE)) == 1


@pytest.mark.parametrize(
    ("head", "family"),
    [
        ('"""A module.\n\n:license: BSD, see LICENSE for details.\n"""\n', "BSD"),
        ("# Use of this source code is governed by a BSD-style\n# license that can be found in the LICENSE file.\n", "BSD"),
        ("# Released under the Apache License, see LICENSE.\n", "Apache"),
        (samples.commented(samples.LGPL_HEADER), "LGPL"),
        (samples.commented(samples.GPL_HEADER), "GPL"),
    ],
)
def test_a_head_without_a_version_names_a_family(head, family):
    assert ("family-only", family) in stated(head + CODE)


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        "# Copyright (c) 2020 Someone. All rights reserved.\n" + CODE,
        "# Licensed to PSF under a Contributor Agreement.\n" + CODE,
        "# Distributed under the same terms as the rest of the package.\n" + CODE,
        "# Reset permissions to the default before copying.\n" + CODE,
        'IDS = ["MIT", "CC-BY-NC-4.0"]\n# SPDX-License-Identifier: GPL-3.0-only\n',
        'import re\n\nHEAD = """\n# SPDX-License-Identifier: GPL-3.0-only\n"""\n',
        'def f():\n    """SPDX-License-Identifier: GPL-3.0-only"""\n',
        '"""Checks a header for this line:\n\nSPDX-License-Identifier: GPL-3.0-only\n"""\n' + CODE,
    ],
)
def test_a_file_that_says_nothing_of_its_own_licence_makes_no_claim(text):
    assert stated(text) == []


@pytest.mark.parametrize(
    "head",
    [
        "# SPDX-License-Identifier: Some Licence\n",
        "# This software is proprietary and confidential. License terms apply.\n",
        samples.commented(samples.MIT.replace("without restriction, ", "")),
        samples.commented(samples.BSD_4),
    ],
)
def test_a_head_that_cannot_be_read_makes_a_claim_that_blocks(head):
    assert any(status == "unresolved" for status, _ in stated(head + CODE))


@pytest.mark.parametrize(
    "words",
    [
        *(
            "Licensed under the FooCorp Evaluation License.",
            "This file is licensed under the CeCILL licence.",
            "License: Commercial",
        ),
        *("Released under the terms of the Acme Sample License.", "License: WTFPL, see COPYING", "@license Acme EULA 2.0"),
        *(
            "Do not distribute.",
            "For internal use only; see license.",
            "Free for non-commercial use.",
            "Licensed under CC BY-NC-SA 4.0",
        ),
        *("You may not copy, modify or redistribute this file.", "Acme licence agreement. Redistribution is prohibited."),
    ],
)
def test_a_licence_or_a_restriction_that_is_not_known_blocks_and_is_no_silence(words):
    assert not judged(f"# Copyright 2020 A\n# {words}\n" + CODE).accepted


ROOT = Claim("whole", "", "MIT", Reading("resolved", "name", "MIT"), "rightsholder", "LICENSE")


def judged(text: str) -> Verdict:
    """The verdict on a file of a project under MIT."""
    return verdict.decide("a/b", (*headers.claims("a/b", text, PYTHON), ROOT))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (":license: Apache2, see LICENSE for more details.", "Apache-2.0"),
        ("@license MIT", "MIT"),
        ("License: BSD 3-Clause", "BSD-3-Clause"),
    ],
)
def test_a_field_of_a_head_is_read_by_its_name(words, said):
    assert stated(f'"""A module.\n\n{words}\n"""\n' + CODE) == [("resolved", said)]


@pytest.mark.parametrize(
    "words",
    [
        *(
            "License: see LICENSE.txt",
            "License: LICENSE",
            "License: https://thing.example.org/en/latest/license.html",
            "License:",
        ),
        *(
            "Distributed under the same license as SciPy.",
            "Licensed under the same BSD license as the rest.",
        ),
        *("The license can be found in the COPYING file.", "Licensed under the terms of the license found in LICENSE."),
    ],
)
def test_a_head_that_only_leads_to_a_licence_is_silent(words):
    assert stated(f"# {words}\n" + CODE) == []


def test_without_that_look_a_file_under_an_unknown_licence_would_pass_under_its_projects(monkeypatch):
    head = "# Licensed under the FooCorp Evaluation License.\n" + CODE
    assert not judged(head).accepted
    monkeypatch.setattr(file_header, "_not_understood", lambda raw, rest: iter(()))
    assert judged(head).accepted


def test_a_dual_licence_names_every_choice_and_picks_none():
    head = "# This file is dual licensed under the terms of the Apache License, Version\n# 2.0, and the BSD License.\n"
    assert stated(head + CODE) == [("resolved", "Apache-2.0"), ("family-only", "BSD")]


def test_words_about_borrowed_code_are_marked_as_being_of_a_part():
    claims = headers.claims("a.py", "# Parts of this file are adapted from X, which is under the MIT license.\n" + CODE, PYTHON)
    assert [(claim.reading.rule, claim.reading.spdx) for claim in claims] == [(PART, "MIT")]


def test_the_modules_own_declaration_counts():
    assert stated('import os\n\n__license__ = "MIT"\n') == [("resolved", "MIT")]
    assert stated(f'"""Doc."""\n\n__copyright__ = """\n{samples.COPYRIGHT}{samples.BSD_3}"""\n') == [
        ("resolved", "BSD-3-Clause")
    ]
    assert stated('__license__ = "as you like"\n') == [("unresolved", None)]


@pytest.mark.parametrize(
    ("media_type", "text", "expected"),
    [
        (C, "/*\n * " + samples.COPYRIGHT + samples.commented(samples.APACHE_HEADER, " * ") + " */\nint x;\n", "Apache-2.0"),
        (C, "// SPDX-License-Identifier: 0BSD\n#pragma once\n", "0BSD"),
        ("text/x-c++", "// SPDX-License-Identifier: 0BSD\nclass A {};\n", "0BSD"),
        ("text/x-cython", "# cython: language_level=3\n# SPDX-License-Identifier: BSD-2-Clause\ncdef int x\n", "BSD-2-Clause"),
        (
            "text/x-rst",
            ".. This document has been placed in the public domain.\n\nTitle\n=====\n",
            "LicenseRef-PublicDomain-Dedication",
        ),
        ("text/markdown", "<!-- SPDX-License-Identifier: CC-BY-4.0 -->\n# Title\n", "CC-BY-4.0"),
        (TEXT, samples.commented(samples.MPL_HEADER, "// ") + "\ncom\norg\n", "MPL-2.0"),
    ],
)
def test_each_kind_of_file_has_its_own_comments(media_type, text, expected):
    assert stated(text, media_type) == [("resolved", expected)]


def test_prose_that_only_talks_about_licences_makes_no_claim():
    assert stated("The photographs are under CC BY 2.0, see below.\n", TEXT) == []
    assert stated("# About the MIT License\n\nIt is short.\n", "text/markdown") == []


def test_a_claim_quotes_its_statement_and_says_whose_it_is():
    [claim] = headers.claims(
        "a/b.py", "#!/usr/bin/python\n# Copyright 2020 A\n# SPDX-License-Identifier: MIT\n", PYTHON, "ab" * 32
    )
    assert (claim.kind, claim.scope, claim.who, claim.sha256) == ("file", "a/b.py", "rightsholder", "ab" * 32)
    assert claim.raw.startswith("# Copyright 2020 A")
    assert len(claim.raw) <= 500


def test_a_comment_far_down_is_not_the_head():
    text = "# " + "x" * 70 + "\n"
    assert stated(text * 60 + "\n# SPDX-License-Identifier: GPL-3.0-only\n") == []


def test_copyright_lines_are_found_and_sentences_about_copyright_are_not():
    text = "# Copyright (c) 2001-2020 Ada Example\n# SPDX-FileCopyrightText: 2022 C\n# The above copyright notice stays.\n"
    assert headers.copyright_lines(text + CODE, PYTHON) == (
        "Copyright (c) 2001-2020 Ada Example",
        "SPDX-FileCopyrightText: 2022 C",
    )
    assert headers.notices("the copyright holders and contributors 2020\n") == ()


def test_only_the_licence_comment_is_stripped():
    licence = samples.commented(samples.COPYRIGHT + samples.APACHE_HEADER)
    assert headers.strip_licence_header(licence + CODE, PYTHON).strip() == CODE.strip()
    assert headers.strip_licence_header("# What this does\n\n" + licence + CODE, PYTHON).startswith("# What this does")
    assert headers.strip_licence_header('"""Docs, see LICENSE."""\n' + CODE, PYTHON) == '"""Docs, see LICENSE."""\n' + CODE
    assert headers.strip_licence_header("/* Copyright 2020 A */\nint x;\n", C) == "int x;\n"


def test_files_that_share_nothing_but_a_licence_differ_once_it_is_stripped():
    licence = samples.commented(samples.COPYRIGHT + samples.APACHE_HEADER)
    first, second = (headers.strip_licence_header(licence + body, PYTHON) for body in ("a = 1\n", "b = 2\n"))
    assert (first, second) == ("a = 1\n", "b = 2\n")


_COMMENTS = st.lists(st.sampled_from(["# Copyright 2020 A", "# a remark", "#!/bin/sh", "", "# é, see LICENSE"]), max_size=12)
_ANYTHING = st.text(alphabet="#/*'\"\n .-<>!aL\\©", max_size=400)


@given(_COMMENTS.map("\n".join))
def test_stripping_never_touches_what_follows_the_head(head):
    code = "x = 1  # Copyright\n# licence\n"
    assert headers.strip_licence_header(f"{head}\n{code}", PYTHON).endswith(code)


@given(_ANYTHING, st.sampled_from([PYTHON, C, TEXT, "text/x-rst", "text/x-unknown"]))
def test_stripping_only_ever_removes(text, media_type):
    remaining = iter(text)
    assert all(character in remaining for character in headers.strip_licence_header(text, media_type).rstrip("\n"))


@given(st.text(alphabet="#/*'\"\n .-<>!aL\\", max_size=600), st.sampled_from([PYTHON, C, TEXT, "text/x-rst", "text/markdown"]))
def test_any_head_can_be_read(text, media_type):
    headers.claims("a", text, media_type)
    headers.strip_licence_header(text, media_type)


@pytest.mark.parametrize("unit", ["#\n", "/*", '"""', "'", "..\n ", "# copyright ", "// \n", "<!--", "__license__ = ("])
def test_a_long_hostile_head_is_read_in_linear_time(unit):
    for media_type in (PYTHON, C, TEXT, "text/x-rst", "text/markdown"):
        headers.claims("a", unit * 100_000, media_type)
        headers.strip_licence_header(unit * 100_000, media_type)
