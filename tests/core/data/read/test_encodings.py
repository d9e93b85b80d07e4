"""Files from before Unicode read back as they were meant, in whichever language and by whichever system."""

from __future__ import annotations

import json
import time

import pytest

from core.data.profile.profile import profile
from core.data.read.options import ReadOptions
from core.data.read.table import read
from core.data.table import Table
from core.errors import UserError
from core.modalities.checkup import checkup, mend
from tests.core.data.office import xlsx

TEXTS = {
    "de": "Die Lieferung kam zu spät – schade! Sehr schöne Qualität. Über die Größe war ich überrascht",
    "fr": "Très déçu par ce café, la qualité n’est pas là. Je l’ai reçu à l’hôtel, ça marche",
    "es": "¿Cuánto cuesta el pingüino? El niño comió mañana. ¡Qué lástima!",
    "en": "It’s great – I don’t “love” it…",
    "pl": "Bardzo dobra jakość, polecam. Źle wykonane, nie działa. Książka świetna, łóżko",
    "cs": "Velmi špatné zboží, přišlo pozdě. Děkuji, příště určitě znovu. Žádný problém",
    "ru": "Очень плохое качество, не рекомендую. Отличный товар, быстрая доставка! Спасибо",
    "uk": "Дуже погана якість, не раджу. Чудовий товар, швидка доставка, їжа і її",
    "el": "Πολύ καλή ποιότητα, ευχαριστώ. Κακή εξυπηρέτηση",
    "tr": "Çok güzel bir ürün, teşekkürler. Kötü kargo, ışık çalışmıyor, ağır",
    "he": "איכות טובה מאוד, תודה. שירות גרוע, לא ממליץ",
    "ar": "جودة ممتازة، شكرا لكم. خدمة سيئة جدا",
    "ja": "とても良い商品でした。配送が遅くて残念です。また買います。",
    "ko": "품질이 아주 좋습니다. 배송이 늦어서 아쉽네요. 추천합니다.",
    "zh": "质量很好，值得购买。太差了，不要买。物流很快",
    "tw": "品質很好，值得購買。太差了，不要買。客服態度不佳，我們會再來",
}
WRITTEN = {
    "de": ("cp1252", "mac_roman", "cp850", "cp437"),
    "fr": ("cp1252", "mac_roman", "cp850"),
    "es": ("cp1252", "mac_roman", "cp850"),
    "en": ("cp1252", "mac_roman"),
    "pl": ("cp1250", "iso8859_2", "cp852"),
    "cs": ("cp1250", "iso8859_2", "cp852"),
    "ru": ("cp1251", "koi8_r", "cp866", "iso8859_5", "mac_cyrillic"),
    "uk": ("cp1251", "koi8_u"),
    "el": ("cp1253", "iso8859_7"),
    "tr": ("cp1254",),
    "he": ("cp1255",),
    "ar": ("cp1256",),
    "ja": ("cp932", "euc_jp"),
    "ko": ("cp949",),
    "zh": ("gb18030",),
    "tw": ("big5",),
}


def content(text: str, encoding: str, rows: int = 6) -> bytes:
    lines = [f"{text} {n};{'xy'[n % 2]}" for n in range(rows)]
    return "\n".join(["text;label", *lines]).encode(encoding, "ignore")


def first(table: Table) -> str:
    return str(table.frame.iloc[0, 0])


@pytest.mark.parametrize(
    ("language", "encoding"), [(lang, name) for lang, names in WRITTEN.items() for name in names]
)
def test_every_language_in_each_of_its_encodings(language: str, encoding: str) -> None:
    data = content(TEXTS[language], encoding)
    table = read(data)
    assert first(table) == data.decode(encoding).splitlines()[1].split(";")[0]
    (note,) = (each for each in table.notes if each.key == "data.note.encoding_guessed")
    assert note.values["encoding"] == table.encoding
    # What makes no words of these bytes cannot be meant.
    one_byte = language in ("ru", "uk", "el", "he")
    second = str(note.values["second"])
    assert one_byte or second == "-"
    if second != "-":
        data.decode(second)  # a click reads all of it so


def test_an_encoding_can_be_asked_for_by_any_of_its_names() -> None:
    data = content(TEXTS["de"], "mac_roman")
    for name in ("mac_roman", "macroman", "Macintosh", " MAC-ROMAN "):
        table = read(data, options=ReadOptions(encoding=name))
        assert first(table).startswith("Die Lieferung kam zu spät")
        assert table.read_with.encoding == name
        assert not any("encoding" in note.key for note in table.notes)
    wrong = read(data, options=ReadOptions(encoding="cp1252"))
    assert "spŠt" in first(wrong)


