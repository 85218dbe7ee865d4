"""Charts of panels, as they go into a paper: SVG whose text stays text, or PNG; the same bytes for the same numbers.

Nothing is told by colour alone: lines differ by mark and stroke, bars stand in fields of their own. Where things stand does not
depend on the fonts of this machine, since the reader's may be others.
"""

from __future__ import annotations

import logging
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.panels.drawing import Drawn, Row
from archive.panels.groups import By, Group
from archive.panels.panels import Language, Series, Words
from crawler.errors import CrawlerError, WrongUsage
from crawler.fonts import CHINESE, PLAIN, add_font, missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".svg", ".png")
MOST_LINES = 8  # in one field: more cannot be told apart
MOST_FIELDS = 48
MOST_BARS = 120
_MOST_COUNTED = 6  # years with a count below each
# Okabe and Ito's colours, which all readers tell apart; grey stands for their yellow, too pale for lines.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F")
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
_STROKES = ("-", "--", "-.", ":")
_KINDS = {
    "government": "本级政府", "office": "政府办公厅（室）", "department": "部门", "vertical": "垂直管理机构", "township": "乡镇",
    "street": "街道", "zone": "开发区、管委会", "state_council": "国务院部门", "institution": "企事业单位",
}  # fmt: skip
_YEAR = Words("report year", "报告年度")
_SOURCE = Words(
    "Source: annual reports on the disclosure of government information, archived by xxgk; panel {panel}.",
    "来源：政府信息公开工作年度报告，xxgk 存档；面板 {panel}。",
)
_OF = {
    "agencies": Words("Agencies, without the reports of governments.", "各机关，不含本级政府报告。"),
    "governments": Words("Reports of governments only.", "仅本级政府报告。"),
    "all": Words("All publishers.", "全部机关。"),
}
_CONSISTENT = Words("Only reports of which the form's own sums hold.", "仅勾稽关系成立的报告。")
_RESTS = Words("n: the {what} a number rests on.", "n：数据所依据的{what}数。")
_WHAT = {True: Words("publishers", "机关"), False: Words("reports", "报告")}
_ALL = Group(None, None, None)
_POINTS = 72  # to an inch
_SIZE = 8.0  # points
_LINE = 0.17  # inches
_FIELD = 1.75  # inches: how wide one of many fields is


@dataclass(frozen=True)
class _Scene:
    """What is drawn, and in which words."""

    drawn: Drawn
    language: Language
    name: Callable[[str], str]
    rows: dict[tuple[Group, str], Row]

    @property
    def series(self) -> tuple[Series, ...]:
        return self.drawn.panel.series

    @property
    def groups(self) -> list[Group]:
        return list(dict.fromkeys(group for group, _ in self.rows))

    @property
    def years(self) -> list[int]:
        return sorted({group.year for group in self.groups if group.year is not None})

    @property
    def places(self) -> list[Group]:
        """What the fields or bars are about: the groups whatever the year."""
        return list(dict.fromkeys(group._replace(year=None) for group in self.groups))

    @property
    def by(self) -> tuple[By, ...]:
        return self.drawn.asked.by

    @property
    def about(self) -> str:
        """The unit, and what was asked for."""
        asked, years = self.drawn.asked, self.drawn.years
        span = str(years[0]) if years[0] == years[-1] else f"{years[0]}–{years[-1]}"
        parts = [self.drawn.panel.unit[self.language], span]
        parts += [self.name(asked.division)] if asked.division is not None else []
        parts += [self.kind(kind) for kind in asked.kinds]
        return " · ".join(parts)

    def row(self, group: Group, series: Series) -> Row | None:
        return self.rows.get((group, series.name))

    def kind(self, kind: str) -> str:
        return _KINDS[kind] if self.language == "zh" else kind.replace("_", " ")

    def called(self, group: Group) -> str:
        place = None if group.division is None else self.name(group.division)
        kind = None if group.kind is None else self.kind(group.kind)
        return " · ".join(each for each in (place, kind) if each is not None)

    def counts(self, groups: Sequence[Group], series: Sequence[Series]) -> str:
        """How many reports numbers rest on, the fewest and the most."""
        found = [row.reports for group in groups for each in series if (row := self.row(group, each)) is not None]
        least, most = min(found, default=0), max(found, default=0)
        return f"n = {least:,}" if least == most else f"n = {least:,}–{most:,}"


