"""Many machines: where WARC files are stored, turns at hosts, works in parts, the owner's files.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_STORED: dict[str, sa.types.TypeEngine[Any]] = {
    "home": sa.String(length=36),
    "stored_at": _MOMENT,
    "stored_length": sa.BigInteger(),
    "stored_digest": sa.LargeBinary(),
}


def upgrade() -> None:
    for name, kind in _STORED.items():
        op.add_column("warc_files", sa.Column(name, kind, nullable=True))
    op.add_column("crawls", sa.Column("home", sa.String(length=36), nullable=True))
    op.add_column("crawls", sa.Column("secured", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("daemons", sa.Column("role", sa.String(length=16), server_default="schedule", nullable=False))
    op.add_column("daemons", sa.Column("room", sa.Integer(), nullable=True))
    op.add_column("daemons", sa.Column("home", sa.String(length=36), nullable=True))
    op.create_index("ix_daemons_home", "daemons", ["home"])
    op.add_column("articles", sa.Column("derivations", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "host_turns",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("held_until", _MOMENT, nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("gap", sa.Double(), server_default="0", nullable=False),
        sa.Column("pause", sa.Double(), server_default="0", nullable=False),
        sa.Column("waiter", sa.Text(), nullable=True),
        sa.Column("waits_until", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("host", name="pk_host_turns"),
    )
    op.create_table(
        "partitions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("begun_at", _MOMENT, nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_partitions"),
        sa.UniqueConstraint("kind", "run_id", "number", name="uq_partitions_kind_run_id_number"),
    )
    op.create_index("ix_partitions_state", "partitions", ["state"])
    op.create_table(
        "export_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=True),
        sa.Column("begun_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_export_runs"),
    )
    op.create_table(
        "owner_files",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_owner_files"),
    )


def downgrade() -> None:
    for table in ("owner_files", "export_runs", "partitions", "host_turns"):
        op.drop_table(table)
    op.drop_column("articles", "derivations")
    op.drop_index("ix_daemons_home", "daemons")
    for name in ("home", "room", "role"):
        op.drop_column("daemons", name)
    for name in ("secured", "home"):
        op.drop_column("crawls", name)
    for name in reversed(_STORED):
        op.drop_column("warc_files", name)
