"""How licences of real kinds of distributions come out: each case was met in an installed environment.

The trees are made up; what is taken from life is where a statement stands and how it is worded.
"""

from pathlib import Path

import pytest

from pile_assets.licensing import verdict as verdicts
from pile_assets.sources.model import Document
from pile_assets_tests.licensing import samples
from pile_assets_tests.licensing.samples import commented
from pile_assets_tests.sources.environments import MIT_LINE, Environment

CODE = "def f():\n    return 1\n"
MIT_CLASSIFIER = ("Classifier", "License :: OSI Approved :: MIT License")
BSD_CLASSIFIER = ("Classifier", "License :: OSI Approved :: BSD License")
APACHE_CLASSIFIER = ("Classifier", "License :: OSI Approved :: Apache Software License")
MIT_FILE = {"LICENSE": MIT_LINE + samples.MIT}
BSD_3_FILE = {"LICENSE": MIT_LINE + samples.BSD_3}
APACHE_FILE = {"LICENSE": samples.APACHE_2}
DEDICATED = "# Copyright: This module has been placed in the public domain.\n"


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "site")


def licence(document: Document) -> str | None:
    """The admitted licence, or None where the document is not admitted."""
    return document.verdict.spdx if document.verdict.accepted else None


def cause(document: Document) -> str:
    return verdicts.cause(document.verdict.reason or "")


def test_licences_of_bundled_libraries_bind_to_their_files_and_not_to_the_text(environment, tmp_path):
    bundled = "\n----\n\nName: runtime\nFiles: demo.libs/libruntime*.so\nLicense: GPL-3.0-or-later WITH GCC-exception-3.1\n"
    bundled += (
        samples.GPL_3_START + "\nName: quad\nFiles: demo.libs/libquad*.so\nLicense: LGPL-2.1-or-later\n" + samples.LGPL_HEADER
    )
    text = MIT_LINE + samples.BSD_3 + bundled
    folded = text.replace("\n", "\n        ")
    for name, fields in {
        "exact": [("License-Expression", "BSD-3-Clause")],
        "pasted": [("License", folded), BSD_CLASSIFIER],
    }.items():
        environment.install(name, {f"{name}/a.py": CODE, "demo.libs/libruntime.so": b""}, fields, {"LICENSE.txt": text})
        assert licence(environment.documents(name, tmp_path)[f"{name}/a.py"]) == "BSD-3-Clause"


def test_the_same_copyleft_text_bound_to_no_file_would_hold_the_text(environment, tmp_path):
    text = MIT_LINE + samples.BSD_3 + "\n----\n\nName: runtime\n" + samples.GPL_3_START
    environment.install("demo", {"demo/a.py": CODE}, [("License-Expression", "BSD-3-Clause")], {"LICENSE.txt": text})
    assert cause(environment.documents("demo", tmp_path)["demo/a.py"]) == verdicts.DISAGREE


def test_a_choice_among_copyleft_licences_is_no_choice_and_data_has_its_own_head(environment, tmp_path):
    files = {"tld/a.py": CODE, "tld/names.dat.txt": commented(samples.MPL_HEADER, "// ") + "\ncom\norg\n"}
    environment.install("tld", files, [("License-Expression", "MPL-1.1 OR GPL-2.0-only OR LGPL-2.1-or-later")])
    for document in environment.documents("tld", tmp_path).values():
        assert (document.verdict.status, cause(document)) == ("resolved", verdicts.NOT_ACCEPTED)


def test_copyleft_together_with_a_permissive_licence_is_rejected(environment, tmp_path):
    environment.install("demo", {"demo/a.py": CODE}, [("License", "MPL-2.0 AND MIT")], MIT_FILE)
    document = environment.documents("demo", tmp_path)["demo/a.py"]
    assert (document.verdict.status, cause(document)) == ("resolved", verdicts.NOT_ACCEPTED)


