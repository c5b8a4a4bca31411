"""Cloud-OpsBench (arXiv 2603.00468): Kubernetes diagnosis from the cached answers of tools, without a model."""

from benchmarks.rca.opsbench.score import play

__all__ = ["play"]
