"""memories have a tenant: what one learnt is not shown to another"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('incident_memory', schema=None) as batch_op:
        batch_op.add_column(sa.Column('tenant', sa.String(), nullable=False, server_default='default'))
        batch_op.create_index(batch_op.f('ix_incident_memory_tenant'), ['tenant'], unique=False)
    # Whose a memory is, its incident knows; a memory told from outside, without one, is the default tenant's.
    op.execute(
        "UPDATE incident_memory SET tenant = COALESCE((SELECT i.tenant FROM incident AS i"
        " WHERE i.workflow_id = incident_memory.workflow_id AND i.run_id = incident_memory.run_id), 'default')"
    )
    with op.batch_alter_table('incident_memory', schema=None) as batch_op:
        batch_op.alter_column('tenant', server_default=None, existing_type=sa.String(), existing_nullable=False)


def downgrade() -> None:
    with op.batch_alter_table('incident_memory', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_incident_memory_tenant'))
        batch_op.drop_column('tenant')