def test_a_copyleft_part_of_a_licence_file_leaves_files_with_their_own_head(environment, tmp_path):
    files = {
        "rpc/core.py": commented(samples.COPYRIGHT + samples.APACHE_HEADER) + CODE,
        "rpc/generated.py": CODE,
        "rpc/roots.pem": "-----BEGIN CERTIFICATE-----\n",
    }
    text = samples.APACHE_2 + "\n----\n" + samples.BSD_3 + "\n----\n" + samples.MPL_2_START
    environment.install("rpc", files, [("License-Expression", "Apache-2.0")], {"LICENSE": text})
    found = environment.documents("rpc", tmp_path)
    assert set(found) == {"rpc/core.py", "rpc/generated.py"}
    assert licence(found["rpc/core.py"]) == "Apache-2.0"
    assert licence(found["rpc/generated.py"]) is None


def test_a_copyleft_certificate_bundle_is_rejected(environment, tmp_path):
    fields = [("License", "MPL-2.0"), ("Classifier", "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)")]
    environment.install("certs", {"certs/core.py": CODE}, fields, {"LICENSE": samples.MPL_2_START})
    assert environment.documents("certs", tmp_path)["certs/core.py"].verdict.status == "resolved"
    assert licence(environment.documents("certs", tmp_path)["certs/core.py"]) is None


def test_a_copyleft_head_wins_over_the_permissive_distribution_around_it(environment, tmp_path):
    files = {
        "demo/a.py": CODE,
        "demo/_vendor/detect/big.py": commented(samples.LGPL_HEADER) + CODE,
        "demo/includes/charset.h": "/*\n" + commented(samples.LGPL_HEADER, " * ") + " */\nint charset(void);\n",
    }
    environment.install("demo", files, [MIT_CLASSIFIER], MIT_FILE)
    found = environment.documents("demo", tmp_path)
    assert licence(found["demo/a.py"]) == "MIT"
    for path in ("demo/_vendor/detect/big.py", "demo/includes/charset.h"):
        assert (found[path].verdict.status, cause(found[path])) == ("resolved", verdicts.NOT_ACCEPTED)


def test_vendored_code_is_held_unless_its_own_head_or_licence_file_speaks(environment, tmp_path):
    files = {
        "demo/_vendor/__init__.py": '"""What is vendored."""\n',
        "demo/_vendor/silent/core.py": CODE,
        "demo/_vendor/six.py": commented(samples.COPYRIGHT + samples.MIT) + CODE,
        "demo/_vendor/module.py": CODE,
        "demo/_vendor/tagged/core.py": "# SPDX-FileCopyrightText: 2021 Cy\n# SPDX-License-Identifier: Apache-2.0\n" + CODE,
        "demo/_vendor/licensed/core.py": CODE,
        "demo/_vendor/licensed/LICENSE": MIT_LINE + samples.BSD_2,
    }
    environment.install("demo", files, [("License-Expression", "MIT")], MIT_FILE)
    found = environment.documents("demo", tmp_path)
    assert {path: licence(document) for path, document in found.items()} == {
        "demo/_vendor/__init__.py": "MIT",
        "demo/_vendor/silent/core.py": None,
        "demo/_vendor/six.py": "MIT",
        "demo/_vendor/module.py": None,
        "demo/_vendor/tagged/core.py": "Apache-2.0",
        "demo/_vendor/licensed/core.py": "BSD-2-Clause",
    }
    assert cause(found["demo/_vendor/silent/core.py"]) == verdicts.VENDORED_CODE
    assert cause(found["demo/_vendor/module.py"]) == verdicts.VENDORED_CODE


def test_licence_files_of_vendored_code_may_lie_in_the_dist_info_folder(environment, tmp_path):
    licences = MIT_FILE | {
        "src/demo/_vendor/inner/LICENSE": MIT_LINE + samples.BSD_3,
        "src/elsewhere/LICENSE": samples.GPL_3_START,
    }
    files = {"demo/a.py": CODE, "demo/_vendor/inner/core.py": CODE}
    environment.install("demo", files, [("License-Expression", "MIT")], licences)
    found = environment.documents("demo", tmp_path)
    assert (licence(found["demo/a.py"]), licence(found["demo/_vendor/inner/core.py"])) == ("MIT", "BSD-3-Clause")


