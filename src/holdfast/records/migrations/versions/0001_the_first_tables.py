"""the first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('action_outcome',
    sa.Column('grant_id', sa.String(), nullable=False),
    sa.Column('workflow_id', sa.String(), nullable=False),
    sa.Column('run_id', sa.String(), nullable=False),
    sa.Column('service', sa.String(), nullable=False),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('worked', sa.Boolean(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('grant_id', name=op.f('pk_action_outcome'))
    )
    with op.batch_alter_table('action_outcome', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_action_outcome_service'), ['service'], unique=False)
        batch_op.create_index(batch_op.f('ix_action_outcome_workflow_id'), ['workflow_id'], unique=False)

    op.create_table('incident',
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('workflow_id', sa.String(), nullable=False),
    sa.Column('run_id', sa.String(), nullable=False),
    sa.Column('tenant', sa.String(), nullable=False),
    sa.Column('environment', sa.String(), nullable=False),
    sa.Column('service', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('severity', sa.String(), nullable=False),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('document', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_incident')),
    sa.UniqueConstraint('workflow_id', 'run_id', name=op.f('uq_incident_workflow_id_run_id'))
    )
    with op.batch_alter_table('incident', schema=None) as batch_op:
        batch_op.create_index('ix_incident_key', ['tenant', 'environment', 'service'], unique=False)
        batch_op.create_index(batch_op.f('ix_incident_status'), ['status'], unique=False)
        batch_op.create_index(batch_op.f('ix_incident_workflow_id'), ['workflow_id'], unique=False)

    op.create_table('incident_memory',
    sa.Column('workflow_id', sa.String(), nullable=False),
    sa.Column('run_id', sa.String(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('service', sa.String(), nullable=False),
    sa.Column('environment', sa.String(), nullable=False),
    sa.Column('alert', sa.String(), nullable=False),
    sa.Column('symptoms', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('worked', sa.Boolean(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('workflow_id', 'run_id', name=op.f('pk_incident_memory'))
    )
    with op.batch_alter_table('incident_memory', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_incident_memory_service'), ['service'], unique=False)

    op.create_table('log_pattern',
    sa.Column('evidence_id', sa.String(), nullable=False),
    sa.Column('workflow_id', sa.String(), nullable=False),
    sa.Column('service', sa.String(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('facts', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.PrimaryKeyConstraint('evidence_id', name=op.f('pk_log_pattern'))
    )
    with op.batch_alter_table('log_pattern', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_log_pattern_workflow_id'), ['workflow_id'], unique=False)

    op.create_table('metric_pattern',
    sa.Column('evidence_id', sa.String(), nullable=False),
    sa.Column('workflow_id', sa.String(), nullable=False),
    sa.Column('service', sa.String(), nullable=False),
    sa.Column('query', sa.Text(), nullable=False),
    sa.Column('facts', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.PrimaryKeyConstraint('evidence_id', name=op.f('pk_metric_pattern'))
    )
    with op.batch_alter_table('metric_pattern', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_metric_pattern_workflow_id'), ['workflow_id'], unique=False)

    op.create_table('runbook',
    sa.Column('runbook_id', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('service', sa.String(), nullable=False),
    sa.Column('alert', sa.String(), nullable=False),
    sa.Column('description', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.PrimaryKeyConstraint('runbook_id', name=op.f('pk_runbook'))
    )
    op.create_table('service',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('environment', sa.String(), nullable=False),
    sa.Column('tier', sa.Integer(), nullable=False),
    sa.Column('description', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.PrimaryKeyConstraint('name', 'environment', name=op.f('pk_service'))
    )
    op.create_table('service_dependency',
    sa.Column('service', sa.String(), nullable=False),
    sa.Column('environment', sa.String(), nullable=False),
    sa.Column('depends_on', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('service', 'environment', 'depends_on', name=op.f('pk_service_dependency'))
    )


def downgrade() -> None:
    op.drop_table('service_dependency')
    op.drop_table('service')
    op.drop_table('runbook')
    with op.batch_alter_table('metric_pattern', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_metric_pattern_workflow_id'))

    op.drop_table('metric_pattern')
    with op.batch_alter_table('log_pattern', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_log_pattern_workflow_id'))

    op.drop_table('log_pattern')
    with op.batch_alter_table('incident_memory', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_incident_memory_service'))

    op.drop_table('incident_memory')
    with op.batch_alter_table('incident', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_incident_workflow_id'))
        batch_op.drop_index(batch_op.f('ix_incident_status'))
        batch_op.drop_index('ix_incident_key')

    op.drop_table('incident')
    with op.batch_alter_table('action_outcome', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_action_outcome_workflow_id'))
        batch_op.drop_index(batch_op.f('ix_action_outcome_service'))

    op.drop_table('action_outcome')
