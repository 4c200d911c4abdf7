"""Words that take back what an open licence gives: the veto over statements read from free text and from mark-up.

The veto is for statements about a work. It must not run on licence boilerplate, where "All rights reserved" stands in
front of a permission (the heads of source files and licence texts).
"""

import re
import unicodedata

_ALL_RIGHTS = (
    "all rights (?:are )?reserved",
    "alle rechte vorbehalten",
    "alle rechten voorbehouden",
    "alla rättigheter (?:förbehållna|förbehålles|reserverade)",
    "alle rettigheter (?:forbeholdes|forbeholdt|reservert|reserverede?)",
    "kaikki oikeudet pidätetään",
    "tous (?:les )?droits (?:sont )?réservés",
    "(?:todos )?los derechos reservados|reservados todos los derechos",
    "tots els drets reservats",
    "todos os direitos reservados",
    "tutti i diritti (?:sono )?riservati",
    "toate drepturile (?:sunt )?rezervate",
    "wszelkie prawa zastrzeżone|wszystkie prawa zastrzeżone",
    "všechna práva vyhrazena|všetky práva vyhradené",
    "sva prava (?:pridržana|zadržana)|vse pravice pridržane",
    "minden jog fenntartva",
    "все права (?:защищены|сохранены)|усі права (?:захищені|застережені)|всички права запазени|сва права задржана",
    "με (?:την )?επιφύλαξη παντός δικαιώματος",
    "tüm hakları saklıdır|her hakkı saklıdır",
    "hak cipta dilindungi",
    "bảo lưu mọi quyền|mọi quyền được bảo lưu",
    "(?:جميع|كافة) الحقوق محفوظة",
    "כל הזכויות שמורות",
    "सर्वाधिकार सुरक्षित",
    "สงวนลิขสิทธิ์",
    "版权所有|版權所有|保留所有权利|保留所有權利|保留一切权利|保留一切權利|著作权所有|翻印必究|未经许可.{0,6}不得转载",
    "無断(?:転載|複製|複写|使用|引用)|不許複製|禁無断転載|すべての権利を留保",
    "무단 ?(?:전재|복제|배포|도용)|모든 권리(?:를|는)? ?보유|저작권자의 허락 없이",
)
"""What reserves all rights in so many words, by language. Spelled with accents in one character (NFC), and with one blank."""

_RESERVED = re.compile("|".join(_ALL_RIGHTS), re.IGNORECASE)
_PARTIAL = re.compile(
    r"©|\(c\)\s*\d{4}|\bexcept\b|\bunless\b|\bexclud|\bother than\b|\bdoes not apply\b"
    r"|\bnot (?:covered|licensed|included)\b|\bphotos?\b|\bphotographs?\b|\bimages?\b|\bfigures?\b|\bpermission\b"
    r"|\bsome\b|\bparts?\b|\bportions?\b|\bbut\b",
    re.IGNORECASE,
)
_ELEMENTS = {
    "NC": re.compile(r"\bnon[\s\-]?commercial|\bNC\b|\bnot for commercial|\bpersonal use", re.IGNORECASE),
    "ND": re.compile(r"\bno[\s\-]?deriv", re.IGNORECASE),
    "SA": re.compile(r"\bshare[\s\-]?alike", re.IGNORECASE),
}


def reserved(text: str) -> bool:
    """Whether it says, in one of the languages known, that all rights are reserved; however the words are spaced."""
    visible = "".join(" " if c.isspace() else c for c in text if unicodedata.category(c) != "Cf")
    return _RESERVED.search(" ".join(unicodedata.normalize("NFC", visible).split())) is not None


def partial(text: str) -> bool:
    """Whether the statement reserves rights or speaks of parts, so that what it grants cannot be read from it alone."""
    return _PARTIAL.search(text) is not None or reserved(text)


def beyond(text: str, granted: str) -> bool:
    """Whether `text` names a Creative Commons restriction that `granted` (an SPDX identifier or family) does not have."""
    elements = granted.split("-")
    return any(code not in elements and pattern.search(text) for code, pattern in _ELEMENTS.items())
