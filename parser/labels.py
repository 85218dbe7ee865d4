"""Labels as they are compared: the core of a printed text, without layout, ordinals and variants of one character.

The normalised form is for comparing only; it is never handed on as the text of a cell or heading.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Zero-width and soft characters that portals and Word leave inside words; white space goes by itself.
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufffc"))
_BOOKMARK = re.compile(r"\[bookmark:[^\[\]]{0,300}\]", re.IGNORECASE)  # left by text made from Word
_SPACE = re.compile(r"\s+")

# Characters that stand for another in the labels of the forms: traditional ones of converted pages, and misprints.
_SAME = str.maketrans(
    {
        **dict(zip("製發數據處結轉務請報減項價費舊現開為與類係麵幣", "制发数据处结转务请报减项价费旧现开为与类系面币", strict=True)),
        **dict(zip("關機構購標準實質證權責補還願聯條選訊復議訴訟維審營業團體規許", "关机构购标准实质证权责补还愿联条选讯复议诉讼维审营业团体规许", strict=True)),
        **dict(zip("總計對領導檔書組織內續辦屬國祕密應無當貿門層級車針領環節爾", "总计对领导档书组织内续办属国秘密应无当贸门层级车针领环节尔", strict=True)),
        **dict(zip("範罰採廢萬佈聞會區這於穩護過執詢沒確舉複認獲繳納繼糾經後動問題進況決強單時間網熱點輿眾參訪談員郵電傳遞紙張", "范罚采废万布闻会区这于稳护过执询没确举复认获缴纳继纠经后动问题进况决强单时间网热点舆众参访谈员邮电传递纸张", strict=True)),
        "䃼": "补",  # U+40FC for 补 (quirk 29)
        "〇": "0",
        "○": "0",
        "“": '"', "”": '"', "„": '"', "‟": '"', "「": '"', "」": '"', "『": '"', "』": '"', "＂": '"', "«": '"', "»": '"',
        "‘": "'", "’": "'",
        "【": "(", "】": ")", "〔": "(", "〕": ")", "[": "(", "]": ")", "{": "(", "}": ")",
        "﹣": "-", "–": "-", "—": "-", "―": "-", "−": "-", "‐": "-", "‑": "-", "－": "-",
    }
)  # fmt: skip

_ORDINAL = re.compile(
    r"^(?:第?[一二三四五六七八九十]{1,3}[、.．,，:：]|\((?:[一二三四五六七八九十]{1,3}|\d{1,2})\)[、.．]?|\d{1,2}[、.．,，)](?!\d)|[一二三四五六七八九十]{1,3}(?=是))"
)

_LONGEST_LABEL = 64  # characters; longer texts are prose


def squeeze(text: str) -> str:
    """The text without any white space, invisible characters and bookmarks; printed characters stay as they are."""
    if text.isascii() and text.isalnum():
        return text
    if "[" not in text:
        return _SPACE.sub("", text.translate(_INVISIBLE))
    return _SPACE.sub("", _BOOKMARK.sub("", text).translate(_INVISIBLE))


def normal(text: str) -> str:
    """The text in one spelling: squeezed, NFKC, simplified, one kind of quote, bracket and dash. Ordinals stay."""
    return _label(text) if len(text) <= _LONGEST_LABEL else _normal(text)


def core(text: str) -> str:
    """The normal form without its leading ordinal (一、 （一） 1. …): what labels are compared by."""
    return _core(text) if len(text) <= _LONGEST_LABEL else _ORDINAL.sub("", _normal(text))


def ordinal(text: str) -> str:
    """The leading ordinal of a label in normal form, or an empty string."""
    match = _ORDINAL.match(normal(text))
    return match.group() if match else ""


def _normal(text: str) -> str:
    if text.isdigit() and text.isascii():
        return text
    return squeeze(unicodedata.normalize("NFKC", squeeze(text)).translate(_SAME))


# Labels come again and again, prose never does: remembering it would only fill the memory of a long crawl.
_label = lru_cache(maxsize=8192)(_normal)


@lru_cache(maxsize=8192)
def _core(text: str) -> str:
    return _ORDINAL.sub("", normal(text))
