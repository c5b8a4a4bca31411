"""Scripted hands of the model's team: each says its turns in order and records what it was asked."""

from dataclasses import dataclass, field

from temporalio import activity

from holdfast.activities import contracts as c


@dataclass
class ModelHands:
    """What the model's activities answer here, and what they were asked, by whom."""

    model: list[c.ModelTurn | Exception] = field(default_factory=list)
    specialists: dict[str, list[c.ModelTurn | Exception]] = field(default_factory=dict)
    doubts: c.Doubts | Exception = field(default_factory=c.Doubts)
    asked: list[tuple[str, c.ModelRequest]] = field(default_factory=list)

    @activity.defn(name=c.DIAGNOSE)
    async def diagnose(self, request: c.ModelRequest) -> c.ModelTurn:
        """Return the scripted turn of the model."""
        self.asked.append(("supervisor", request))
        said = self.model[len([who for who, _ in self.asked if who == "supervisor"]) - 1]
        if isinstance(said, Exception):
            raise said
        return said

    @activity.defn(name=c.CHOOSE_SPECIALISTS)
    async def choose_specialists(self, request: c.TeamRequest) -> c.Team:
        """Return the scripted specialists."""
        return c.Team(kind="errors", specialists=tuple(self.specialists)[: request.most])

    @activity.defn(name=c.EXAMINE["logs"])
    async def examine_logs(self, request: c.ModelRequest) -> c.ModelTurn:
        """Return the next scripted turn of the logs specialist."""
        return self._examined("logs", request)

    @activity.defn(name=c.EXAMINE["changes"])
    async def examine_changes(self, request: c.ModelRequest) -> c.ModelTurn:
        """Return the next scripted turn of the changes specialist."""
        return self._examined("changes", request)

    def _examined(self, name: str, request: c.ModelRequest) -> c.ModelTurn:
        self.asked.append((name, request))
        said = self.specialists[name].pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    @activity.defn(name=c.DOUBT)
    async def doubt(self, request: c.DoubtRequest) -> c.Doubts:
        """Return the scripted doubts."""
        if isinstance(self.doubts, Exception):
            raise self.doubts
        return self.doubts
