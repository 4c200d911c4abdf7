"""PEPs, BIPs and EIPs license themselves; Rust's RFCs do not."""

import pytest

from pile_assets.licensing import verdict
from pile_assets.licensing.extract import proposals

BIP = """<pre>
  BIP: 900
  Title: Bread
  License: {licence}
  License-Code: GPL-3.0-only
</pre>

==Copyright==
This text speaks of bread.
"""
EIP = "---\neip: 9\nstatus: {status}\n---\n\n## Abstract\nBread.\n\n## Copyright\n{waiver}\n\n## Appendix\nMore bread.\n"
WAIVER = "Copyright and related rights waived via [CC0](../LICENSE.md)."


def spdx_of(claims) -> tuple[bool, str | None]:
    given = verdict.decide("p", claims)
    return given.accepted, given.spdx


@pytest.mark.parametrize(
    ("licence", "spdx"),
    [
        ("BSD-2-Clause", "BSD-2-Clause"),
        ("PD", "LicenseRef-PublicDomain-Dedication"),
        ("CC0-1.0 OR FSFAP", "CC0-1.0"),
        ("BSD-2-Clause OR OPUBL-1.0", "BSD-2-Clause"),
    ],
)
def test_a_bip_is_under_its_header_and_not_under_that_of_its_code(licence, spdx):
    text = BIP.format(licence=licence)
    assert spdx_of(proposals.of_bip(text, "p")) == (True, spdx)
    assert spdx_of(proposals.of_bip(text.replace("<pre>", "```").replace("</pre>", "```"), "p")) == (True, spdx)


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "BSD", "ask me", "CC-BY-NC-4.0"])
def test_a_bip_under_anything_else_is_kept_out(licence):
    assert not spdx_of(proposals.of_bip(BIP.format(licence=licence), "p"))[0]


def test_a_header_further_down_is_not_the_header():
    assert proposals.of_bip("# Title\n\n" + BIP.format(licence="MIT").replace("==Copyright==", ""), "p") == ()


def test_a_bip_without_the_header_counts_by_its_copyright_section():
    text = BIP.replace("  License: {licence}\n", "").replace("This text speaks of bread.", "MIT License")
    assert spdx_of(proposals.of_bip(text, "p")) == (True, "MIT")
    assert not spdx_of(proposals.of_bip(BIP.replace("  License: {licence}\n", ""), "p"))[0]


def test_an_eip_is_waived_by_its_own_sentence_only():
    text = EIP.format(status="Final", waiver=WAIVER)
    assert spdx_of(proposals.of_eip(text, "p")) == (True, "CC0-1.0")
    assert proposals.of_eip(text.replace("## Copyright", "## Thanks"), "p") == ()
    noted = EIP.format(status="Final", waiver=WAIVER + "\n<!-- draft -->\n[1]: https://example.org")
    assert spdx_of(proposals.of_eip(noted, "p"))[0]
    more = EIP.format(status="Final", waiver=WAIVER + " The pictures are mine.")
    assert not spdx_of(proposals.of_eip(more, "p"))[0]


def test_a_stub_of_a_moved_proposal_is_no_proposal():
    assert proposals.moved(EIP.format(status="Moved", waiver=""))
    assert not proposals.moved(EIP.format(status="Final", waiver="") + "\nstatus: Moved\n")


def test_a_plan_to_license_is_no_licence():
    readme = "# RFCs\n\n## License\n[License]: #l\n\nThis repository is in the process of being licensed under MIT. {more}\n"
    for more in ("Some parts already are.", ""):
        assert not spdx_of(proposals.of_rust_rfcs(readme.format(more=more), "README.md"))[0]
    granted = "## License\n\nThis work is licensed under the MIT License.\n"
    assert spdx_of(proposals.of_rust_rfcs(granted, "README.md")) == (True, "MIT")
