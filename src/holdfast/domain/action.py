"""What may be done: the closed set of typed changes to the world. There is no shell and no free text."""

import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter

from holdfast.domain.noun import Noun, digest

# RFC 1123: what Kubernetes accepts as the name of a namespace, deployment or pod.
KubernetesName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", min_length=1, max_length=253)
]
Sha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{7,64}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", max_length=200)]


class _Action(Noun):
    """What all actions share. `service` names whom it is done for; the executor acts on the rest."""

    service: str = ""

    @property
    def digest(self) -> str:
        """Return the digest that a grant and a vote bind to: every field of the action."""
        return digest(self)


class RestartDeployment(_Action):
    """Replace every pod of a deployment, a few at a time."""

    kind: Literal["restart_deployment"] = "restart_deployment"
    namespace: KubernetesName
    deployment: KubernetesName


class RestartPod(_Action):
    """Delete one pod, so that its controller makes another."""

    kind: Literal["restart_pod"] = "restart_pod"
    namespace: KubernetesName
    pod: KubernetesName


class ScaleDeployment(_Action):
    """Set the number of replicas."""

    kind: Literal["scale_deployment"] = "scale_deployment"
    namespace: KubernetesName
    deployment: KubernetesName
    replicas: int = Field(ge=0, le=1000)


class RollbackDeployment(_Action):
    """Return a deployment to an earlier revision of its template."""

    kind: Literal["rollback_deployment"] = "rollback_deployment"
    namespace: KubernetesName
    deployment: KubernetesName
    to_revision: int = Field(ge=1)


class RunDiagnosticJob(_Action):
    """Run one job of the diagnostic catalogue against a target."""

    kind: Literal["run_diagnostic_job"] = "run_diagnostic_job"
    namespace: KubernetesName
    job: Token
    target: Token


class RestartContainer(_Action):
    """Restart one container of a Docker engine."""

    kind: Literal["restart_container"] = "restart_container"
    host: Token = "local"
    container: Token


class RevertCommit(_Action):
    """Open a pull request that reverts one commit; merging it stays with people."""

    kind: Literal["revert_commit"] = "revert_commit"
    repository: Token
    commit: Sha
    base: Token = "main"


class ApplyTerraform(_Action):
    """Apply one saved Terraform plan and no other."""

    kind: Literal["apply_terraform"] = "apply_terraform"
    workspace: Token
    saved_plan: Digest


Action = Annotated[
    RestartDeployment
    | RestartPod
    | ScaleDeployment
    | RollbackDeployment
    | RunDiagnosticJob
    | RestartContainer
    | RevertCommit
    | ApplyTerraform,
    Field(discriminator="kind"),
]

ACTION: TypeAdapter[Action] = TypeAdapter(Action)

# The one table from an action's kind to the tool that does it.
TOOLS: dict[str, str] = {
    "restart_deployment": "executor.restart_deployment",
    "restart_pod": "executor.restart_pod",
    "scale_deployment": "executor.scale_deployment",
    "rollback_deployment": "executor.rollback_deployment",
    "run_diagnostic_job": "executor.run_job",
    "restart_container": "infrastructure.restart_docker_container",
    "revert_commit": "code.create_revert_pull_request",
    "apply_terraform": "infrastructure.terraform_apply",
}


def tool_of(action: Action) -> str:
    """Return `<server>.<tool>` of the tool that performs `action`."""
    return TOOLS[action.kind]


def arguments_of(action: Action) -> dict[str, str | int]:
    """Return the tool arguments that describe `action`: its fields without its kind and service."""
    return {k: v for k, v in action.model_dump(mode="json").items() if k not in {"kind", "service"}}


def target_of(action: Action) -> str:
    """Return what the action changes, as one lock and one blast radius see it."""
    match action:
        case RestartDeployment() | ScaleDeployment() | RollbackDeployment():
            return f"deployment/{action.namespace}/{action.deployment}"
        case RestartPod():
            return f"deployment/{action.namespace}/{_owner_of(action.pod)}"
        case RunDiagnosticJob():
            return f"job/{action.namespace}/{action.job}/{action.target}"
        case RestartContainer():
            return f"container/{action.host}/{action.container}"
        case RevertCommit():
            return f"repository/{action.repository}"
        case ApplyTerraform():
            return f"workspace/{action.workspace}"


_IMPERATIVES: dict[str, str] = {
    "restart_deployment": "restart deployment {namespace}/{deployment}",
    "restart_pod": "restart pod {namespace}/{pod}",
    "scale_deployment": "scale deployment {namespace}/{deployment} to {replicas}",
    "rollback_deployment": "roll back deployment {namespace}/{deployment} to revision {to_revision}",
    "run_diagnostic_job": "run diagnostic job {job} against {target} in {namespace}",
    "restart_container": "restart container {container} on {host}",
    "revert_commit": "open a pull request that reverts {commit:.12} in {repository}",
    "apply_terraform": "apply saved Terraform plan {saved_plan:.12} in {workspace}",
}


def describe(action: Action) -> str:
    """Return the action as a short imperative that people read, such as 'scale deployment payments/checkout to 4'."""
    return _IMPERATIVES[action.kind].format_map(action.model_dump())


def _owner_of(pod: str) -> str:
    """Return the deployment's name within a pod's name (`checkout-7d9f-x2x4z` → `checkout`)."""
    return re.sub(r"-[a-z0-9]{1,10}-[a-z0-9]{5}$", "", pod)
