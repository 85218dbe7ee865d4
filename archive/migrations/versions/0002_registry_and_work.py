"""The registry of publishers, portals' readings, rosters, the work of the schedule, notices and acknowledgements.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "acknowledgements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_acknowledgements"),
        sa.UniqueConstraint("subject", "fingerprint", name="uq_acknowledgements_subject_fingerprint"),
    )
    op.create_table(
        "daemons",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_daemons"),
    )
    op.create_table(
        "deliveries",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", "target", name="pk_deliveries"),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("portal", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
        sa.UniqueConstraint("portal", "kind", "planned_at", name="uq_tasks_portal_kind_planned_at"),
    )
    op.create_index("ix_tasks_state_not_before", "tasks", ["state", "not_before"])
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("daemon", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_attempts_task_id_tasks"),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_task_id", "attempts", ["task_id"])
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("division", sa.String(length=9), nullable=True),
        sa.Column("publisher_id", sa.Integer(), nullable=True),
        sa.Column("report_year", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["publisher_id"], ["publishers.id"], name="fk_notices_publisher_id_publishers"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("key", name="uq_notices_key"),
    )
    op.create_index("ix_notices_noticed_at", "notices", ["noticed_at"])
    op.create_table(
        "publisher_aliases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publisher_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publisher_id"], ["publishers.id"], name="fk_publisher_aliases_publisher_id_publishers"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_publisher_aliases"),
        sa.UniqueConstraint("scope", "key", name="uq_publisher_aliases_scope_key"),
    )
    op.create_index("ix_publisher_aliases_publisher_id", "publisher_aliases", ["publisher_id"])
    op.create_table(
        "publisher_sources",
        sa.Column("publisher_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["publisher_id"], ["publishers.id"], name="fk_publisher_sources_publisher_id_publishers"
        ),
        sa.PrimaryKeyConstraint("publisher_id", "source", "place", name="pk_publisher_sources"),
    )
    op.create_table(
        "successions",
        sa.Column("predecessor_id", sa.Integer(), nullable=False),
        sa.Column("successor_id", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=True),
        sa.Column("because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["predecessor_id"], ["publishers.id"], name="fk_successions_predecessor_id_publishers"),
        sa.ForeignKeyConstraint(["successor_id"], ["publishers.id"], name="fk_successions_successor_id_publishers"),
        sa.PrimaryKeyConstraint("predecessor_id", "successor_id", name="pk_successions"),
    )
    op.create_index("ix_successions_successor_id", "successions", ["successor_id"])
    op.create_table(
        "portal_readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("portal_id", sa.Integer(), nullable=False),
        sa.Column("crawl_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawls.id"], name="fk_portal_readings_crawl_id_crawls"),
        sa.ForeignKeyConstraint(["portal_id"], ["portals.id"], name="fk_portal_readings_portal_id_portals"),
        sa.PrimaryKeyConstraint("id", name="pk_portal_readings"),
        sa.UniqueConstraint("portal_id", "crawl_id", name="uq_portal_readings_portal_id_crawl_id"),
    )
    op.create_index("ix_portal_readings_portal_id_read_at", "portal_readings", ["portal_id", "read_at"])
    op.create_table(
        "rosters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("portal_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("report_year", sa.Integer(), nullable=True),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("published", sa.Integer(), nullable=True),
        sa.Column("on_time", sa.Integer(), nullable=True),
        sa.Column("late", sa.Integer(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["portal_id"], ["portals.id"], name="fk_rosters_portal_id_portals"),
        sa.PrimaryKeyConstraint("id", name="pk_rosters"),
        sa.UniqueConstraint("portal_id", "url", name="uq_rosters_portal_id_url"),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("portal_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("page_url", sa.Text(), nullable=False),
        sa.Column("publisher_id", sa.Integer(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["portal_id"], ["portals.id"], name="fk_units_portal_id_portals"),
        sa.ForeignKeyConstraint(["publisher_id"], ["publishers.id"], name="fk_units_publisher_id_publishers"),
        sa.PrimaryKeyConstraint("id", name="pk_units"),
        sa.UniqueConstraint("portal_id", "name", name="uq_units_portal_id_name"),
    )
    op.create_index("ix_units_publisher_id", "units", ["publisher_id"])
    op.create_table(
        "absences",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_absences_article_id_articles"),
        sa.PrimaryKeyConstraint("article_id", "since", name="pk_absences"),
    )
    op.create_table(
        "column_publishers",
        sa.Column("column_id", sa.Integer(), nullable=False),
        sa.Column("publisher_id", sa.Integer(), nullable=False),
        sa.Column("first_year", sa.Integer(), nullable=False),
        sa.Column("last_year", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["column_id"], ["report_columns.id"], name="fk_column_publishers_column_id_report_columns"
        ),
        sa.ForeignKeyConstraint(
            ["publisher_id"], ["publishers.id"], name="fk_column_publishers_publisher_id_publishers"
        ),
        sa.PrimaryKeyConstraint("column_id", "publisher_id", name="pk_column_publishers"),
    )
    op.create_index("ix_column_publishers_publisher_id", "column_publishers", ["publisher_id"])
    op.create_table(
        "roster_units",
        sa.Column("roster_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("listed_on", sa.Date(), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("publisher_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["publisher_id"], ["publishers.id"], name="fk_roster_units_publisher_id_publishers"),
        sa.ForeignKeyConstraint(["roster_id"], ["rosters.id"], name="fk_roster_units_roster_id_rosters"),
        sa.PrimaryKeyConstraint("roster_id", "position", name="pk_roster_units"),
    )
    op.create_index("ix_roster_units_publisher_id", "roster_units", ["publisher_id"])
    op.drop_index("ix_column_readings_column_id_outcome_read_at", table_name="column_readings")
    op.create_index(
        "ix_column_readings_column_id_outcome_full_read_at",
        "column_readings",
        ["column_id", "outcome", "full", "read_at"],
    )
    failed = sa.text("outcome <> 'ok'")
    op.create_index(
        "ix_column_readings_failed", "column_readings", ["crawl_id"], sqlite_where=failed, postgresql_where=failed
    )
    op.create_index("ix_report_columns_publisher_id", "report_columns", ["publisher_id"])
    withdrawn = sa.text("withdrawn_at IS NOT NULL")
    op.create_index(
        "ix_reports_withdrawn", "reports", ["report_year"], sqlite_where=withdrawn, postgresql_where=withdrawn
    )
    op.add_column("publishers", sa.Column("township", sa.String(length=9), nullable=True))
    op.add_column("publishers", sa.Column("kind", sa.String(length=16), nullable=False, server_default="department"))
    op.add_column("publishers", sa.Column("declared", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("publishers", sa.Column("since", sa.Date(), nullable=True))
    op.add_column("publishers", sa.Column("until", sa.Date(), nullable=True))
    op.add_column("publishers", sa.Column("merged_into_id", sa.Integer(), nullable=True))
    op.add_column("publishers", sa.Column("first_year", sa.Integer(), nullable=True))
    merged = sa.text("merged_into_id IS NOT NULL")
    op.create_index(
        "ix_publishers_merged_into_id",
        "publishers",
        ["merged_into_id"],
        sqlite_where=merged,
        postgresql_where=merged,
    )
    op.add_column("reports", sa.Column("published_on", sa.Date(), nullable=True))
    op.add_column("reports", sa.Column("published_source", sa.String(length=16), nullable=True))
    op.add_column("reports", sa.Column("signed_on", sa.Date(), nullable=True))
    op.add_column("reports", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("reports", sa.Column("lacked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("reports", sa.Column("lacked_column_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    for column in ("lacked_column_id", "lacked_at", "seen_at", "signed_on", "published_source", "published_on"):
        op.drop_column("reports", column)
    op.drop_index("ix_publishers_merged_into_id", "publishers")
    for column in ("first_year", "merged_into_id", "until", "since", "declared", "kind", "township"):
        op.drop_column("publishers", column)
    op.drop_index("ix_reports_withdrawn", "reports")
    op.drop_index("ix_report_columns_publisher_id", "report_columns")
    op.drop_index("ix_column_readings_failed", "column_readings")
    op.drop_index("ix_column_readings_column_id_outcome_full_read_at", "column_readings")
    op.create_index(
        "ix_column_readings_column_id_outcome_read_at", "column_readings", ["column_id", "outcome", "read_at"]
    )
    for table in (
        "roster_units",
        "column_publishers",
        "absences",
        "units",
        "rosters",
        "portal_readings",
        "successions",
        "publisher_sources",
        "publisher_aliases",
        "notices",
        "attempts",
        "tasks",
        "deliveries",
        "daemons",
        "acknowledgements",
    ):
        op.drop_table(table)
