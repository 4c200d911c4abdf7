"""The table of obligations: every accepted licence has a row that fits it, and none is invented."""

import pytest

from pile_assets.licensing import accepted, obligations
from pile_assets.licensing.accepted import ACCEPTED, Licence


@pytest.mark.parametrize("spdx", ACCEPTED)
def test_every_accepted_licence_has_a_row_with_a_source(spdx):
    row = obligations.of(spdx)
    assert row.source
    assert (row.share_alike != obligations.NONE) == (ACCEPTED[spdx].family == "sharealike" or spdx == "ODbL-1.0")


def test_a_licence_that_is_new_in_the_table_is_not_passed_on_before_somebody_has_read_it(monkeypatch):
    new = Licence("New-1.0", "permissive", attribution=True, text=False, notice=False, url="https://example.org/new")
    monkeypatch.setattr(accepted, "ACCEPTED", {**ACCEPTED, "New-1.0": new})
    with pytest.raises(KeyError, match=r"New-1\.0"):
        obligations.of("New-1.0")


@pytest.mark.parametrize(
    ("spdx", "words"),
    [
        ("OGL-UK-3.0", "Contains public sector information licensed under the Open Government Licence v3.0."),
        (
            "LicenseRef-Open-Parliament-Licence-3.0",
            "Contains Parliamentary information licensed under the Open Parliament Licence v3.0.",
        ),
        ("OGL-Canada-2.0", "Contains information licensed under the Open Government Licence – Canada."),
    ],
)
def test_prescribed_statements_are_word_for_word(spdx, words):
    assert obligations.statements([spdx, "MIT", spdx]) == [words]


def test_databases_name_themselves():
    both = obligations.statements(["ODbL-1.0", "ODC-By-1.0"])
    assert ["Open Database License" in said for said in both] == [False, True]


def test_only_what_is_free_in_some_countries_says_so():
    limited = {spdx: obligations.of(spdx).open_in for spdx in ACCEPTED if obligations.of(spdx).open_in != "worldwide"}
    assert limited == {"LicenseRef-PublicDomain-US": "US", "LicenseRef-PublicDomain-Term": obligations.JUDGED}