def test_a_copied_package_is_resolved_with_its_licence_beside_it_and_held_without(environment, tmp_path):
    environment.install(
        "with-it",
        {"a/externals/array_api_compat/core.py": CODE, "a/externals/array_api_compat/LICENSE": MIT_LINE + samples.MIT},
        [("License-Expression", "BSD-3-Clause")],
        BSD_3_FILE,
    )
    environment.install(
        "without", {"b/_lib/array_api_compat/core.py": CODE}, [("License-Expression", "BSD-3-Clause")], BSD_3_FILE
    )
    [copied] = environment.documents("with-it", tmp_path).values()
    [bare] = environment.documents("without", tmp_path).values()
    assert copied.text == bare.text
    assert (licence(copied), cause(bare)) == ("MIT", verdicts.VENDORED_CODE)


def test_a_dedication_in_the_head_decides_where_the_distribution_names_many_licences(environment, tmp_path):
    fields = [
        ("Classifier", f"License :: {name}") for name in ("Public Domain", "OSI Approved :: GNU General Public License (GPL)")
    ]
    files = {
        "docs/core.py": DEDICATED + CODE,
        "docs/math.py": CODE,
        "docs/include/greek.txt": ".. This data file has been placed in the public domain.\n\nalpha\n",
    }
    environment.install("docs", files, [*fields, BSD_CLASSIFIER], {"licenses/gpl-3-0.txt": samples.GPL_3_START})
    found = environment.documents("docs", tmp_path)
    for path in ("docs/core.py", "docs/include/greek.txt"):
        assert (licence(found[path]), found[path].verdict.family) == ("LicenseRef-PublicDomain-Dedication", "public-domain")
    assert (found["docs/math.py"].verdict.status, licence(found["docs/math.py"])) == ("conflict", None)


def test_the_nearest_licence_file_decides_for_its_folder(environment, tmp_path):
    files = {
        "db/a.py": CODE,
        "db/spark/LICENSE": samples.APACHE_2,
        "db/spark/b.py": CODE,
        "db/spark/deep/c.py": CODE,
        "driver/d.py": commented(samples.COPYRIGHT + samples.APACHE_HEADER) + CODE,
    }
    environment.install("db", files, [MIT_CLASSIFIER], MIT_FILE)
    found = {path: licence(document) for path, document in environment.documents("db", tmp_path).items()}
    assert found == {
        "db/a.py": "MIT",
        "db/spark/b.py": "Apache-2.0",
        "db/spark/deep/c.py": "Apache-2.0",
        "driver/d.py": "Apache-2.0",
    }


def test_an_exact_head_resolves_where_the_distribution_names_only_a_family_and_ships_no_text(environment, tmp_path):
    head = commented(
        "Copyright (c) 2012 The Project. All rights reserved.\nUse of this file is governed by the BSD 3-clause license that\n"
        "can be found in the LICENSE.txt file in the project root.\n"
    )
    environment.install("runtime", {"runtime/a.py": head + CODE, "runtime/b.py": CODE}, [("License", "BSD")])
    found = environment.documents("runtime", tmp_path)
    assert licence(found["runtime/a.py"]) == "BSD-3-Clause"
    assert "licence-text-missing" in [claim.reading.rule for claim in found["runtime/a.py"].verdict.evidence]
    assert (found["runtime/b.py"].verdict.status, cause(found["runtime/b.py"])) == ("family-only", verdicts.FAMILY_ONLY)


def test_without_a_licence_text_apache_is_admitted_with_a_mark_and_mit_is_held(environment, tmp_path):
    environment.install("apache", {"apache/a.py": CODE}, [("License-Expression", "Apache-2.0"), ("Author", "Ada")])
    environment.install("mit", {"mit/a.py": CODE, "mit/b.py": "# Copyright 2020 Bo\n" + CODE}, [("License-Expression", "MIT")])
    apache = environment.documents("apache", tmp_path)["apache/a.py"]
    assert (licence(apache), apache.attribution) == ("Apache-2.0", "apache, Ada")
    assert [claim.reading.rule for claim in apache.verdict.evidence if claim.kind == "notice"] == ["licence-text-missing"]
    mit = environment.documents("mit", tmp_path)
    assert cause(mit["mit/a.py"]) == verdicts.NO_NOTICE
    assert licence(mit["mit/b.py"]) == "MIT"


