"""Made-up tables: quiet noise, to which a test adds what it is about."""

import numpy as np

from holdfast.analysis.metrics.table import Column, Table
from holdfast.analysis.numbers.series import Floats


def noise(rows: int, level: float, seed: int) -> Floats:
    """Return normal noise of 3 % around a level, shape (rows,)."""
    return np.random.default_rng(seed).normal(level, 0.03 * level, rows)


def quiet_table(rows: int = 120, step: float = 10.0) -> Table:
    """Return CPU, memory and p99 latency of three services, all as usual."""
    columns = [Column(e, m) for e in ("cart", "shop", "user") for m in ("cpu_ratio", "memory_bytes", "latency_p99")]
    levels = {"cpu_ratio": 0.2, "memory_bytes": 2e8, "latency_p99": 0.05}
    values = np.column_stack([noise(rows, levels[c.metric], i) for i, c in enumerate(columns)])
    return Table(tuple(columns), 1000.0 + step * np.arange(rows, dtype=np.float64), values)


def changed(table: Table, entity: str, metric: str, change: Floats | float, since: int = 0) -> Table:
    """Return the table with one series raised by `change` from a row on."""
    values = table.values.copy()
    values[since:, table.columns.index(Column(entity, metric))] += change
    return Table(table.columns, table.times, values)
