"""The hands that diagnose: the causal ranker, and the model when there is one."""

from holdfast.activities.diagnosis.ranking import RankCauses
from holdfast.activities.diagnosis.thinking import Diagnose

__all__ = ["Diagnose", "RankCauses"]
