"""Scars of find-and-replace: places where a report's prose speaks of another agency than the one that reports.

Three kinds, each certain by itself or left to :mod:`archive.findings.likeness` to hold against the registry:

* ``named``: the sentence that says whose report it is names an agency, 2019年民政部政府信息公开工作 in a bureau's report (it is
  a scar only if that is another agency, of another place or kind, and no government above);
* ``doubled``: the ending of a government behind that of a bureau, 政务服务局政府紧紧围绕;
* ``other_class``: a town or street that says 我局.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from parser.record import Section

NAMED, DOUBLED, OTHER_CLASS = "named", "doubled", "other_class"
MOST = 20  # places of a version: a text made for it could have thousands
_FREE = frozenset({1, 5, 6})  # of prose; the others speak of what the tables say
_CHARACTERS = 50_000  # of a section

_QUOTED = re.compile(r"《[^》\n]{0,200}》|“[^”\n]{0,200}”|〈[^〉\n]{0,200}〉")
_NAME = r"(?P<name>[\u4e00-\u9fff]{2,30}?(?:局|委员会|厅|部|办公室|镇|乡|街道|街道办事处|人民政府))"
_OF_A_YEAR = r"(?:\d{4}年度?)"
_NO_SELF = r"(?!要点|安排|部署|要求|通知|会议|考核|意见|方案|培训|推进会|领导|主管|指南|制度|条例|目录|专栏|平台|栏目|网|人员|机构)"
_SAYS_WHOSE = re.compile(
    rf"(?:^|(?<=[。；！？\n])|(?<=[，,])(?=现))[^\S\n]*(?:"
    rf"(?:现将|现就|现对|现公布)?{_OF_A_YEAR}[，,]?{_NAME}政府信息公开(?:工作)?+{_NO_SELF}"
    rf"|(?:现将|现公布){_NAME.replace('name', 'before')}{_OF_A_YEAR}政府信息公开(?:工作)?(?:年度)?(?:报告|情况)"
    rf"|本(?:年度)?报告由{_NAME.replace('name', 'by')}(?=编制|根据|按照|依据|负责编制)"
    r")"
)
NATIONAL = frozenset(  # 国务院组成部门, at present and before 2018, by the names that reports use
    [
        "外交部",
        "国防部",
        "国家发展和改革委员会",
        "国家发展改革委",
        "教育部",
        "科学技术部",
        "科技部",
        "工业和信息化部",
        "国家民族事务委员会",
        "公安部",
        "国家安全部",
        "民政部",
        "司法部",
        "财政部",
        "人力资源和社会保障部",
        "人力资源社会保障部",
        "自然资源部",
        "国土资源部",
        "生态环境部",
        "环境保护部",
        "住房和城乡建设部",
        "住房城乡建设部",
        "交通运输部",
        "水利部",
        "农业农村部",
        "农业部",
        "商务部",
        "文化和旅游部",
        "文化部",
        "国家卫生健康委员会",
        "退役军人事务部",
        "应急管理部",
    ]
)
_BUREAU = re.compile(r"(?:局|委员会|委|厅|处|中心)$")
_TOWN = re.compile(r"(?:镇|乡|苏木|街道|街道办事处|街道办|乡人民政府|镇人民政府|乡政府|镇政府)$")
# Behind 局政府 nearly always stands what belongs to 政府信息, 政府网站 and the like: only words that begin a predicate count.
_GOVERNMENT = re.compile(
    r"(?:人民)?政府(?=紧紧|高度重视|始终坚持|坚持以|坚持把|认真贯彻|认真落实|严格按照|积极推进|不断加强|切实加强|全面贯彻|深入贯彻|党组)"
)
_SELF = re.compile(r"[我本](?:局|委|厅|处|中心)$")
_SHORTEST_NAME = 3  # characters
_OF_A_BUREAU = re.compile(r"(?<!自)我(?:局|厅)(?!限|面|势|部|域|外|促)")


class Scar(NamedTuple):
    """A place in a section's text, counted in characters from 0, and what stands there; of ``named`` the name alone."""

    what: str
    section: int
    start: int
    end: int
    said: str


def scars(publisher: str | None, sections: Sequence[Section]) -> list[Scar]:
    """The scars of a report, and what may be one; none where nobody knows whose it is."""
    if publisher is None:
        return []
    found = (
        scar
        for section in sections
        if section.number in _FREE
        for scar in _of_section(publisher, section.number, section.text[:_CHARACTERS])
    )
    return list(islice(found, MOST))


def _of_section(publisher: str, number: int, text: str) -> Iterator[Scar]:
    said = _QUOTED.sub(lambda quoted: "＿" * len(quoted.group()), text)
    for found in _SAYS_WHOSE.finditer(said):
        group = next(name for name in ("name", "before", "by") if found.group(name) is not None)
        if not _is_own(found.group(group), publisher):
            yield Scar(NAMED, number, *found.span(group), found.group(group))
    if _BUREAU.search(publisher) is not None:
        for found in _GOVERNMENT.finditer(said):
            size = _own_name_before(said, found.start(), publisher)
            if size:
                start = found.start() - size
                yield Scar(DOUBLED, number, start, found.end(), said[start : found.end()])
    if _TOWN.search(publisher) is not None:
        for found in _OF_A_BUREAU.finditer(said):
            yield Scar(OTHER_CLASS, number, *found.span(), found.group())


def _is_own(name: str, publisher: str) -> bool:
    """Whether a name is the agency's own, or a shorter or longer form of it, or says 我局 for it."""
    bare = name.removeprefix("我").removeprefix("本")
    return bare in publisher or publisher in bare


def _own_name_before(text: str, end: int, publisher: str) -> int:
    """How many characters of the agency's own name, or of 我局, stand right before a place; 0 where none do."""
    for size in range(min(len(publisher), end), _SHORTEST_NAME - 1, -1):
        if text.endswith(publisher[-size:], 0, end):
            return size
    itself = _SELF.search(text[max(end - 3, 0) : end])
    return 0 if itself is None else len(itself.group())
