"""Language of the texts: what the letters do not tell, the commonest words do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

# Words that are common in English and rare in what else is written in Latin letters, and the other way round.
ENGLISH_WORDS = """
the and that you this with not are have they from your what how would because there when which who where been
were their them these should could does
"""
OTHER_WORDS = """
der das und den dem ist nicht ich ein eine mit auf für sich auch von zu
le les des est et pas une dans que qui pour sur je il elle vous nous ce au avec
el los las en por con una del lo es y su muy pero como más
di che non per sono della il gli è ho mi questo
os um uma não da dos em na para mais
het een en van dat niet ik op voor met zijn maar
och att det som på är inte jag ett av og ikke af jeg til
ja ei ettei että hän ovat oli
nie się jest na że jak ale je jsem
és nem egy az hogy van de
și nu este cu sunt pe în
bir ve bu için çok ama değil da ne
yang dan di ini itu untuk tidak dengan dari ada
và của là không có cho một người được trong
na ya wa kwa ni katika
in je so ki za pri ali tudi kot bi od bil ne ni pa se v z
i u koji koja je su kao iz nije što sa
ir yra kad su tai bet iš un ka ar par bija
ang ng mga sa si hindi ako
"""  # German, French, Spanish, Italian, Portuguese, Dutch, the Scandinavian ones, Finnish, Polish and Czech,
# Hungarian, Romanian, Turkish, Indonesian, Vietnamese, Swahili, Slovenian, Croatian, Lithuanian and Latvian,
# Tagalog: a line for each
SHARED_WORDS = "in so i u v z a an am on no me die is all par ar"
WORD = re.compile(r"[^\W\d_]+")
# Letters with marks are rare in English (café): where more have one and the words above are missing, it is
# another language.
MARKED_LETTER = re.compile(r"[\u00c0-\u024f\u1e00-\u1eff]")
MAX_MARKED_SHARE = 0.01
MIN_ENGLISH_SHARE = 0.05  # of the words; in English every fifth is one of those above


def language_of(texts: Iterable[str], script: str) -> str:
    """What kind of model reads the texts: "english", "chinese", "many" for several scripts, else "other".

    `script` is theirs, as `core.data.profile.profile.find_script` names it. Latin letters are taken for
    English unless words of other languages are commoner, or English ones are rare and letters with marks
    (č, ß, ő) are not.
    """
    if script in ("latin", "none"):
        return "other" if _is_foreign(texts) else "english"
    return {"han": "chinese", "mixed": "many"}.get(script, "other")


def _is_foreign(texts: Iterable[str]) -> bool:
    words = Counter(WORD.findall("\n".join(texts).lower()))
    english, other = (
        sum(words[word] for word in set(word_list.split()) - set(SHARED_WORDS.split()))
        for word_list in (ENGLISH_WORDS, OTHER_WORDS)
    )
    letters = sum(len(word) * times for word, times in words.items())
    marked = sum(len(MARKED_LETTER.findall(word)) * times for word, times in words.items())
    hardly_english = english < MIN_ENGLISH_SHARE * words.total()
    return other > english or (hardly_english and marked > MAX_MARKED_SHARE * letters)
