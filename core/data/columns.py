"""What people call the columns of such tables, and what they call the three splits."""

from __future__ import annotations

import re
import unicodedata

SPLIT_VALUES = {
    "train": "train",
    "training": "train",
    "训练": "train",
    "训练集": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "development": "validation",
    "eval": "validation",
    "evaluation": "validation",
    "验证": "validation",
    "验证集": "validation",
    "test": "test",
    "testing": "test",
    "测试": "test",
    "测试集": "test",
}
SPLIT_NAMES = frozenset({"split", "set", "subset", "partition", "fold", "划分", "数据集", "拆分"})
# Best first: a table may hold several of these.
TEXT_NAMES = (
    *("text", "sentence", "content", "body", "message", "review", "comment", "document", "post"),
    *("tweet", "utterance", "question", "query", "feedback", "description", "email", "mail"),
    *("文本", "内容", "正文", "评论", "评价", "句子", "消息", "留言", "问题", "描述", "摘要"),
    *("title", "subject", "headline", "name", "标题"),
)
LABEL_NAMES = (
    *("label", "labels", "class", "category", "target", "sentiment", "intent", "y", "topic"),
    *("标签", "类别", "分类", "情感", "情绪", "意图", "类型", "标注", "极性", "主题", "话题"),
    *("emotion", "polarity", "genre", "section", "type", "tag", "language", "lang", "spam"),
    *("rating", "stars", "score", "domain", "语言", "评分", "星级", "领域"),
)
ID_NAMES = frozenset(
    {"id", "ids", "uuid", "guid", "index", "idx", "key", "no", "nr", "url", "link", "file"}
    | {"filename", "path", "user", "author", "date", "time", "timestamp", "created"}
    | {"编号", "序号", "链接", "用户", "作者", "日期", "时间"}
)


def parts(cell: str, separator: str) -> list[str]:
    """The labels in a cell, each once, in their order."""
    found = (part.strip() for part in cell.split(separator))
    return list(dict.fromkeys(part for part in found if part))


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
    whole = "".join(words_of(name))
    return whole in {*TEXT_NAMES, *LABEL_NAMES, *ID_NAMES, *SPLIT_NAMES} or is_id(name)


def split_of(value: str) -> str | None:
    """ "train", "validation" or "test" for any usual spelling of it, else None."""
    return SPLIT_VALUES.get(unicodedata.normalize("NFKC", value).strip().casefold())
