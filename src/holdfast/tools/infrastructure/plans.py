"""Saved plans by their digest: what was seen and approved is, byte for byte, what is applied."""

import asyncio
import hashlib
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from holdfast.domain.action import ApplyTerraform
from holdfast.tools.errors import Word, no
from holdfast.tools.executor.server import DryRun
from holdfast.tools.infrastructure.section import Terraform
from holdfast.tools.infrastructure.terraform import MOST_SHOWN, TerraformProgram, Told

Object = dict[str, Any]


class Plans:
    """Makes plans, and applies them: implements Planner, and Doer for `apply_terraform`."""

    def __init__(self, settings: Terraform | None, folder: Path) -> None:
        self._settings = settings
        self._limits = settings or Terraform()
        self._folder = folder
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._making: dict[str, asyncio.Task[Object]] = {}

    async def plan(self, workspace: str) -> Object:
        """Return what Terraform would change, saved under its digest; nothing is saved when there is nothing.

        A plan may take longer than one call waits: the next call joins the one that is being made.
        """
        program = self._program(workspace)
        if workspace not in self._making:
            task = self._making[workspace] = asyncio.create_task(self._made(workspace, program))
            task.add_done_callback(lambda _: self._making.pop(workspace, None))
        return await asyncio.shield(self._making[workspace])

    async def _made(self, workspace: str, program: TerraformProgram) -> Object:
        async with self._turns[workspace]:
            with self._room(workspace) as room:
                some, told = await program.plan(room / "plan")
                digest = self._keep(workspace, room / "plan") if some else ""
        now = datetime.now(UTC)
        until = _moment(now + timedelta(minutes=self._limits.plan_minutes)) if some else ""
        return {
            "workspace": workspace,
            "saved_plan": digest,
            "made_at": _moment(now),
            "good_until": until,
            **_shown(told),
        }

    async def try_dry(self, action: ApplyTerraform) -> DryRun:
        """Return what the saved plan would change.

        Raises:
            ToolError: `not_found`, or `conflict` when it is too old or its file was altered.
        """
        program = self._program(action.workspace)
        with self._taken(action) as plan:
            told = await program.show(plan)
        before = {"workspace": action.workspace, "saved_plan": action.saved_plan, "changes": _counts(told)}
        why = "Terraform has no undo; the way back is a plan made from the earlier configuration"
        return DryRun(before=before, diff=told.diff, no_way_back=why)

    async def do(self, action: ApplyTerraform) -> Object:
        """Apply exactly these bytes; Terraform itself refuses them once its state has moved on."""
        program = self._program(action.workspace)
        async with self._turns[action.workspace]:
            with self._taken(action) as plan:
                return {"applied": _counts(await program.apply(plan)), "well": True}

    async def seen(self, action: ApplyTerraform, before: Object) -> Object | None:
        """Return that the world is as planned when Terraform finds nothing left to change."""
        some, _ = await self._program(action.workspace).plan(None)
        return None if some else {"applied": before["changes"], "well": True, "found": "nothing left to change"}

    def _program(self, workspace: str) -> TerraformProgram:
        if self._settings is None:
            raise no(Word.NOT_CONFIGURED, "terraform: this server's section names no workspaces")
        return TerraformProgram(workspace, self._settings)

    def _keep(self, workspace: str, made: Path) -> str:
        """Keep the plan under its digest. Only age removes one: somebody may be asked about any that is not too old."""
        digest = hashlib.sha256(made.read_bytes()).hexdigest()
        held = 0
        for kept in self._place(workspace).glob("*.tfplan"):
            if self._too_old(kept):
                kept.unlink(missing_ok=True)
            else:
                held += kept.stat().st_size
        if held + made.stat().st_size > self._limits.plans_bytes:
            why = f"{held} bytes of saved plans may still be approved, and plans_bytes is {self._limits.plans_bytes}"
            raise no(Word.TOO_LARGE, f"terraform workspace {workspace!r}: {why}; raise it, or wait until some expire")
        made.chmod(0o600)
        made.replace(self._place(workspace) / f"{digest}.tfplan")
        return digest

    def _too_old(self, kept: Path) -> bool:
        return time.time() - kept.stat().st_mtime > self._limits.plan_minutes * 60

    @contextmanager
    def _taken(self, action: ApplyTerraform) -> Iterator[Path]:
        """Lend a copy of our own, checked after it was copied: nobody can alter it between the check and its use."""
        kept = self._place(action.workspace) / f"{action.saved_plan}.tfplan"
        if not kept.is_file():
            raise no(Word.NOT_FOUND, f"no saved plan {action.saved_plan:.12} of {action.workspace!r}; make one anew")
        if self._too_old(kept):
            minutes = f"{self._limits.plan_minutes:g} minutes (plan_minutes)"
            raise no(Word.CONFLICT, f"plan {action.saved_plan:.12} is over {minutes} old; make one anew")
        with self._room(action.workspace) as room:
            copy = Path(shutil.copyfile(kept, room / "plan"))
            if hashlib.sha256(copy.read_bytes()).hexdigest() != action.saved_plan:
                raise no(Word.CONFLICT, f"plan {action.saved_plan:.12}: its file was altered; it is not applied")
            yield copy

    @contextmanager
    def _room(self, workspace: str) -> Iterator[Path]:
        with TemporaryDirectory(dir=self._place(workspace), prefix=".making-") as room:
            yield Path(room)

    def _place(self, workspace: str) -> Path:
        """Return the workspace's folder; saved plans hold secrets in the clear, so it is ours alone."""
        place = self._folder / hashlib.sha256(workspace.encode()).hexdigest()[:16]
        place.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        return place


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _counts(told: Told) -> Object:
    return {"add": told.add, "change": told.change, "destroy": told.destroy}


def _shown(told: Told) -> Object:
    shown = [c.model_dump() for c in told.changes[:MOST_SHOWN]]
    counted = ((len(told.changes), "resources"), (len(told.outputs), "outputs"))
    cut = "; ".join(f"the first {MOST_SHOWN} of {n} {what}" for n, what in counted if n > MOST_SHOWN)
    outputs = [{"name": c.address, "action": c.action} for c in told.outputs[:MOST_SHOWN]]
    return {"changes": _counts(told), "resources": shown, "outputs": outputs, "diff": told.diff, "cut": cut}