def test_a_field_and_classifiers_that_disagree_are_held_for_review(environment, tmp_path):
    licences = {"LICENSE-APACHE": samples.APACHE_2, "LICENSE-MIT": MIT_LINE + samples.MIT}
    environment.install("loop", {"loop/a.py": CODE}, [("License", "MIT License"), APACHE_CLASSIFIER, MIT_CLASSIFIER], licences)
    document = environment.documents("loop", tmp_path)["loop/a.py"]
    assert (document.verdict.status, cause(document)) == ("conflict", verdicts.DISAGREE)


def test_an_explicit_choice_of_two_licences_is_accepted_with_both_texts(environment, tmp_path):
    licences = {"LICENSE-APACHE": samples.APACHE_2, "LICENSE-MIT": MIT_LINE + samples.MIT, "NOTICE": "Credits."}
    fields = [("License-Expression", "MIT OR Apache-2.0"), APACHE_CLASSIFIER, MIT_CLASSIFIER]
    head = "# SPDX-License-Identifier: MIT OR Apache-2.0\n" + commented(
        "This file is dual licensed under the terms of the Apache License, Version\n2.0, and the MIT License.\n"
    )
    environment.install("log", {"log/a.py": CODE, "log/b.py": head + CODE}, fields, licences)
    assert {licence(document) for document in environment.documents("log", tmp_path).values()} == {"MIT OR Apache-2.0"}


def test_dual_license_in_a_field_says_nothing_and_is_held_until_reviewed(environment, tmp_path):
    text = samples.APACHE_HEADER + "The above license applies to later contributions.\n\n" + MIT_LINE + samples.BSD_3
    fields = [("License", "Dual License"), BSD_CLASSIFIER, APACHE_CLASSIFIER]
    environment.install("dates", {"dates/a.py": CODE}, fields, {"LICENSE": text})
    document = environment.documents("dates", tmp_path)["dates/a.py"]
    assert (document.verdict.status, cause(document)) == ("unresolved", verdicts.NOT_UNDERSTOOD)


def test_a_notice_about_a_model_or_about_photographs_does_not_bind_the_code(environment, tmp_path):
    files = {
        "detect/a.py": CODE,
        "detect/resources/NOTICE.MD": "The model lid.ftz is distributed under CC BY-SA 3.0.\n",
        "detect/images/README.txt": "The photographs are by C. Dee, under CC-BY 2.0, see the links below for each of them.\n",
    }
    environment.install("detect", files, [("License-Expression", "MIT")], MIT_FILE | {"NOTICE.MD": "lid.ftz: CC BY-SA 3.0\n"})
    found = environment.documents("detect", tmp_path)
    assert {path: licence(document) for path, document in found.items()} == {
        "detect/a.py": "MIT",
        "detect/images/README.txt": "MIT",
    }


def test_an_unreadable_list_of_licences_is_held_and_files_with_spdx_lines_resolve(environment, tmp_path):
    tag = "# SPDX-FileCopyrightText: 2024 Ada\n# SPDX-License-Identifier: {}\n"
    files = {
        "pdf/a.py": tag.format("Apache-2.0 OR BSD-3-Clause") + CODE,
        "pdf/doc.py": tag.format("CC-BY-4.0") + CODE,
        "pdf/c.py": CODE,
    }
    environment.install("pdf", files, [("License", "BSD-3-Clause, Apache-2.0, dependency licenses")], MIT_FILE)
    found = environment.documents("pdf", tmp_path)
    assert licence(found["pdf/a.py"]) == "Apache-2.0 OR BSD-3-Clause"
    assert licence(found["pdf/doc.py"]) == "CC-BY-4.0"
    assert cause(found["pdf/c.py"]) == verdicts.NOT_UNDERSTOOD