def check(path: Path) -> None:
    """See that a chart can be drawn into a file of this name. Raises :class:`WrongUsage` or :class:`CrawlerError`."""
    if path.suffix.lower() not in FORMATS:
        raise WrongUsage(f"{path} is no name of a chart: end it with {' or '.join(FORMATS)}")
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise CrawlerError("charts need matplotlib, which is not installed: the extra `charts` has it") from error
    del mpl


def plot(path: Path, drawn: Drawn, language: Language, name: Callable[[str], str]) -> None:
    """Draw a panel into a file; ``name`` gives a division's names by its code.

    Raises :class:`CrawlerError` where there is nothing to draw, too much for one chart, or no font for its Chinese in a PNG.
    """
    check(path)
    rows = {(row.group, row.series.name): row for row in drawn.rows}
    scene = _Scene(drawn, language, name, rows)
    if not drawn.rows:
        raise CrawlerError("there is no report to draw a chart of: ask of other years or another division")
    vector = path.suffix.lower() == ".svg"
    with _settings([PLAIN, *CHINESE] if vector else [PLAIN]):
        figure = _figure(scene)
        lacking = frozenset() if vector else missing(figure)
        if not lacking:
            _save(figure, path)
            return
    with _settings([PLAIN, add_font(lacking)]):
        _save(_figure(scene), path)


@contextmanager
def _settings(families: list[str]) -> Iterator[None]:
    """Matplotlib's settings for one chart, and its silence: what it lacks for a PNG was asked before."""
    import matplotlib as mpl  # noqa: PLC0415 - as above

    log = logging.getLogger("matplotlib.font_manager")
    level = log.level
    log.setLevel(logging.ERROR)  # that this machine lacks fonts which the reader of an SVG may have
    try:
        with mpl.rc_context(), warnings.catch_warnings():
            mpl.rcdefaults()  # whatever a user's matplotlibrc says
            mpl.rcParams.update({
                "font.family": families,
                "font.size": _SIZE,
                "svg.fonttype": "none",
                "svg.hashsalt": "xxgk",
                "savefig.dpi": 200,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "axes.grid": True,
                "grid.color": "#DDDDDD",
                "grid.linewidth": 0.6,
                "axes.axisbelow": True,
                "text.parse_math": False,
                "lines.markersize": 4.5,
                "lines.linewidth": 1.3,
            })  # fmt: skip
            warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)
            yield
    finally:
        log.setLevel(level)


def _save(figure: Figure, path: Path) -> None:
    vector = path.suffix.lower() == ".svg"
    metadata = {"Date": None, "Creator": "xxgk"} if vector else {"Software": "xxgk"}
    try:
        figure.savefig(path, format=path.suffix.lower().removeprefix("."), metadata=metadata)
    except OSError as error:
        raise WrongUsage(f"{path} cannot be written: {error.strerror or error}") from error


def _figure(scene: _Scene) -> Figure:
    """The chart that fits what is told apart: lines over years, a field to each of many, or bars."""
    if By.YEAR not in scene.by:
        return _bars(scene)
    if scene.by == (By.YEAR,):
        return _lines(scene) if len(scene.series) <= MOST_LINES else _series_fields(scene)
    if len(scene.series) > MOST_LINES:
        raise CrawlerError(
            f"{len(scene.series)} series by year and by more do not fit one chart: leave --by year or the other --by away"
        )
    return _place_fields(scene)


def _lines(scene: _Scene) -> Figure:
    several = len(scene.series) > 1
    page = _Page(scene, 8.7 if several else 6.4, 4.2)
    axes = page.axes(0.85, 1.2, 4.9, 2.2)
    _draw_lines(scene, axes, _ALL, counted=not scene.drawn.panel.together)
    counted = scene.drawn.panel.together and len(scene.years) <= _MOST_COUNTED
    _label_years(scene, axes, counted=counted, room=4.9)
    if scene.drawn.panel.together and not counted:
        page.footer(_by_year(scene))
    _level([axes])
    axes.set_ylabel(_fold(scene.drawn.panel.unit[scene.language], 40))
    axes.set_xlabel(_YEAR[scene.language])
    if several:
        page.legend(axes, 5.95, 3.4)
    return page.figure


def _series_fields(scene: _Scene) -> Figure:
    """A field to each series: there are too many for one."""
    page, fields = _grid(scene, len(scene.series))
    for axes, each in zip(fields, scene.series, strict=True):
        _draw_line(scene, axes, _ALL, each, 0)
        axes.set_title(_fold(each.label[scene.language], 30), fontsize=_SIZE, loc="left")
        _label_years(scene, axes)
    _level(fields)
    page.footer(_by_year(scene))
    return page.figure


