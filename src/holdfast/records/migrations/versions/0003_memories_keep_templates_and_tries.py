"""memories keep log templates and every remedy tried; a runbook is one tenant's"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql')


def upgrade() -> None:
    for name in ('templates', 'tried'):
        with op.batch_alter_table('incident_memory', schema=None) as batch_op:
            batch_op.add_column(sa.Column(name, JSON, nullable=False, server_default='[]'))
        with op.batch_alter_table('incident_memory', schema=None) as batch_op:
            batch_op.alter_column(name, server_default=None, existing_type=JSON, existing_nullable=False)
    # Whose incidents an old row was read for is not known, so it may be shown to nobody; the next incident brings it back.
    op.drop_table('runbook')
    _create_runbook(sa.Column('tenant', sa.String(), nullable=False))


def downgrade() -> None:
    op.drop_table('runbook')
    _create_runbook()
    for name in ('tried', 'templates'):
        with op.batch_alter_table('incident_memory', schema=None) as batch_op:
            batch_op.drop_column(name)


def _create_runbook(*first: sa.Column[str]) -> None:
    keys = [*(column.name for column in first), 'runbook_id']
    op.create_table('runbook',
    *first,
    sa.Column('runbook_id', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('service', sa.String(), nullable=False),
    sa.Column('alert', sa.String(), nullable=False),
    sa.Column('description', JSON, nullable=False),
    sa.PrimaryKeyConstraint(*keys, name=op.f('pk_runbook'))
    )
