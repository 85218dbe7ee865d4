"""The index of words.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "word_segments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merged", sa.Boolean(), nullable=False),
        sa.Column("versions", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_word_segments"),
    )
    op.create_table(
        "word_blocks",
        sa.Column("segment_id", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["word_segments.id"], name="fk_word_blocks_segment_id_word_segments"),
        sa.PrimaryKeyConstraint("segment_id", "bucket", name="pk_word_blocks"),
    )
    op.create_table(
        "word_places",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("segment_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name="fk_word_places_version_id_versions"),
        sa.PrimaryKeyConstraint("version_id", name="pk_word_places"),
    )
    # A version of the form before may have been studied, but not for words.
    op.execute(
        "INSERT INTO unstudied (version_id) SELECT id FROM versions WHERE id NOT IN (SELECT version_id FROM unstudied)"
    )


def downgrade() -> None:
    op.drop_table("word_places")
    op.drop_table("word_blocks")
    op.drop_table("word_segments")
