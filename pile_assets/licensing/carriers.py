"""The words that may stand around a licence's name without changing what is said: a closed list, in one case and spelling.

A statement is understood only if every word of it is a name, an address or one of these, so this list decides what is let
through. Nothing may be here that denies, limits, dates, divides or doubts: no "not", "only", "except", "unless", "some",
"was", "may", "or", no "images", no "data". Sentences that have such words and still grant the whole (the usual tail "which
permits unrestricted use …") are listed as sentences.
"""

import re
from functools import cache

# What the statement is about, the grant, and where to read on.
_ENGLISH = """
    all entire whole resources
    a an the this these that its it is are be has have been being of under in on at with by via as and work works
    article articles paper papers document documents page pages site website web webpage content contents text texts
    material materials file files software package project repository library program book publication dataset datasets
    database corpus collection item record resource report chapter thesis manuscript preprint journal wiki publisher's
    author's licensed license licenses license's licensing released available published distributed provided offered
    shared made issued covered governed placed dedicated freely redistributed terms term conditions condition type name
    title url uri link links identifier id spdx short full public copy summary deed details information legal code
    legalcode human-readable version terms-of-use here see following click read view visit usage use rights right
    open-access openaccess oa website's article's work's open-source opensource copyright-license license-url
    license-name licenseurl reuse
"""
_GERMAN = """
    dieses dieser diese das der die dem den werk werke inhalt inhalte artikel buch text texte ist sind steht stehen
    unter einer einem eine ein lizenz lizenziert lizenzvertrag veröffentlicht lizenzbedingungen creative-commons-lizenz
    im von
"""
_FRENCH = """
    cette cet ce oeuvre œuvre document article texte contenu est sont mise mis à disposition selon les termes de la le
    du des l'oeuvre license licence sous en vertu
"""
# Spanish, Catalan, Portuguese and Italian.
_SOUTHERN = """
    esta este esto aquesta obra texto contenido conteúdo documento artículo artigo está és sujeta bajo licencia
    licenciado licenciada una un uma licença trabalho com sob los las el la distribuido distribuida publicado publicada
    llicència sota subjecta quest'opera questa opera quest' è distribuita distribuito con licenza sotto rilasciata
    rilasciato lo testo términos termos
"""
# Dutch, the Scandinavian languages and Polish.
_NORTHERN = """
    dit deze valt onder een licentie werk uitgegeven detta dette verk är er licensierad licens under en et lisens
    lisensiert ten utwór jest dostępny na licencji licencja
"""
WORDS = frozenset(" ".join((_ENGLISH, _GERMAN, _FRENCH, _SOUTHERN, _NORTHERN)).split())
"""Words, each as `spelling.plain` spells it."""

_MEDIUM = r"(?:in|of) any (?:medium|media|form|means)(?: or (?:format|media|medium))?"
_CITED = (
    r"(?:provided|so long as|as long as)(?: that)?(?: the)? (?:original )?"
    r"(?:work|article|authors?(?:\(s\))?(?:,? (?:and|&)(?: the)? (?:original )?(?:source|publication "
    r"source|copyright owner\(s\)))?)"
    r"(?:,? the title of the work, journal citation and doi)? "
    r"(?:is|are) (?:properly |appropriately |duly )?(?:cited|credited|attributed|acknowledged)"
)
_USE = r"(?:unrestricted |free )?(?:re-?use|use|copying|sharing|adaptation|redistribution|distribution|reproduction)"
_USES = rf"{_USE}(?:,? (?:and |or |& )?{_USE}){{0,5}}"

SENTENCES: tuple[str, ...] = (
    rf"(?:which|that) (?:permits?|allows?) {_USES},?(?: {_MEDIUM},?)?(?: {_CITED})?",
    rf"permitting {_USES},?(?: {_MEDIUM},?)?(?: {_CITED})?",
    rf"{_CITED}",
    r"(?:as long as|provided(?: that)?) you give appropriate credit to the original author\(s\) and the source,"
    r" provide a link to the creative commons"
    r" license,? and indicate if changes were made",
    r"to view a copy of (?:this|the) license,? (?:please )?(?:visit|see|go to)",
    r"(?:,? )?or send a letter to creative commons,? [a-z0-9 ,.]{10,100}?(?:usa|united states)",
    r"(?:for|see) (?:the )?(?:more |further |full )?(?:details|information|license details|license text|terms of use)",
    r"a copy of (?:this|the) license is available at",
    r"you (?:may|can) (?:obtain|find|view|read) a copy of (?:this|the) license at",
    r"according to the terms",
    r"subject to the terms(?: and conditions)?",
    r"in accordance with the terms",
    r"(?:is |are )?(?:an )?open[\s\-]access(?: (?:article|paper|chapter|book|publication))?",
    r"open source license",
    r"contains (?:public sector|parliamentary) information",
    r"no rights reserved",
    r"no copyright(?=[ :,(\-]{0,4}(?:cc|creative|public))",
    r"some rights reserved(?=[ :;,.(\-]{0,4}(?:cc|creative|http|this|licensed))",
    r"(?:is )?dedicated to the public domain(?= (?:under|by|using|via|with))",
    r"to the public domain(?= (?:under|by|using|via|with))",
    r"license info(?:rmation)?",
    r"free cultural works?",
    r"this (?:source )?code",
    r"this documentation",
    r"terms of use",
    r"(?:and )?(?:is )?not subject to copyright(?: protection)? in the united states(?: of america)?(?:\. "
    r"foreign copyrights? may apply)?",
    r"foreign copyrights? may apply",
    r"copyright(?=:| license)",
    r"this data(?:set|base)? is",
    r"(?:the )?full license text",
    r"license text",
    r"(?:released )?by the author under",
    r"for this (?:work|article|page|book|document|dataset)",
    r"spdx-license-identifier",
    r"mise à disposition selon les",
    r"please see",
    r"verbatim copy",
    r"http",
    r"dual[\s\-]licensed(?= under)?",
    r"licensee mdpi, basel, switzerland",
)
"""Phrases and sentences, as patterns over `spelling.plain` text."""

