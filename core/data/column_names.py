"""Names of columns and of the three splits, as people write them."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


# Words for the three splits, in lower case.
SPLIT_WORDS = {
    "train": """
        train training trainings trainval entrenamiento entraînement apprentissage treino
        treinamento addestramento 训练 訓練 学習 trening treningowe treningowy uczenie trénink
        trénování träning træning обучение обучающая тренировка тренировочная тренировочный навчання
        εκπαίδευση eğitim antrenman latih 학습 훈련 تدريب التدريب אימון
        """,
    "validation": """
        validation valid validate validating val dev devel development eval evaluation validación
        validação validierung validazione validacija 验证 驗證 検証 开发 校验 walidacja walidacyjne
        validace validering validatie validasi doğrulama валидация валидационная валідація επικύρωση
        검증 تحقق التحقق אימות
        """,
    "test": """
        test testing heldout holdout prueba pruebas teste 测试 測試 テスト testowe testowy testování
        teszt тест тестовая тестовый тестирование тестова тестування δοκιμή 테스트 평가 اختبار
        الاختبار בדיקה
        """,
}
# What stands beside these words in the name of a split and says nothing.
SPLIT_FILLERS = """
    set sets data dataset datasets daten datos split sample samples images image imgs img pictures
    picture pics photos files file texts text folder dir rows part subset batch 集 数据 数据集 資料
    图片 图像 样本 文件夹 データ 画像 用 dane zbiór выборка данные набор 데이터 세트 용 بيانات מערך
    """
UNLABELLED_WORDS = frozenset(
    _listed("""
    unlabeled unlabelled unsup unsupervised pred predict prediction predictions topredict inference
    未标注 未标记 待标注 待预测 未分类
""")
)
SPLIT_NAMES = frozenset(_listed("split set subset partition fold 划分 数据集 拆分"))
# Best first: a table may hold several of these.
TEXT_NAMES = _listed("""
    text sentence content body message review comment document post tweet utterance question query
    feedback description email mail 文本 内容 正文 评论 评价 句子 消息 留言 问题 描述 摘要 title
    subject headline name 标题
""")
LABEL_NAMES = _listed("""
    label labels class category target sentiment intent y topic 标签 类别 分类 情感 情绪 意图 类型
    标注 极性 主题 话题 emotion polarity genre section type tag language lang spam rating stars
    score domain 语言 评分 星级 领域
""")
# Of the columns that name a file.
FILE_NAMES = _listed("""
    file_name filename image file path picture photo img filepath image_id name url 图片 文件 文件名
    路径 照片 图像
""")
ID_NAMES = frozenset(
    _listed("""
    id ids uuid guid index idx key no nr url link file filename path user author date time timestamp
    created 编号 序号 链接 用户 作者 日期 时间
""")
)


KNOWN_NAMES = frozenset({*TEXT_NAMES, *LABEL_NAMES, *ID_NAMES, *SPLIT_NAMES})
MAX_ID_WORDS = 2  # in the name of a column with an id
MAX_NAME_LENGTH = 8  # characters of one in Chinese, which has no spaces


def free_name(name: str, taken: Iterable[object], form: str = "{} ({})") -> str:
    """A name for a further column: a number is put behind one that is taken."""
    used = set(map(str, taken))
    further = (form.format(name, number) for number in itertools.count(2))
    return name if name not in used else next(free for free in further if free not in used)


def words_of(name: str) -> list[str]:
    """A column name's words in lower case: the same for "Message Text" and "messageText"."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKC", name))
    return re.findall(r"[^\W_]+", name.casefold())


def rank(name: str, known: tuple[str, ...]) -> float:
    """How well a column name fits a list of known ones: 0 (not at all) to 1 (its first entry).

    A name with further words ("message text") counts a little less than the bare one.
    """
    words = words_of(name)
    whole = "".join(words)
    best = 0.0
    for position, entry in enumerate(known):
        share = 1 - position / (2 * len(known))
        if whole == entry:
            return share
        # Chinese names have no spaces between words.
        if entry in words or (not entry.isascii() and entry in whole):
            best = max(best, share * 0.8)
    return best


def is_id(name: str) -> bool:
    words = words_of(name)
    return bool(words) and (words[-1] in ID_NAMES or any(part in name for part in ("编号", "序号")))


def is_known(name: str) -> bool:
    """Whether a cell is a usual column name rather than data."""
    words = words_of(name)
    whole = "".join(words)
    # A sentence may end with such a word too: "I had a great time".
    short = len(words) <= MAX_ID_WORDS and (name.isascii() or len(whole) <= MAX_NAME_LENGTH)
    return whole in KNOWN_NAMES or (short and is_id(name))


def split_of(value: str) -> str | None:
    """ "train", "validation" or "test" for what is called that and no more: "Training", "test_set",
    "val2017", "训练集"; else None."""
    side, rest = _side(value)
    return side if side and not rest else None


def split_rest(name: str) -> tuple[str | None, str]:
    """The split that stands in a name and the name's other words: "cats_train" is train and cats."""
    side, rest = _side(name)
    return side, " ".join(rest)


def is_unlabelled(name: str) -> bool:
    """Whether a name says of what it names that it has no label yet."""
    return bool(UNLABELLED_WORDS & {"".join(words_of(name)), *words_of(name)})


def split_word(name: str) -> str | None:
    """The split that a word in a name says, whatever else stands there: "seg_test"."""
    return _side(name)[0]


def _side(name: str) -> tuple[str | None, list[str]]:
    """The split that a name's words name, if it is one, and the words that are no part of saying so."""
    words = [word for token in words_of(_bare(name)) for word in re.findall(r"[^\W\d_]+", token)]
    if "".join(words) in _SIDE_OF:  # held-out
        return _SIDE_OF["".join(words)], []
    words = [part for word in words for part in _compound(word)]
    sides = {_SIDE_OF[word] for word in words if word in _SIDE_OF}
    if sides == {"train", "validation"}:  # what is learned from, to be shared out
        sides = {"train"}
    rest = [word for word in words if word not in _SIDE_OF and word not in _FILLERS]
    return (sides.pop() if len(sides) == 1 else None), rest


def _bare(text: str) -> str:
    """A text without its accents."""
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", bare)  # Korean syllables come apart too


def _compound(word: str) -> list[str]:
    """A word in its parts where one of them is a word for a split: "testset", "训练集"."""
    if word in _SIDE_OF:
        return [word]
    if word.isascii():
        ends = (word[len(part) :] for part in _SIDE_OF if word.startswith(part))
        end = next((end for end in ends if end in _FILLERS), "")
        return [word.removesuffix(end), end] if end else [word]
    return [part for part in _BETWEEN.split(word) if part]


_SIDE_OF = {_bare(word): side for side, words in SPLIT_WORDS.items() for word in words.split()}
_FILLERS = frozenset(map(_bare, SPLIT_FILLERS.split()))
# Only of scripts that have no spaces: "протест" is no test.
_JOINED = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]+")
_BETWEEN = re.compile(f"({'|'.join(word for word in _SIDE_OF if _JOINED.fullmatch(word))})")
