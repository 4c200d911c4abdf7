"""Formats whose files never state their own licence, and why whatever they say about licences is about something else.

Nothing is extracted from them. What covers such a file is said beside it (a licence file of its folder, `repository`) or
on a page of its publisher that the record of its source keeps (`record`); where neither is, the file is held.
"""

from collections.abc import Mapping

WHY: Mapping[str, str] = {
    "alto": "the layout of a scanned page; the scan's rights are in its METS or with its library",
    "chat log": "a link to a licence in a conversation is about something else, and nobody gives away the others' rights",
    "code of law": "a section is text of law and nothing beside it",
    "mailing list": "an archive has as many authors as writers, and a signature is no licence",
    "mediawiki export": "`siteinfo` has no rights field, and templates in pages are about files",
    "transcript": "the words of speakers and the time they were said",
    "warc metadata": "extracted text (WET) and links (WAT) without the mark-up in which a page states its licence",
}
"""Format to the reason why it makes no claims."""