NON_COMMERCIAL: tuple[str, ...] = (
    rf"(?:which|that) (?:permits?|allows?) (?:unrestricted |others to )?non[\s\-]?commercial {_USES},?(?: "
    rf"{_MEDIUM},?)?(?: {_CITED})?",
    r"(?:for|not for) (?:non[\s\-]?commercial|commercial) (?:use|purposes)",
)
"""Sentences that only go with a licence that has NonCommercial, by its name: beside any other they contradict it."""

IN_ARTICLES: tuple[str, ...] = (
    r"the images or other third[\s\-]party material in this article are included in the article's creative "
    r"commons license,? unless"
    r" (?:indicated otherwise|otherwise indicated) in a credit line to the material",
    r"if material is not included in the article's creative commons license and your intended use is not permitted by statutory"
    r" regulation or exceeds the permitted use,? you will need to obtain permission directly from the copyright holder",
    r"\(?the creative commons public domain dedication waiver ?\( "
    r"?https?://creativecommons\.org/publicdomain/zero/1\.0/? ?\) applies to"
    r" the data made available in this article,? unless otherwise stated(?: in a credit line to the data)?\.?\)?",
    r"further distribution of this work must maintain attribution to the author\(s\) and the published "
    r"article's title,? journal"
    r" citation,? and doi",
    r"published by the american physical society",
    r"funded by scoap3",
    r"licensee [a-z0-9 .&,]{2,40}?(?=\.? this)",
    r"published (?:by|under license (?:by|to)) [a-z0-9 .,&'()]{2,60}?(?=\.? (?:this|under))",
    r"(?:the )?use, distribution or reproduction in other forums is permitted,? provided the original "
    r"author\(s\)(?: (?:and|or) (?:the copyright"
    r" owner\(s\)|licensor))+ are credited and that the original publication in this journal is cited,? in "
    r"accordance with accepted academic practice",
    r"no use, distribution or reproduction is permitted which does not comply with these terms",
    r"this is an open[\s\-]access article,? free of all copyright,? and may be freely reproduced, distributed, "
    r"transmitted, modified, built upon, or"
    r" otherwise used by anyone for any lawful purpose",
    r"public domain dedication",
    r"reuse is permitted",
)
"""Sentences of journals that speak of parts of an article other than its text, or of how it came to be."""

_ARTICLE_LEAD = re.compile(
    r"(?:copyright|©|\(c\))[^;|<>]{0,120}?(?=\.? (?:this (?:is|article|work)|licensee|published|distributed under|open access))"
)
_NOTICE = re.compile(
    r"(?:(?:copyright|©|\(c\)|copr\.)[\s:,]*){1,3}(?:(?:19|20)\d\d(?:\s*[\-,]\s*(?:(?:19|20)\d\d|present))*[\s,.]*)?(?:by )?"
    r"(?P<holder>[^;|<>:]{0,80}?)[\s.,;]+(?=(?:this (?:work|article|document|page|book|text|content|software|"
    r"information|publication|chapter|file) is|licensed|distributed|"
    r"released|published|available|licensee|this is an open))"
)
"""A copyright notice in front of a grant: it names who grants."""


@cache
def _sentences(articles: bool) -> re.Pattern[str]:
    listed = SENTENCES + (IN_ARTICLES if articles else ())
    return re.compile(rf"(?:{'|'.join(sorted(listed, key=len, reverse=True))})(?![^\W_])")


_NON_COMMERCIAL = re.compile(rf"(?:{'|'.join(NON_COMMERCIAL)})(?![^\W_])")
_WORD = re.compile(r"[^\W_]+(?:['\-][^\W_]+)*'?")


def notice(text: str, articles: bool) -> int:
    """Where a copyright notice at the very beginning of `text` ends; 0 where there is none that a grant follows."""
    match = (_ARTICLE_LEAD.match(text) if articles else None) or _NOTICE.match(text)
    return match.end() if match else 0


def sentence(text: str, start: int, articles: bool) -> int | None:
    """Where the longest listed phrase that begins at `start` ends."""
    match = _sentences(articles).match(text, start)
    return match.end() if match else None


def non_commercial(text: str, start: int) -> int | None:
    """Where a sentence about non-commercial use that begins at `start` ends."""
    match = _NON_COMMERCIAL.match(text, start)
    return match.end() if match else None


def word(text: str, start: int) -> int | None:
    """Where the word that begins at `start` ends, if it is one of the list."""
    match = _WORD.match(text, start)
    return match.end() if match and match[0] in WORDS else None