def _by_year(scene: _Scene) -> str:
    """How many reports each year's numbers rest on."""
    found = [scene.counts([_ALL._replace(year=year)], scene.series).removeprefix("n = ") for year in scene.years]
    return "n = " + ", ".join(f"{count} ({year})" for count, year in zip(found, scene.years, strict=True))


def _place_fields(scene: _Scene) -> Figure:
    """A field to each division or class, the series as lines in it."""
    several = len(scene.series) > 1
    page, fields = _grid(scene, len(scene.places), legend=several)
    for axes, place in zip(fields, scene.places, strict=True):
        _draw_lines(scene, axes, place)
        groups = [place._replace(year=year) for year in scene.years]
        title = f"{_fold(scene.called(place), 30)}\n{scene.counts(groups, scene.series)}"
        axes.set_title(title, fontsize=_SIZE, loc="left")
        _label_years(scene, axes)
    _level(fields)
    if several:
        page.legend(fields[0], page.width - 2.55, page.height - 1.1)
    return page.figure


def _bars(scene: _Scene) -> Figure:
    """A bar to each group; the series stand side by side in fields of their own."""
    groups, panel = scene.groups, scene.drawn.panel
    if len(groups) > MOST_BARS:
        raise CrawlerError(
            f"{len(groups)} bars do not fit one chart, {MOST_BARS} do: narrow it with --division, --kind or --by"
        )
    names = [
        f"{scene.called(group)}  ({scene.counts([group], scene.series)})" if panel.together else scene.called(group)
        for group in groups
    ]
    left = max(1.0, max(_width(name) for name in names) + 0.25)
    across = min(4, len(scene.series))
    down = ceil(len(scene.series) / across)
    tall = max(0.6, 0.2 * len(groups))
    page = _Page(scene, max(6.4, left + across * 1.95 + 0.2), 0.75 + down * (tall + 0.75) + 0.6)
    fields = []
    for number, each in enumerate(scene.series):
        row, column = divmod(number, across)
        axes = page.axes(left + column * 1.95, page.height - 1.1 - row * (tall + 0.75) - tall, 1.7, tall)
        axes.barh(
            range(len(groups)), [_value(scene.row(group, each)) for group in groups], color=_COLOURS[0], height=0.7
        )
        axes.set_yticks(range(len(groups)), names if column == 0 else [""] * len(groups))
        axes.set_ylim(len(groups) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        counted = f" ({scene.counts(groups, [each])})" if not panel.together else ""
        axes.set_title(_fold(each.label[scene.language] + counted, 26), fontsize=_SIZE, loc="left")
        _scale(scene, axes.xaxis)
        fields.append(axes)
    widest = max(axes.get_xlim()[1] for axes in fields)
    for axes in fields:
        axes.set_xlim(0, widest if panel.is_share else axes.get_xlim()[1])
    return page.figure


def _draw_lines(scene: _Scene, axes: Axes, place: Group, *, counted: bool = False) -> None:
    for number, each in enumerate(scene.series):
        groups = [place._replace(year=year) for year in scene.years]
        _draw_line(scene, axes, place, each, number, scene.counts(groups, [each]) if counted else "")


def _draw_line(scene: _Scene, axes: Axes, place: Group, series: Series, number: int, counted: str = "") -> None:
    """One series; the years without a number are gaps in it."""
    name = _fold(series.label[scene.language], 30)
    axes.plot(
        scene.years,
        [_value(scene.row(place._replace(year=year), series)) for year in scene.years],
        color=_COLOURS[number % len(_COLOURS)],
        marker=_MARKS[number % len(_MARKS)],
        linestyle=_STROKES[number % len(_STROKES)],
        label=f"{name}\n({counted})" if counted else name,
        clip_on=False,
    )
    _scale(scene, axes.yaxis)


def _level(fields: Sequence[Axes]) -> None:
    """Give all fields one scale, from 0 on: they are to be compared."""
    top = max(axes.get_ylim()[1] for axes in fields)
    for axes in fields:
        axes.set_ylim(0, top)


def _label_years(scene: _Scene, axes: Axes, *, counted: bool = False, room: float = _FIELD) -> None:
    """The years below a field of so many inches, each with its count, or as many of them as fit."""
    years = scene.years
    step = 1 if counted else ceil(len(years) * 0.42 / room)
    names = [
        f"{year}\n{scene.counts([_ALL._replace(year=year)], scene.series)}" if counted else str(year) for year in years
    ]
    axes.set_xticks(years, [name if at % step == 0 else "" for at, name in enumerate(names)])
    axes.set_xlim(years[0] - 0.4, years[-1] + 0.4)


def _scale(scene: _Scene, axis: Any) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter  # noqa: PLC0415 - as above

    axis.set_major_locator(MaxNLocator(nbins=4, integer=not scene.drawn.panel.is_share))
    if scene.drawn.panel.is_share:
        axis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    else:
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _value(row: Row | None) -> float:
    return nan if row is None or row.value is None else float(row.value)


def _grid(scene: _Scene, fields: int, *, legend: bool = False) -> tuple[_Page, list[Axes]]:
    if fields > MOST_FIELDS:
        raise CrawlerError(
            f"{fields} fields do not fit one chart, {MOST_FIELDS} do: narrow it with --division, --kind or --by"
        )
    across = min(4, fields)
    down = ceil(fields / across)
    page = _Page(scene, max(0.75 + across * 2.15 + (2.6 if legend else 0.1), 6.4), 0.85 + down * 1.95 + 0.55)
    places = [divmod(number, across) for number in range(fields)]
    return page, [
        page.axes(0.75 + column * 2.15, page.height - 1.15 - row * 1.95 - 1.25, _FIELD, 1.25) for row, column in places
    ]


class _Page:
    """A figure with its title and its last lines; everything is placed in inches."""

    def __init__(self, scene: _Scene, width: float, height: float) -> None:
        from matplotlib.figure import Figure  # noqa: PLC0415 - as above

        panel, language = scene.drawn.panel, scene.language
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width, height))
        self._put(0.15, height - 0.14, panel.title[language], size=11, weight="bold", top=True)
        self._put(0.15, height - 0.38, scene.about, size=_SIZE, top=True)
        what = _WHAT[panel.measure == "standings"][language]
        whose = _OF[scene.drawn.of][language]
        said = [
            *([whose] if scene.drawn.level is None else [f"{whose[:-1]} ({scene.drawn.level}){whose[-1]}"]),
            *([_CONSISTENT[language]] if scene.drawn.asked.consistent else []),
            _RESTS[language].format(what=what),
            _SOURCE[language].format(panel=panel.name),
        ]
        self._lines = _folded(" ".join(said), width)
        self._write_lines()

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """A field."""
        box = (left / self.width, bottom / self.height, width / self.width, height / self.height)
        return self.figure.add_axes(box)

    def legend(self, axes: Axes, left: float, top: float) -> None:
        """The series' names in one column, its upper left corner here."""
        handles, labels = axes.get_legend_handles_labels()
        self.figure.legend(
            handles,
            labels,
            loc="upper left",
            bbox_to_anchor=(left / self.width, top / self.height),
            frameon=False,
            handlelength=3.2,
            borderaxespad=0,
        )

    def footer(self, said: str) -> None:
        """One more sentence below."""
        for number, line in enumerate(reversed(_folded(said, self.width))):
            self._put(0.15, 0.14 + (len(self._lines) + number) * _LINE, line, size=7)

    def _write_lines(self) -> None:
        for number, line in enumerate(reversed(self._lines)):
            self._put(0.15, 0.14 + number * _LINE, line, size=7)

    def _put(
        self, left: float, bottom: float, text: str, *, size: float, weight: str = "normal", top: bool = False
    ) -> None:
        self.figure.text(
            left / self.width,
            bottom / self.height,
            text,
            fontsize=size,
            fontweight=weight,
            va="top" if top else "bottom",
            ha="left",
        )


def _width(text: str) -> float:
    """About how many inches a text takes: Chinese is as wide as it is high."""
    return _ems(text) * _SIZE / _POINTS


def _ems(text: str) -> float:
    return sum(1.0 if ord(sign) > 0x2E7F else 0.62 for sign in text)


def _fold(text: str, letters: int) -> str:
    """A label in several lines; a line of Chinese has half as many characters."""
    dense = _ems(text) > 0.8 * len(text)
    return "\n".join(textwrap.wrap(text, letters // 2 if dense else letters)) or text


def _folded(text: str, width: float) -> list[str]:
    """The lines of a sentence at the foot of a page."""
    return _fold(text, int((width - 0.3) * _POINTS / (7 * 0.56))).split("\n")