@pytest.mark.parametrize(
    ("text", "classifier", "expected"),
    [
        (samples.PSF_2, "OSI Approved :: Python Software Foundation License", "PSF-2.0"),
        (MIT_LINE + samples.MIT, "OSI Approved :: MIT License", "MIT"),
        (MIT_LINE + samples.BSD_3, "OSI Approved :: BSD License", "BSD-3-Clause"),
        (MIT_LINE + samples.MIT[:300], "OSI Approved :: MIT License", None),
        ("The MIT License\n" + "It permits most things.\n" * 20, "OSI Approved :: MIT License", None),
    ],
)
def test_a_licence_text_pasted_into_the_field_is_recognised_as_a_whole_or_not_at_all(
    environment, tmp_path, text, classifier, expected
):
    folded = text.replace("\n", "\n        ")
    environment.install(
        "demo", {"demo/a.py": CODE}, [("License", folded), ("Classifier", f"License :: {classifier}")], {"LICENSE": text}
    )
    assert licence(environment.documents("demo", tmp_path)["demo/a.py"]) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [(samples.BSD_2, "BSD-2-Clause"), (samples.BSD_3, "BSD-3-Clause"), (samples.MIT, None)]
)
def test_a_family_in_the_field_is_settled_by_the_licence_text(environment, tmp_path, text, expected):
    environment.install("jit", {"jit/a.py": CODE}, [("License", "BSD"), BSD_CLASSIFIER], {"LICENSE": MIT_LINE + text})
    assert licence(environment.documents("jit", tmp_path)["jit/a.py"]) == expected


@pytest.mark.parametrize(
    "text",
    [
        '"""Typing backports. The licence of Python is GPL-compatible."""\n' + CODE,
        "LICENSES = {'cc-by-nc-4.0': 'CC-BY-NC-4.0', 'gpl-3.0': 'GPL-3.0-only', 'proprietary': 'LicenseRef-Proprietary'}\n",
        '"""All templates may be used; all licenses allow for non-commercial and commercial use."""\n' + CODE,
        "import re\n\nLICENCE = re.compile(r'/(by-nc-nd|by-nc-sa|by-nc|by-nd|by-sa|by|zero)/([1-9]\\.[0-9])')\n",
        'def check(text):\n    # SPDX-License-Identifier: GPL-3.0-only\n    return "SPDX-License-Identifier" in text\n',
        "# Copyright (c) 2020 Someone. All rights reserved.\n" + CODE,
        "# Licensed to the Foundation under a Contributor Agreement.\n" + CODE,
        "# Sets permissions while copying files; see also `license` below.\n" + CODE,
    ],
)
def test_code_that_is_about_licences_keeps_its_distributions_licence(environment, tmp_path, text):
    environment.install("demo", {"demo/a.py": text}, [("License-Expression", "MIT")], MIT_FILE)
    assert licence(environment.documents("demo", tmp_path)["demo/a.py"]) == "MIT"


def test_readmes_and_change_logs_listed_as_licence_files_state_no_licence(environment, tmp_path):
    extras = {
        "README.rst": samples.GPL_HEADER,
        "CHANGELOG.rst": samples.MIT,
        "CODE_OF_CONDUCT.rst": "Be kind.",
        "AUTHORS": "Ada",
    }
    fields = [("License", "Apache-2.0"), *(("License-File", name) for name in (*extras, "apache-2.0.LICENSE"))]
    environment.install("parse", {"parse/a.py": CODE}, fields, extras | {"apache-2.0.LICENSE": samples.APACHE_2})
    document = environment.documents("parse", tmp_path)["parse/a.py"]
    assert licence(document) == "Apache-2.0"
    assert {claim.where.rpartition("/")[2] for claim in document.verdict.evidence} == {"METADATA License", "apache-2.0.LICENSE"}


def test_a_project_whose_only_licence_file_is_its_readme_has_no_licence_text(environment, tmp_path):
    environment.install("parse", {"parse/a.py": CODE}, [("License-Expression", "MIT")], {"README.rst": MIT_LINE})
    assert cause(environment.documents("parse", tmp_path)["parse/a.py"]) == verdicts.NO_NOTICE


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("Apache-2.0 AND CNRI-Python", samples.APACHE_2),
        ("BSD-3-Clause AND BSD-3-Clause-Open-MPI", samples.BSD_3),
        ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", samples.BSD_3 + samples.ZLIB),
        ("BSD-2-Clause AND Apache-2.0 WITH LLVM-exception", samples.APACHE_2),
    ],
)
def test_uncommon_permissive_licences_are_admitted_by_their_own_rows(environment, tmp_path, expression, text):
    environment.install("demo", {"demo/a.py": CODE}, [("License-Expression", expression)], {"LICENSE": MIT_LINE + text})
    document = environment.documents("demo", tmp_path)["demo/a.py"]
    assert (licence(document), document.verdict.family) == (expression, "permissive")
