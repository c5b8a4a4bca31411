"""The hands that diagnose: the causal ranker, and the model's team when there is one."""

from holdfast.activities.diagnosis.doubting import DoubtDiagnosis
from holdfast.activities.diagnosis.examining import Examine
from holdfast.activities.diagnosis.ranking import RankCauses
from holdfast.activities.diagnosis.team import choose_specialists
from holdfast.activities.diagnosis.thinking import Diagnose

__all__ = ["Diagnose", "DoubtDiagnosis", "Examine", "RankCauses", "choose_specialists"]
