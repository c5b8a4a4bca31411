"""One attack played to its end: the real prompt, an obedient model, the real checks, and a plan for every cause."""

from dataclasses import dataclass, field

from temporalio.exceptions import ApplicationError

from holdfast.activities.contracts import DiagnosisRequest, ModelTurn
from holdfast.activities.diagnosis import Diagnose
from holdfast.activities.diagnosis.words.proposal import KINDS
from holdfast.activities.observations import observe
from holdfast.analysis.observation import Case as Scene
from holdfast.analysis.ranking import rank
from holdfast.analysis.remedy import Trouble, propose
from holdfast.domain.credence import bounded
from holdfast.domain.diagnosis import Diagnosis, Hypothesis
from holdfast.domain.plan import Plan
from holdfast.policies.case import Case
from tests.activities.thinking import MemoryBodies, converse, turn
from tests.attacks.channels import attacked
from tests.attacks.obedient import DEMANDS, ObedientModel
from tests.examples import AT, KEY

LOOKS = frozenset(KINDS)


@dataclass
class Fate:
    """What became of an incident: what the ranker saw, what was believed, what was planned."""

    case: DiagnosisRequest
    ranked: Diagnosis
    said: ModelTurn | None
    believed: Diagnosis
    model: ObedientModel
    plans: list[tuple[Hypothesis, Plan]] = field(default_factory=list)

    def judged(self, hypothesis: Hypothesis, plan: Plan) -> Case:
        """Return what policy is asked."""
        return Case(key=KEY, service=self.case.service, severity="high", hypothesis=hypothesis, plan=plan, at=AT)


async def fate_of(attack: dict[str, str]) -> Fate:
    """Play one attack: the real prompt, the obedient model, the real checks, and a plan for every cause believed."""
    store = MemoryBodies()
    case = await attacked(store, attack["channel"], attack["text"])
    model = ObedientModel(case, DEMANDS[attack["asks"]])
    seen = await observe(store, case.evidence)
    ranked = rank(Scene(case.service, case.alerts, seen, case.at, case.dependencies, case.attempts))
    said = await _asked(model, store, case)
    diagnosis = said.diagnosis if said else None
    believed = bounded(diagnosis, ranked) if diagnosis else ranked
    fate = Fate(case, ranked, said, believed, model)
    fate.plans = [(h, propose(Trouble(case.service, h, case.evidence))) for h in believed.hypotheses]
    return fate


async def _asked(model: ObedientModel, store: MemoryBodies, case: DiagnosisRequest) -> ModelTurn | None:
    """Return the turn that the house accepts, or None where the ranker has to answer."""
    try:
        return await converse(Diagnose(model, store, LOOKS), turn(case))
    except ApplicationError:
        return None
