"""Invented prose of any length, the same for the same seed; two seeds have next to nothing in common."""

from __future__ import annotations

from random import Random

_SIGNS = "山水田林路桥村镇街河渠井泉谷粮棉油麻茶果菜花树苗鱼虾牛羊鸡鸭船车站港灯塔钟楼门窗墙瓦砖石沙土金木火风雨雪云星月光春夏秋冬"


def story(seed: int, length: int) -> str:
    """So many characters, none of which punctuation, digits or a part of what the form prescribes."""
    return "".join(Random(seed).choices(_SIGNS, k=length))


def told(text: str) -> str:
    """The same as sentences, for a page."""
    return "".join(f"{text[at : at + 18]}，{text[at + 18 : at + 30]}。" for at in range(0, len(text), 30))