@pytest.mark.parametrize(
    "name", ["klingon", "", "utf-7", "idna", "zlib", "hex", "\0", "unicode_escape"]
)
def test_what_is_no_encoding_is_said_with_some_that_are(name: str) -> None:
    with pytest.raises(UserError) as caught:
        read(b"text,label\na,b\n", options=ReadOptions(encoding=name))
    assert caught.value.what.key == "error.encoding_unknown"
    assert "mac_roman" in str(caught.value)


def test_rows_that_are_not_of_the_encoding_are_listed() -> None:
    table = read(b"text,label\nfine,x\ncaf\xe9,y\n", options=ReadOptions(encoding="utf-8"))
    assert [row.line for row in table.bad_rows] == [3]


@pytest.mark.parametrize(
    ("language", "encoding"), [("el", "cp1253"), ("el", "iso8859_7"), ("he", "cp1255")]
)
def test_an_encoding_of_another_script_is_not_offered(language: str, encoding: str) -> None:
    table = read(content(TEXTS[language], encoding))
    found = {each.key: each for each in checkup(table, profile(table))}["encoding_guessed"]
    assert first(table) == f"{TEXTS[language]} 0"
    assert not found.fixes


def test_a_click_takes_the_second_guess() -> None:
    data = content(TEXTS["ru"], "mac_cyrillic")
    table = read(data)
    found = {each.key: each for each in checkup(table, profile(table))}["encoding_guessed"]
    assert found.fixes
    again, _ = mend(
        table, profile(table), ["encoding_guessed"], lambda options: read(data, None, options)
    )
    assert again.encoding != table.encoding
    assert dict(again.read_with.asked()) == {"encoding": again.encoding}


@pytest.mark.parametrize("language", ["de", "fr", "zh", "ru", "en"])
def test_what_was_encoded_twice_is_repaired_with_a_click(language: str) -> None:
    once = content(TEXTS[language], "utf-8")
    twice = "".join(
        bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in once
    ).encode()
    table = read(twice)
    assert first(table) != TEXTS[language] + " 0"
    seen = profile(table)
    assert "encoded_twice" in {each.key for each in checkup(table, seen)}
    mended, _ = mend(table, seen, ["encoded_twice"], lambda options: read(twice, None, options))
    assert first(mended) == TEXTS[language] + " 0"
    assert "encoded_twice" not in {each.key for each in checkup(mended, profile(mended))}


def test_texts_about_such_letters_are_not_taken_for_encoded_twice() -> None:
    table = read("text;label\nA tilde on A: Ã and Õ;x\nüber ÄÖ;y\n".encode())
    assert not table.notes


def test_json_takes_an_encoding_and_a_workbook_does_not() -> None:
    data = '[{"text": "spät", "label": "x"}]'.encode("mac_roman")
    assert first(read(data, options=ReadOptions(encoding="mac_roman"))) == "spät"
    with pytest.raises(UserError) as caught:
        read(xlsx({"S": [["text"], ["a"]]}), options=ReadOptions(encoding="utf-8"))
    assert caught.value.what.key == "error.no_encoding"


@pytest.mark.parametrize("encoding", ["iso2022_jp", "iso2022_jp_ext", "iso2022_kr"])
def test_encodings_of_the_mail(encoding: str) -> None:
    text = TEXTS["ko" if encoding.endswith("kr") else "ja"]
    text += "ｶﾀｶﾅ" if encoding.endswith("ext") else ""
    data = content(text, encoding)
    assert data.isascii()
    table = read(data)
    assert first(table) == f"{text} 0"
    assert table.encoding == encoding
    assert not table.notes


def test_the_color_of_a_terminal_is_no_encoding() -> None:
    assert first(read(b"text;label\n\x1b$Bcosts 5;x\na;y\n")) == "\x1b$Bcosts 5"


def test_a_file_on_one_line_tells_its_encoding_as_soon() -> None:
    rows = [{"text": TEXTS["zh"] * 9, "label": "x"}] * 3_000
    begun = time.process_time()
    table = read(json.dumps(rows, ensure_ascii=False).encode("gb18030"))
    assert time.process_time() - begun < 4
    assert (first(table), table.encoding) == (TEXTS["zh"] * 9, "gb18030")
