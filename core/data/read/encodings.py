"""Encodings from before Unicode: some bytes are in the one that makes words of a language of them.

A letter counts where a language has it and a word may have it in that place; a sign counts where no letters
are on both sides of it. What was decoded by the wrong table has capitals inside of words and signs among
letters.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping

from core.errors import UserError

TWICE = "utf-8-twice"  # UTF-8 that was taken for Western and written as UTF-8 again
# Offered to a person, in this order.
COMMON_ENCODINGS = (
    *("utf-8", "cp1252", "mac_roman", "cp1250", "cp1251", "koi8_r", "gb18030", "big5", "cp932", "euc_jp"),
    *("cp949", "cp850", "cp852", "cp866", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("iso8859_2", "iso8859_15", "iso2022_jp", "utf-16", "utf-16-le", "utf-16-be", TWICE),
)  # fmt: skip
NO_TEXT = (
    *(
        "utf_7",
        "idna",
        "punycode",
        "unicode_escape",
        "raw_unicode_escape",
        "undefined",
        "mbcs",
        "oem",
    ),
)
MIN_SCORE = 0.75  # score from which on a guess is one
CLOSE_SCORE = 0.9  # of the best score: what reaches it may be meant as well

WEST = (
    *("àâæçéèêëîïôœùûüÿ", "äöüß", "áéíñóúüªº", "ãáâàçéêíóôõúü", "àèéìíîòóùú"),
    *("éëïóöüèá", "äåöéü", "æøåéüöä", "áéíóúýðþæö", "àçéèíïóòúü"),
)  # fmt: skip
CENTRAL = ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîșțşţ", "čćđšž")
BALTIC = ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž")
RUSSIAN = ("абвгдеёжзийклмнопрстуфхцчшщъыьэюя",)
CYRILLIC = (*RUSSIAN, "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", "абвгдђежзијклљмнњопрстћуфхцчџш")
FREQUENT_LETTERS = frozenset("яьыюіїάέήίόύώ")  # no longer text in Cyrillic or Greek is without
MIN_LETTERS = 20
GREEK = ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",)
HEBREW = ("אבגדהוזחטיךכלםמןנסעףפץצקרשת",)
ARABIC = ("ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگ",)
# The most frequent encodings come first: they win a tie.
ALPHABETS: Mapping[str, tuple[str, ...]] = {
    "cp1252": WEST,
    "cp1250": CENTRAL,
    "cp1251": CYRILLIC,
    "mac_roman": WEST,
    "cp850": WEST,
    "cp1254": ("çğıöşüâîİ", *WEST[1:2]),
    "cp1257": BALTIC,
    "koi8_r": RUSSIAN,
    "cp866": RUSSIAN,
    "koi8_u": CYRILLIC,
    "cp1253": GREEK,
    "cp1255": HEBREW,
    "cp1256": ARABIC,
    "iso8859_2": CENTRAL,
    "cp852": CENTRAL,
    "mac_latin2": CENTRAL,
    "iso8859_5": CYRILLIC,
    "mac_cyrillic": CYRILLIC,
    "iso8859_7": GREEK,
    "cp437": WEST,
}
SIGNS = frozenset("“”„‘’‚«»‹›–—…•·°§©®™€£¥¡¿´`¨\xa0±×½¼²³µ¶№")
APOSTROPHES = frozenset("’´`·\xad")
# The most frequent characters of simplified Chinese: half of any text and more.
HAN = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于"
    "着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还"
    "进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情"
    "明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或"
    "新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员"
    "解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太"
    "量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基"
    "眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交"
    "规万取拉格望觉术领共确传师观清今切院让识候带导争运评负签标容差消极积"
)
# The most frequent characters of traditional Chinese.
TRADITIONAL = frozenset(
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行"
    "所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力"
    "它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產"
    "或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口"
    "認條平系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區"
)


def canonical_encoding(name: str) -> str:
    """The usual name of an encoding that a person asks for. Raises UserError `encoding_unknown`."""
    if name.strip().lower().replace("_", "-") == TWICE:
        return TWICE
    try:
        codec = codecs.lookup(name.strip())
    except (LookupError, ValueError):
        codec = None
    if (
        codec is None
        or not getattr(codec, "_is_text_encoding", True)
        or codec.name.replace("-", "_") in NO_TEXT
    ):
        raise UserError("encoding_unknown", name=name[:40], known=", ".join(COMMON_ENCODINGS))
    return codec.name


def rank_encodings(sample: bytes) -> list[tuple[str, float]]:
    """Encodings with a score from 0 to 1, the best first. Texts that two of them read alike count once."""
    scores: dict[str, float] = {}
    for name in SEVERAL_BYTES:
        scores[name] = _of_signs(sample, name)
    for name, alphabets in ALPHABETS.items():
        scores[name] = _of_letters(sample.decode(name, errors="replace"), alphabets)
    best = sorted(scores.items(), key=lambda pair: -pair[1])
    seen, ranked = set[str](), []
    for name, value in best:
        text = sample.decode(name, errors="replace")
        if text not in seen:
            seen.add(text)
            ranked.append((name, value))
    return ranked


def script_of(encoding: str) -> str:
    """Of the letters beyond ASCII that it is for: "GREEK"; the encoding itself where these are no letters."""
    letters = next(iter(ALPHABETS.get(encoding, ())), "")
    return next((unicodedata.name(char).split()[0] for char in letters if char > "\x7f"), encoding)


def _of_letters(text: str, alphabets: tuple[str, ...]) -> float:
    """The share of what is beyond ASCII that fits one language."""
    right: defaultdict[int, float] = defaultdict(float)
    signs = total = 0.0
    known = [frozenset(alphabet) for alphabet in alphabets]
    for match in re.finditer(r"[^\x00-\x7f]", text):
        at, char = match.start(), match[0]
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        total += 1
        if char in SIGNS:
            inside = before.isalpha() and after.isalpha()
            signs += 1 if not inside or char in APOSTROPHES else 0
            continue
        if not char.isalpha():
            continue
        if not _is_latin(char) and (_is_latin(before) or _is_latin(after)):
            continue  # no word has letters of two scripts
        if char in "ςσ" and (char == "ς") == after.isalpha():
            continue  # the one stands at the end of words only, the other never
        weight = 1.0
        if char.isupper() and before.isalpha():
            weight = 0.3 if before.isupper() else -1.0
        low = char.lower()
        for place, letters in enumerate(known):
            if low in letters:
                right[place] += weight
    best = max(right.values(), default=0.0)
    if (
        alphabets[0] in (*CYRILLIC, *GREEK)
        and total > MIN_LETTERS
        and not set(text) & FREQUENT_LETTERS
    ):
        best *= 0.9  # Hebrew, whose bytes are those of the other letters
    return max(0.0, best + signs) / total if total else 0.0


def _is_latin(char: str) -> bool:
    return char.isalpha() and char < "\u0250"


def _of_signs(sample: bytes, name: str) -> float:
    """The share of what is beyond ASCII that is frequent in the language of an encoding of several bytes a
    character; 1 where it is as much as in any text."""
    text = sample.decode(name, errors="replace")
    signs, wrong = [char for char in text if char > "\x7f"], text.count("\ufffd")
    if not signs or wrong > max(1, len(signs) // 50):
        return 0.0
    fits, usual = SEVERAL_BYTES[name]
    distinct = {char: fits(char) for char in set(signs)}
    return min(1.0, sum(map(distinct.__getitem__, signs)) / len(signs) / usual)


def _is_kana(char: str) -> bool:
    return "\u3041" <= char <= "\u30fe"


def _is_usual_syllable(char: str) -> bool:
    """Nearly all syllables of a Korean text are among those of the old standard: two bytes there."""
    return "가" <= char <= "힣" and len(char.encode("euc_kr", "ignore")) == 2


# What is frequent in a text of the encoding, and the share of the text that it is.
SEVERAL_BYTES: Mapping[str, tuple[Callable[[str], bool], float]] = {
    "gb18030": (HAN.__contains__, 0.4),
    "big5": (TRADITIONAL.__contains__, 0.4),
    "cp932": (_is_kana, 0.3),
    "euc_jp": (_is_kana, 0.3),
    "cp949": (_is_usual_syllable, 0.9),
}


# --- written twice ---

# Each character that a byte from 0x80 on is in the Western encoding; a control where it has none.
_WESTERN = {
    bytes([byte]).decode("cp1252", errors="ignore") or chr(byte): byte
    for byte in range(0x80, 0x100)
}
_RUN = re.compile("[" + "".join(map(re.escape, _WESTERN)) + "]{2,}")


def decode_twice(text: str) -> str:
    """A text whose characters were encoded twice, as it was meant: "Ã¼" is "ü"."""
    return _RUN.sub(_once, text)


def _once(match: re.Match[str]) -> str:
    try:
        return bytes(map(_WESTERN.__getitem__, match[0])).decode()
    except UnicodeDecodeError:
        return match[0]


def count_encoded_twice(text: str) -> int:
    """How many places of a text were encoded twice; 0 where these are so few that they may be meant."""
    runs = sum(match[0] != _once(match) for match in _RUN.finditer(text))
    beyond = len(re.findall(r"[^\x00-\x7f]+", text))
    return runs if runs >= 2 and runs >= 0.1 * beyond else 0
