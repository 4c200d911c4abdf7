"""What a person found on looking at each disagreement between label and outcome: facts and counts, no words of files."""

from collections.abc import Mapping

INTRODUCTION = """# Survey of licences in real files

Written by `make survey` from sample files that lie beside a developer's checkout and are no part of the project. It says what
each extractor of `pile_assets/licensing/extract/` finds in every file, what becomes of it, and how that compares with the
label the file came with. Nothing of the files is quoted.

*Admitted* is what a connector may take by what the files themselves say. *Admitted in the US* are works of the federal
government, free there and not judged for other countries. *Refused* are known licences that are not open enough. *Held* is
everything else: where a file says nothing, its licence can only come from a page of its publisher, which a registry record
keeps as evidence (`extract/record.py`). No record stands behind these samples, so such files are held here.
"""

WHY: Mapping[tuple[str, str, str], str] = {
    ("caselaw-cap", "open", "held"): (
        "31 opinions of state courts, which are no federal works: they are free as edicts of government, a rule of "
        "its own that the label does not name. 27 scanned volumes (METS, ALTO) without a rights field."
    ),
    ("code-git", "open", "some"): (
        "The label is the repository's. Some of its files are not under it: data and test lines beside a software "
        "licence, a folder under the Python licence, a COPYRIGHT file in free words that offers a choice (structlog: "
        "only files with an SPDX header are admitted)."
    ),
    ("congressional-record", "open", "held"): (
        "28 JSON twins carry no line of the publisher's heading. 2 granules reprint newspaper matter; for these the "
        "label is wrong."
    ),
    ("dc-law", "open", "held"): (
        "The label rests on the Council's web site and on a rule about edicts. The 14,172 sections say nothing."
    ),
    ("govinfo-bills", "open", "held"): ("4 XHTML renderings without the rights field that the XML of the same series has."),
    ("govinfo-ecfr", "open", "held"): ("The header's author and publisher fields are empty."),
    ("gutenberg", "open", "held"): (
        "Texts of a mirror that has no catalogue records. The label was put from knowledge of the book, and a banner "
        "in a text is never asked."
    ),
    ("ocr-newspapers", "open", "held"): (
        "The label dates the issue to about 1921 by its number. Nothing in the two files says so."
    ),
    ("pmc-oa", "open", "held"): (
        "Articles whose permissions name no version of CC BY (the label says so itself), or whose sentences say more "
        "than their address and are not understood. A version is never guessed."
    ),
    ("pmc-oa", "open", "refused"): ("A public domain mark is an assertion by somebody else: it needs facts of the work."),
    ("ubuntu-irc", "open", "held"): (
        "The label rests on a table in a repository that re-publishes the logs; it is not among the files."
    ),
    ("uk-hansard", "open", "held"): (
        "The label rests on a page of the publisher. The files say nothing; a record with that page as evidence "
        "admits them. The block for other parliaments did not fire on any of them."
    ),
    ("uk-legislation", "open", "held"): (
        "110 files say nothing; 5 name Westlaw as their publisher, which legislation.gov.uk's own page puts under a "
        "second licence: for these the label is wrong."
    ),
    ("uspto", "open", "held"): (
        "The label calls patents works of the government, which is wrong: inventors write them. 17 carry no notice "
        "(37 CFR 1.71(d)) and wait for a record with the Office's terms; 1 carries one and cannot be admitted at all."
    ),
    ("wikimedia", "open", "held"): (
        "Exports have no rights field. The wiki's own rightsinfo is the statement, and is not among the files."
    ),
}
"""(source, label, outcome of the file) to what was found."""

WEB = """
Pages labelled open and held: their mark stands in a sidebar or a widget, where it can be a theme's or a picture's; or words
around it except something; or rights are reserved in the footer, once in a `DC.rights`. Pages labelled *nc-nd* and held have
their restrictive mark in such a place too, and no other. The one admitted page whose label says that it has a link alone has
`DC.rights` in its head, which the label did not look at. No page is admitted whose label says NC, ND or mixed. The *other*
pages are not in the archives.
"""
PEPS = """
Their count missed the Copyright section of PEPs 258, 517 and 649, which is not the last; it takes one dedication for open that
leaves out a copied part of the text, and is held here.
"""
