"""Tables filled with invented rows, as many crawls would leave them: random digests and addresses, no WARC bytes behind them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

YEARS = 10  # reports of one publisher
COLUMN_ROWS = 150  # reports listed in one column
FILE_CAPTURES = 20_000
JOURNAL_REPORTS = 40  # reports to a record of the journal
RECORD = 600  # random bytes in the place of a packed record: they lie in the table only, in no index

_BYTES = {
    "sqlite": {"digest": "randomblob(32)", "uuid": "randomblob(16)", "hex": "lower(hex(randomblob(32)))"},
    "postgresql": {
        "digest": "sha256((n.i::text || random()::text)::bytea)",
        "uuid": "decode(md5(n.i::text || random()::text), 'hex')",
        "hex": "encode(sha256((n.i::text || random()::text)::bytea), 'hex')",
    },
}
_RECORD = {
    "sqlite": f"randomblob({RECORD})",
    "postgresql": f"decode(repeat(md5(random()::text), {RECORD // 16}), 'hex')",
}
_WHEN = "'2024-01-20 04:00:00.000000'"
_HOST = "'http://xxgk.city' || (n.i / {rows} % {portals}) || '.gov.cn'"
_COLUMN = _HOST + " || '/zcbm/b' || (n.i / {rows}) || '/ndbg/'"
_URL = _COLUMN + " || '202401/t20240120_' || n.i || '.html'"
_REPORT = "'清湾市第' || (n.i / {years}) || '局' || (2014 + n.i % {years}) || '年政府信息公开工作年度报告'"

# Table, how many rows, columns, values. `n.i` counts from 1; {…} are the numbers of this filling.
_TABLES: Sequence[tuple[str, str, str, str]] = (
    (
        "crawls",
        "1",
        "id, key, arguments, portals, state, begun_at, ended_at",
        f"n.i, 'filled', '{{{{}}}}', '[]', 'finished', {_WHEN}, {_WHEN}",
    ),
    (
        "warc_files",
        "{files}",
        "id, name, head_length, head_digest, begun_at, closed",
        f"n.i, 'warc/filled-' || n.i || '.warc.gz', 400, {{digest}}, {_WHEN}, {{true}}",
    ),
    (
        "captures",
        "{reports}",
        (
            "id, file_id, position, length, span, digest, kind, record_id, url, address, method, status, role, crawl_id, "
            "fetched_at, content_type, payload_digest, payload_length"
        ),
        (
            f"n.i, 1 + n.i / {FILE_CAPTURES}, 400 + n.i % {FILE_CAPTURES} * 9000, 8000, 8500, {{digest}}, 'response', {{uuid}}, "
            f"{_URL}, {_URL}, 'GET', 200, 'article', 1, {_WHEN}, 'text/html; charset=utf-8', {{digest}}, 40000"
        ),
    ),
    (
        "captures",
        "{reports} / 2",
        (
            "id, file_id, position, length, span, digest, kind, record_id, url, address, method, status, role, crawl_id, "
            "fetched_at, content_type, payload_digest, payload_length, original_id"
        ),
        (
            f"n.i + {{reports}}, 1 + (n.i + {{reports}}) / {FILE_CAPTURES}, 401 + n.i % {FILE_CAPTURES} * 9000, 8000, 8500, "
            f"{{digest}}, 'revisit', {{uuid}}, {_URL}, {_URL}, 'GET', 200, 'article', 1, {_WHEN}, 'text/html; charset=utf-8', "
            "{digest}, 40000, n.i"
        ),
    ),
    (
        "journal",
        f"{{reports}} / {JOURNAL_REPORTS}",
        "id, file_id, position, length, digest, record_id, written_at",
        f"n.i, 1 + n.i / {FILE_CAPTURES}, 402 + n.i % {FILE_CAPTURES} * 9000, 4000, {{digest}}, {{uuid}}, {_WHEN}",
    ),
    (
        "portals",
        "{portals}",
        "id, url, host, outcome, crawl_id, read_at",
        f"n.i, 'http://xxgk.city' || (n.i - 1) || '.gov.cn/', 'xxgk.city' || (n.i - 1) || '.gov.cn', 'ok', 1, {_WHEN}",
    ),
    (
        "publishers",
        "{publishers}",
        "id, scope, key, name",
        (
            "n.i, 'host:city' || ((n.i - 1) * {years} / {rows} % {portals}) || '.gov.cn', '清湾市第' || (n.i - 1) || '局', "
            "'清湾市第' || (n.i - 1) || '局'"
        ),
    ),
    (
        "report_columns",
        "{columns}",
        "id, portal_id, url",
        (
            "n.i, 1 + (n.i - 1) % {portals}, "
            "'http://xxgk.city' || ((n.i - 1) % {portals}) || '.gov.cn/zcbm/b' || (n.i - 1) || '/ndbg/'"
        ),
    ),
    (
        "column_readings",
        "{columns}",
        '"id", column_id, crawl_id, outcome, pages, "rows", reports, "full", read_at',
        f"n.i, n.i, 1, 'ok', 8, {{rows}}, {{rows}}, {{true}}, {_WHEN}",
    ),
    (
        "list_rows",
        "{reports}",
        "id, column_id, url, address, title, listed_on, report_year, family, first_seen_at, last_seen_at",
        f"n.i, 1 + n.i / {{rows}}, {_URL}, {_URL}, {_REPORT}, '2024-01-20', 2014 + n.i % {{years}}, 'trs', {_WHEN}, {_WHEN}",
    ),
    (
        "articles",
        "{reports}",
        (
            "id, url, address, requested_address, portal_id, page_title, page_date, noted_at, stale, outcome, basis, "
            "derived_through, version_id"
        ),
        (
            f"n.i, {_URL}, {_URL}, {_URL}, 1 + n.i / {{rows}} % {{portals}}, {_REPORT}, '2024-01-20', {_WHEN}, 0, 'report', {{hex}}, "
            "n.i + {reports}, n.i"
        ),
    ),
    ("article_columns", "{reports}", "article_id, column_id", "n.i, 1 + n.i / {rows}"),
    (
        "reports",
        "{reports}",
        "id, identity, publisher_id, report_year, state, first_seen_at, url, version_id",
        (
            "n.i, 'publisher:' || (1 + n.i / {years}) || ':' || (2014 + n.i % {years}), 1 + n.i / {years}, 2014 + n.i % {years}, "
            f"'published', {_WHEN}, {_URL}, n.i"
        ),
    ),
    (
        "versions",
        "{reports}",
        (
            "id, report_id, digest, record_digest, prose_digest, record, line_digest, title, publisher, report_year, published_on, "
            "published_source, template, figures, errors, warnings, infos, first_seen_at, last_seen_at, document_url, capture_id"
        ),
        (
            f"n.i, n.i, {{hex}}, {{hex}}, {{hex}}, {{record}}, {{hex}}, {_REPORT}, '清湾市第' || (n.i / {{years}}) || '局', "
            f"2014 + n.i % {{years}}, '2024-01-20', 'list', '2021', 180, 0, 1, 1, {_WHEN}, {_WHEN}, {_URL}, n.i"
        ),
    ),
    (
        "sightings",
        "{reports}",
        "version_id, article_id, capture_id, first_seen_at, last_seen_at, published_on, published_source",
        f"n.i, n.i, n.i, {_WHEN}, {_WHEN}, '2024-01-20', 'list'",
    ),
    (
        "findings",
        "{reports} * 2",
        "version_id, position, rule, severity, line",
        (
            "(n.i + 1) / 2, n.i % 2, 'rule.' || (n.i % 17), 'warning', "
            '\'{{"rule":"requests.balance","severity":"warning","message":"本年新收与上年结转之和不等于办理结果总计与结转下年度之和"}}\''
        ),
    ),
)


def fill(connection: Connection, reports: int) -> None:
    """Fill empty tables to so many reports, within the connection's transaction. Half of the captures' number are revisits."""
    dialect = connection.dialect.name
    columns = -(-(reports + 1) // COLUMN_ROWS)
    numbers = {
        "reports": reports,
        "rows": COLUMN_ROWS,
        "years": YEARS,
        "columns": columns,
        "portals": -(-columns // 2),
        "publishers": reports // YEARS + 1,
        "files": 1 + reports * 3 // 2 // FILE_CAPTURES,
    }
    words = {**_BYTES[dialect], "true": "1" if dialect == "sqlite" else "true", "record": _RECORD[dialect]}
    for table, count, names, values in _TABLES:
        # All of it stands above: nothing comes from outside.
        series = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"  # noqa: S608
        statement = f"INSERT INTO {table} ({names}) {series} SELECT {values} FROM n"  # noqa: S608
        statement = statement.format(**numbers, **words)
        connection.exec_driver_sql(statement if dialect == "sqlite" else statement.replace("%", "%%"))


def pages_by_table(connection: Connection) -> dict[str, int]:
    """Bytes of each table of SQLite with its indexes."""
    sizes = text(
        "SELECT m.tbl_name, SUM(d.pgsize) FROM dbstat d JOIN sqlite_master m ON m.name = d.name GROUP BY 1 ORDER BY 2 DESC"
    )
    return {str(row[0]): int(row[1]) for row in connection.execute(sizes)}
