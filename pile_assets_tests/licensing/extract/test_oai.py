"""OAI-PMH answers of arXiv and of Dublin Core repositories, record by record."""

import pytest

from pile_assets.licensing import verdict
from pile_assets.licensing.extract import oai
from pile_assets.sources.formats.xml import UnreadableXml

OWN = "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"
BY = "http://creativecommons.org/licenses/by/4.0/"


def record(name: str, inner: str, status: str = "") -> str:
    return f"<record><header{status}><identifier>{name}</identifier></header><metadata>{inner}</metadata></record>"


def answer(*records: str) -> bytes:
    return f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>{"".join(records)}</ListRecords></OAI-PMH>'.encode()


def arxiv(licence: str, form: str = "arXiv", space: str = ' xmlns="http://arxiv.org/OAI/arXiv/"') -> str:
    return f"<{form}{space}><id>1</id>{f'<license>{licence}</license>' if licence else ''}</{form}>"


def dc(*rights: str) -> str:
    said = "".join(f"<dc:rights>{words}</dc:rights>" for words in rights)
    return f'<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">{said}</oai_dc:dc>'


def spdx_of(content: bytes, name: str) -> tuple[bool, str | None]:
    given = verdict.decide(name, oai.of_records(content, "answer")[name])
    return given.accepted, given.spdx


def test_each_record_has_its_own_licence():
    content = answer(record("a", arxiv(BY)), record("b", arxiv(OWN)), record("c", arxiv("")))
    assert spdx_of(content, "a") == (True, "CC-BY-4.0")
    assert spdx_of(content, "b") == (False, "LicenseRef-arXiv-nonexclusive-distrib-1.0")
    assert spdx_of(content, "c") == (False, None)


def test_the_namespace_may_be_undeclared_and_the_form_raw():
    assert spdx_of(answer(record("a", arxiv(BY, space=""))), "a") == (True, "CC-BY-4.0")
    raw = arxiv(BY, "arXivRaw", ' xmlns="http://arxiv.org/OAI/arXivRaw/"')
    assert spdx_of(answer(record("a", raw)), "a") == (True, "CC-BY-4.0")


def test_a_licence_element_of_another_format_is_not_arxivs():
    assert oai.of_records(answer(record("a", f"<other><license>{BY}</license></other>")), "answer") == {"a": ()}


def test_rights_of_dublin_core_bind_together_and_access_rights_are_no_licence():
    assert spdx_of(answer(record("a", dc(BY))), "a") == (True, "CC-BY-4.0")
    assert (
        spdx_of(answer(record("a", dc(BY, BY.replace("by", "by-nc", 1).replace("licenses/by/", "licenses/by-nc/")))), "a")[0]
        is False
    )
    assert spdx_of(answer(record("a", dc("info:eu-repo/semantics/openAccess"))), "a")[0] is False


def test_a_deleted_record_and_a_protocol_error_have_no_claims():
    content = answer(record("a", arxiv(BY), ' status="deleted"'))
    assert "a" not in oai.of_records(content, "answer")
    assert oai.of_records(b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><error code="badVerb"/></OAI-PMH>', "x") == {}


def test_an_answer_that_is_no_xml_is_said_to_be_none():
    with pytest.raises(UnreadableXml):
        oai.of_records(b"Gateway timeout", "answer")
