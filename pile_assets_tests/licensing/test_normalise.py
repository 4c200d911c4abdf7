"""Reading licence strings: exactly right or not at all, never a guessed version, never a reserved text as an open one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pile_assets.licensing import accepted, expressions, reservations
from pile_assets.licensing.model import SILENT
from pile_assets.licensing.normalise import CONTEXTS, read

RESOLVED = [
    # addresses: type, version and port
    ("url", "https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
    ("url", "http://creativecommons.org/licenses/by/4.0/legalcode", "CC-BY-4.0"),
    ("url", "https://creativecommons.org/licenses/by/3.0/us/", "CC-BY-3.0-US"),
    ("url", "http://www.creativecommons.org/licenses/by-sa/2.5/ca/", "CC-BY-SA-2.5"),
    ("url", "https://creativecommons.org/licenses/by-sa/2.0/", "CC-BY-SA-2.0"),
    ("url", "creativecommons.org/licenses/by/2.1/jp/", "LicenseRef-CC-BY-2.1-JP"),
    ("url", "https://creativecommons.org/licenses/by-nc/4.0/", "CC-BY-NC-4.0"),
    ("url", "https://creativecommons.org/licenses/by-nd-nc/1.0/", "CC-BY-NC-ND-1.0"),
    ("url", "https://creativecommons.org/licenses/by-nc-nd/3.0/igo/", "CC-BY-NC-ND-3.0-IGO"),
    ("url", "https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
    ("url", "https://creativecommons.org/publicdomain/mark/1.0/", "CC-PDM-1.0"),
    ("url", "http://creativecommons.org/licenses/publicdomain/", "CC-PDDC"),
    ("url", "https://creativecommons.org/licenses/by-sa/4.0/deed.de", "CC-BY-SA-4.0"),
    ("url", "//creativecommons.org/licenses/by-sa/3.0/", "CC-BY-SA-3.0"),
    ("url", "https://creativecommons.org/licenses/by/4.0/?ref=somewhere", "CC-BY-4.0"),
    ("url", '<license xlink:href="https://creativecommons.org/licenses/by/4.0/">', "CC-BY-4.0"),
    ("url", "http://creativecommons.org/licenses/sampling+/1.0/", "LicenseRef-CC-SamplingPlus-1.0"),
    ("url", "https://opensource.org/licenses/MIT", "MIT"),
    ("url", "http://www.opensource.org/licenses/mit-license.php", "MIT"),
    ("url", "https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
    ("url", "http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/", "OGL-UK-3.0"),
    ("url", "https://opendatacommons.org/licenses/odbl/1-0/", "ODbL-1.0"),
    ("url", "http://arxiv.org/licenses/nonexclusive-distrib/1.0/", "LicenseRef-arXiv-nonexclusive-distrib-1.0"),
    ("url", "http://rightsstatements.org/vocab/InC/1.0/", "LicenseRef-RS-InC"),
    # names and one-sentence grants
    ("text", "CC BY 4.0", "CC-BY-4.0"),
    ("text", "cc-by-sa 3.0 DE", "CC-BY-SA-3.0-DE"),
    ("text", "Creative Commons Attribution 4.0 International", "CC-BY-4.0"),
    ("text", "Attribution 4.0 International (CC BY 4.0)", "CC-BY-4.0"),
    ("text", "Creative Commons Attribution-Share Alike 3.0", "CC-BY-SA-3.0"),
    (
        "text",
        "This work is licensed under a Creative Commons Attribution-NonCommercial 4.0 International License.",
        "CC-BY-NC-4.0",
    ),
    ("text", "Released under the CC BY 4.0 licence: https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
    ("text", "CC0", "CC0-1.0"),
    ("text", "Creative Commons Zero v1.0 Universal", "CC0-1.0"),
    ("text", "The MIT License (MIT)", "MIT"),
    ("text", "Apache License, Version 2.0", "Apache-2.0"),
    ("text", "BSD 3-Clause", "BSD-3-Clause"),
    ("text", "The Unlicense", "Unlicense"),
    ("text", "Open Government Licence v3.0", "OGL-UK-3.0"),
    ("text", "GPLv3+", "GPL-3.0-or-later"),
    ("text", "All rights reserved.", "LicenseRef-AllRightsReserved"),
    ("text", "Not in copyright", "LicenseRef-PublicDomain"),
    # expressions
    ("spdx", "(mit OR apache-2.0) AND bsd-3-clause", "(MIT OR Apache-2.0) AND BSD-3-Clause"),
    ("spdx", "Apache-2.0 WITH LLVM-exception", "Apache-2.0 WITH LLVM-exception"),
    ("spdx", "LicenseRef-Proprietary", "LicenseRef-Proprietary"),
    ("spdx", "GPL-2.0+", "GPL-2.0-or-later"),
    # trove
    ("classifier", "License :: OSI Approved :: MIT License", "MIT"),
    ("classifier", "License :: Public Domain", "LicenseRef-PublicDomain"),
    ("classifier", "License :: Other/Proprietary License", "LicenseRef-Proprietary"),
    # the License field of core metadata
    ("core-metadata-license", "MPL-2.0 AND MIT", "MPL-2.0 AND MIT"),
    ("core-metadata-license", "3-Clause BSD License", "BSD-3-Clause"),
    ("core-metadata-license", "http://www.apache.org/licenses/LICENSE-2.0", "Apache-2.0"),
]

FAMILY_ONLY = [
    ("text", "CC-BY", "CC-BY"),
    ("text", "cc_by_sa", "CC-BY-SA"),
    ("text", "by-nc-nd", "CC-BY-NC-ND"),
    ("text", "Creative Commons Attribution-NonCommercial", "CC-BY-NC"),
    ("text", "Creative Commons Attribution-Share Alike License", "CC-BY-SA"),
    ("text", "GFDL", "GFDL"),
    ("url", "https://creativecommons.org/licenses/by/", "CC-BY"),
    ("url", "https://www.gnu.org/copyleft/fdl.html", "GFDL"),
    ("classifier", "License :: OSI Approved :: BSD License", "BSD"),
    ("classifier", "License :: OSI Approved :: Apache Software License", "Apache"),
    ("core-metadata-license", "BSD", "BSD"),
    ("core-metadata-license", "Apache", "Apache"),
    ("core-metadata-license", "GPLv3", "GPL"),
]

NOT_READ = [
    ("text", ""),
    ("text", "Free to read"),
    ("text", "Photos CC BY 2.0; article text (c) 2019 The Author, all rights reserved"),
    ("text", "CC BY 4.0 except where otherwise noted"),
    ("text", "CC BY 4.0 and CC BY-NC 4.0"),
    ("text", "CC BY-NC-SA 4.0 (CC BY 4.0)"),
    ("text", "CC BY 3.0 NC"),
    ("text", "CC BY 9.9"),
    ("text", "code MIT, docs https://creativecommons.org/licenses/by/4.0/"),
    ("text", "Non-commercial use only: https://creativecommons.org/licenses/by/4.0/"),
    ("text", "NOASSERTION"),
    ("text", "The work permits unrestricted use, distribution, and reproduction"),
    ("url", "https://creativecommons.org/"),
    ("url", "https://creativecommons.org/licenses/by-/4.0/"),
    ("url", "https://creativecommons.org/licenses/by/4.0/ and https://creativecommons.org/licenses/by-nc/4.0/"),
    ("url", "<p>Figures all rights reserved <a href='https://creativecommons.org/licenses/by/4.0/'>text</a></p>"),
    ("spdx", "BSD"),
    ("spdx", "MIT AND"),
    ("spdx", "(" * 300 + "MIT" + ")" * 299),
    ("spdx", "MIT" + " OR MIT" * 500),
    ("classifier", "License :: OSI Approved :: Some New License"),
    ("core-metadata-license", "Dual License"),
    ("core-metadata-license", "BSD-3-Clause, Apache-2.0, dependency licenses"),
    ("core-metadata-license", "GPL-compatible"),
]


@pytest.mark.parametrize(("context", "raw", "expected"), RESOLVED)
def test_a_known_statement_is_read_exactly(context, raw, expected):
    reading = read(raw, context)
    assert (reading.status, reading.spdx) == ("resolved", expected)


@pytest.mark.parametrize(("context", "raw", "family"), FAMILY_ONLY)
def test_a_name_without_its_version_stays_a_family(context, raw, family):
    reading = read(raw, context)
    assert (reading.status, reading.spdx, reading.family) == ("family-only", None, family)


@pytest.mark.parametrize(("context", "raw"), NOT_READ)
def test_what_is_not_known_as_a_whole_gives_no_licence(context, raw):
    reading = read(raw, context)
    assert reading.spdx is None
    assert reading.status in ("unresolved", "conflict")


def test_a_port_without_an_identifier_of_its_own_is_kept_beside_the_licence():
    reading = read("https://creativecommons.org/licenses/by-sa/2.5/ca/", "url")
    assert (reading.spdx, reading.port) == ("CC-BY-SA-2.5", "CA")


@pytest.mark.parametrize("raw", ["", "UNKNOWN", "See LICENSE file"])
def test_an_empty_licence_field_makes_no_statement(raw):
    assert read(raw, "core-metadata-license").rule == SILENT


def test_osi_approved_alone_makes_no_statement():
    assert read("License :: OSI Approved", "classifier").rule == SILENT


def test_an_unknown_context_is_a_mistake_of_the_program():
    with pytest.raises(KeyError):
        read("MIT", "no-such-context")


@given(st.sampled_from(sorted(CONTEXTS)), st.text(max_size=400))
def test_reading_never_fails_and_what_it_resolves_is_an_expression(context, raw):
    reading = read(raw, context)
    assert (reading.spdx is not None) == (reading.status == "resolved")
    assert reading.spdx is None or expressions.parse(reading.spdx) is not None


@given(
    st.sampled_from(["CC BY 4.0", "MIT License", "https://creativecommons.org/licenses/by/4.0/", "Apache License 2.0"]),
    st.sampled_from(["for non-commercial use", "images (c) 2020 Someone", "except the photographs", "all rights reserved"]),
    st.booleans(),
)
def test_a_reservation_beside_an_open_licence_never_gives_an_accepted_reading(licence, reservation, first):
    raw = f"{licence}, {reservation}" if first else f"{reservation}; {licence}"
    for context in ("text", "url", "core-metadata-license"):
        reading = read(raw, context)
        assert reading.spdx is None or not accepted.judge(reading.spdx).accepted


ALL_RIGHTS = (
    "Alle Rechte vorbehalten.",
    "Tous droits réservés",
    "Todos los derechos reservados",
    "Tutti i diritti riservati",
    "Todos os direitos reservados",
    "Alla rättigheter förbehållna",
    "Wszelkie prawa zastrzeżone",
    "Все права защищены",
    "版权所有",
    "無断転載を禁じます",
    "무단 전재 및 재배포 금지",
    "جميع الحقوق محفوظة",
)


@pytest.mark.parametrize("words", ALL_RIGHTS)
def test_rights_are_reserved_in_other_languages_too(words):
    for spelled in (words, unicodedata.normalize("NFD", words), words.upper()):
        assert reservations.reserved(spelled)
        reading = read(f"CC BY 4.0. {spelled}", "text")
        assert reading.spdx is None or not accepted.judge(reading.spdx).accepted


@pytest.mark.parametrize(
    "words",
    ["All\u00a0rights\u00a0reserved", "all rights\n\t reserved", "All rights are reserved", "All\u200b rights reserved"],
)
def test_rights_are_reserved_however_the_words_are_spaced(words):
    assert reservations.reserved(words)


@pytest.mark.parametrize("words", ["The rights of all are reserved for later chapters", "Die Rechte aller", "droits de douane"])
def test_words_of_rights_alone_reserve_nothing(words):
    assert not reservations.reserved(words)
