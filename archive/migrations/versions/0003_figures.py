"""Figures beside the records, and what the indexes of prose have not read.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("versions", sa.Column("cells", sa.LargeBinary(), nullable=True))
    op.create_table(
        "unstudied",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name="fk_unstudied_version_id_versions"),
        sa.PrimaryKeyConstraint("version_id", name="pk_unstudied"),
    )
    op.execute("INSERT INTO unstudied (version_id) SELECT id FROM versions")


def downgrade() -> None:
    op.drop_table("unstudied")
    op.drop_column("versions", "cells")
