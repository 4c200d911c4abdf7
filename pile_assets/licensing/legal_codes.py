"""The long licences whose words never vary, recognised by a digest of all of them: Creative Commons, Open Data Commons, OGL.

A licence without a name to fill in has one wording per version and language. So nothing is searched for in it: from a
known opening a known number of words must have a known digest, and a text with one word more, less or other is no copy
of the licence. Shorter licences, which carry names and are reflowed and excerpted in a hundred ways, are `texts`.

Restrictive Creative Commons licences are on the table too, so that they are refused by name. The numbers were computed
from the texts of the SPDX licence list and from the plain-text copies that Creative Commons publishes and repositories
carry, which letter some lists differently: then a licence has two rows. The texts are not kept here.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    spdx: str
    words: int  # from the opening to the last word that belongs to the licence, as `texts.words` counts
    digest: str  # the first 32 hex digits of the SHA-256 of these words, joined by single blanks


CODES: Mapping[str, tuple[Code, ...]] = {
    "the work as defined below is provided under the terms of this creative commons public license": (
        Code("CC-BY-1.0", 1600, "5f28ec2a19e6c136cc035c2bab36a0e6"),
        Code("CC-BY-2.0", 1777, "d8199f1a6ae00b8a2adbda1ac4703099"),
        Code("CC-BY-2.5", 1815, "ef480a580741718e97671aa79cd0fdd8"),
        Code("CC-BY-2.5-AU", 2446, "6a6c96c3fa9bbbfdef7167ee0b5bfa0e"),
        Code("CC-BY-3.0", 2755, "6cd1421844842148ae42fa48007f4311"),
        Code("CC-BY-3.0-US", 2109, "89c1cbfe02fec2cdfdac1a8ade9c2601"),
        Code("CC-BY-NC-1.0", 1680, "15efcc7c8b355a2bbdd0429d6aff1857"),
        Code("CC-BY-NC-2.0", 1930, "a7eb70ce7469cc10fcbaaeb87520db97"),
        Code("CC-BY-NC-2.5", 1967, "6b743112c4a9ed853e93d1fa221c9b5b"),
        Code("CC-BY-NC-3.0", 2908, "c897d91fe256eddef2f23d86069e8002"),
        Code("CC-BY-NC-ND-1.0", 1536, "ffe37c435bf9f35968bfbe5d4ed944dd"),
        Code("CC-BY-NC-ND-2.0", 1788, "a4978e0ffd28b87cb0de47d7a1e2b81f"),
        Code("CC-BY-NC-ND-2.5", 1827, "d6716f02c65a357831d907c4045b12de"),
        Code("CC-BY-NC-ND-3.0", 2627, "2e71e2f1dac94e2192d73264f29fe700"),
        Code("CC-BY-NC-SA-1.0", 1863, "fd38c21adbafbc4bc92a0447d4b5029f"),
        Code("CC-BY-NC-SA-2.0", 2179, "a0c552cd05f52b833bf4b8738a27ef73"),
        Code("CC-BY-NC-SA-2.5", 2217, "70058d2a2c6a22fdc4dbf405f19307a5"),
        Code("CC-BY-NC-SA-3.0", 3188, "263134e06d12d57e61a4203a631f275a"),
        Code("CC-BY-ND-1.0", 1452, "6d6c85bf16fddbeff18684c09569b81d"),
        Code("CC-BY-ND-2.0", 1634, "231664163018363e65f61609246912f8"),
        Code("CC-BY-ND-2.5", 1673, "a4a0067e079253025a89f6992653ae26"),
        Code("CC-BY-ND-3.0", 2477, "1bbe13135d84c8f8097e0ca47efa909a"),
        Code("CC-BY-SA-1.0", 1779, "ef965b47d860a03fa9a627e4af329e50"),
        Code("CC-BY-SA-2.0", 2022, "55f5fca62b58e8463cfbcf82817001f1"),
        Code("CC-BY-SA-2.5", 2060, "cd7edf79e42b8953a337d7788a363768"),
        Code("CC-BY-SA-3.0", 3179, "57bb4f803f0ae1596f9c863965672f4f"),
    ),
    "creative commons attribution 4 0 international public license by exercising": (
        Code("CC-BY-4.0", 2055, "e73b14644bff17658d10b651b24b4e87"),
        Code("CC-BY-4.0", 2056, "5b2a509d2ff3fbccb64c476a17771c11"),
    ),
    "creative commons attribution noncommercial 4 0 international public license by exercising": (
        Code("CC-BY-NC-4.0", 2139, "b43cdc89c0efd9e92330b3f94a77ba7c"),
    ),
    "creative commons attribution noncommercial noderivatives 4 0 international public license by exercising": (
        Code("CC-BY-NC-ND-4.0", 2105, "c60c75545e30b41fb844d8f16cd723a7"),
    ),
    "creative commons attribution noncommercial sharealike 4 0 international public license by exercising": (
        Code("CC-BY-NC-SA-4.0", 2346, "463b7aa92c24da7c3ccdb225fc7ee042"),
        Code("CC-BY-NC-SA-4.0", 2347, "2f64f165c0a8e5a20819fb0197a74cce"),
    ),
    "creative commons attribution noderivatives 4 0 international public license by exercising": (
        Code("CC-BY-ND-4.0", 2022, "a4ca46a1c7a6331b953acc2453b29a9b"),
    ),
    "creative commons attribution sharealike 4 0 international public license by exercising": (
        Code("CC-BY-SA-4.0", 2260, "22eb7863250ca2ea1320063cae5b63cb"),
        Code("CC-BY-SA-4.0", 2261, "436e82c632504d66bb0ab9869542bd73"),
    ),
    "statement of purpose the laws of most jurisdictions throughout": (
        Code("CC0-1.0", 1008, "4f8ab63ace774f37529081c81e2730a8"),
    ),
    "the open data commons public domain dedication license is": (Code("PDDL-1.0", 2552, "61035e153e20ef84bd706ef861b1a7ea"),),
    "the licensor as defined below and you as defined": (
        Code("ODC-By-1.0", 3090, "269772421c55395a33429ac0f1be4f4b"),
        Code("ODbL-1.0", 3861, "416d1d99fac49f99a2b11abd3e8c1334"),
    ),
    "you are encouraged to use and re use the": (
        Code("OGL-UK-1.0", 926, "0b7e736c58403f84165c1d758b0a5736"),
        Code("OGL-UK-2.0", 924, "dfbb5c1200cadb7ea812fda296a1be53"),
        Code("OGL-UK-3.0", 969, "876ca7590046af8ac54fe1b36a278dc9"),
    ),
    "you are encouraged to use the information that is": (Code("OGL-Canada-2.0", 568, "46384f65d1d26c11a9079a6b89f33f26"),),
    "this is the community data license agreement permissive version": (
        Code("CDLA-Permissive-1.0", 1703, "0c7689d90ecf89ac6d7b6231272f70ab"),
        Code("CDLA-Permissive-2.0", 373, "a9be7ca277f51b265a1f1c8d6b865bad"),
    ),
    "préambule avec la license art libre l autorisation est": (Code("LAL-1.3", 1284, "7c14c23e6e90a24f708a506c59876cc1"),),
    "réutilisation de l information sous cette license le concédant": (
        Code("etalab-2.0", 1058, "337b3cbe6294ac4403a828e33a9494fa"),
    ),
    "purpose this license gives everyone as much permission to": (
        Code("BlueOak-1.0.0", 247, "ec15381337cff162eadc7fdfbd74ad82"),
    ),
    "the universal permissive license upl version 1 0 subject": (Code("UPL-1.0", 294, "f63895027e0ae3a2be2b17c96b304803"),),
    "the educational community license version 2 0 ecl consists": (Code("ECL-2.0", 1727, "22384c942c1aeca1855de187082bfa47"),),
}

_SHORTEST = min(code.words for codes in CODES.values() for code in codes)
OPENING = re.compile(rf"\b(?:{'|'.join(CODES)})\b")


@dataclass(frozen=True)
class Taken:
    """What is left of a text's words when complete licences are cut out of it."""

    licences: tuple[str, ...]  # SPDX identifiers, in order
    rest: tuple[str, ...]  # the words before, between and behind them
    changed: bool  # a licence begins, and is none of those on the table


def take(content: str) -> Taken:
    """Cut every complete legal code out of `content`, which are words as `texts.words` spells them."""
    if content.count(" ") + 1 < _SHORTEST:
        return Taken((), (content,), changed=False)
    licences, rest, changed, end = [], [], False, 0
    for opening in OPENING.finditer(content):
        if opening.start() < end:
            continue
        if (found := _complete(content, opening.start(), CODES[opening[0]])) is None:
            changed = True
            continue
        rest.append(content[end : opening.start()])
        licence, end = found
        licences.append(licence)
    return Taken(tuple(licences), (*rest, content[end:]), changed)


def _complete(content: str, start: int, codes: tuple[Code, ...]) -> tuple[str, int] | None:
    """The licence whose words begin at `start`, with the position behind its last one."""
    words = content[start:].split(" ", max(code.words for code in codes))
    for code in codes:
        body = " ".join(words[: code.words])
        if hashlib.sha256(body.encode()).hexdigest().startswith(code.digest):
            return code.spdx, start + len(body)
    return None
