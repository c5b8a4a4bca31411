"""What can go wrong, drawn by a seed: many kinds of fault of the simulated shop, each with its true cause and place."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from holdfast.domain.diagnosis import Cause
from holdfast.tools.simulation.topology import shop

SHOP = shop().services
OWN = tuple(n for n, s in SHOP.items() if s.kind == "deployment")
STORES = tuple(n for n, s in SHOP.items() if s.kind in ("database", "cache", "queue"))


@dataclass
class Trouble:
    """One incident: who is alerted and by what name, the fault's effects, and the truth (UNKNOWN: no rule knows it)."""

    service: str
    alert: str
    cause: Cause
    place: str = ""
    signals: list[dict[str, Any]] = field(default_factory=list)
    logs: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    pods: list[dict[str, Any]] = field(default_factory=list)
    rollout: dict[str, Any] | None = None

    def bend(self, service: str, signal: str, **how: Any) -> None:
        """Bend one signal."""
        self.signals.append({"service": service, "signal": signal, **how})

    def write(self, service: str, text: str, rate: float = 0.05, level: str = "error") -> None:
        """Make a service write a line again and again."""
        self.logs.append({"service": service, "level": level, "rate": rate, "text": text})

    def tell(self, service: str, reason: str, message: str = "", every: float = 120.0) -> None:
        """Make the cluster tell of an event again and again."""
        self.events.append({"service": service, "reason": reason, "message": message, "every": every})

    def roll(self, rng: Random, *, before: float, image: str = "") -> None:
        """Roll out another revision so many seconds before the onset."""
        self.rollout = {
            "service": self.service,
            "image": image or f"shop/{self.service}:next",
            "change_cause": "a release",
            "commit": f"{rng.getrandbits(48):012x}",
            "before": before,
        }


def hurt(trouble: Trouble, rng: Random, service: str, after: float = 0.0) -> None:
    """Let users feel it: errors, slowness or both, weakly or strongly."""
    how = rng.random()
    if how < 0.75:
        trouble.bend(service, "error_ratio", to=10 ** rng.uniform(-1.5, -0.2), after=after)
    if how > 0.4:
        trouble.bend(service, "latency_p99_seconds", times=rng.uniform(1.6, 8), after=after)


def out_of_memory(rng: Random) -> Trouble:
    """Killed at the limit; who tells of it varies."""
    t = Trouble(
        rng.choice(OWN), rng.choice(("ContainerOOMKilled", "HighErrorRate", "PodRestarting")), Cause.OUT_OF_MEMORY
    )
    hurt(t, rng, t.service)
    period = rng.uniform(60, 300)
    if rng.random() < 0.8:
        t.bend(t.service, "memory_ratio", to=rng.uniform(0.85, 0.99), shape="sawtooth", over=period)
    t.bend(t.service, "restarts_total", to=1, shape="sawtooth", over=period)
    if rng.random() < 0.85:
        state = {"ready": rng.random() < 0.4, "reason": rng.choice(("", "CrashLoopBackOff")), "restart_every": period}
        t.pods.append({"service": t.service, **state, "last_reason": "OOMKilled", "exit_code": 137})
    if rng.random() < 0.6:
        t.tell(t.service, "OOMKilling", "Memory cgroup out of memory: killed process", period)
    if rng.random() < 0.5:
        t.write(t.service, rng.choice(("java.lang.OutOfMemoryError: Java heap space", "std::bad_alloc in parse {hex}")))
    return t


def memory_leak(rng: Random) -> Trouble:
    """Memory that climbs, and what becomes slow by it."""
    t = Trouble(rng.choice(OWN), rng.choice(("MemoryNearLimit", "HighLatency")), Cause.MEMORY_LEAK)
    t.bend(t.service, "memory_ratio", to=rng.uniform(0.75, 0.97), shape="ramp", over=rng.uniform(800, 1500))
    if rng.random() < 0.5:
        t.bend(t.service, "latency_p99_seconds", times=rng.uniform(1.5, 4), shape="ramp", over=1400)
    return t


def bad_release(rng: Random) -> Trouble:
    """A new image that fails or is slow, at once or after some minutes."""
    t = Trouble(rng.choice(OWN), rng.choice(("HighErrorRate", "HighLatency")), Cause.BAD_RELEASE)
    t.roll(rng, before=rng.choice((rng.uniform(0, 60), rng.uniform(60, 600))))
    hurt(t, rng, t.service)
    if rng.random() < 0.6:
        t.write(t.service, rng.choice(("TypeError: price is undefined order={id}", "panic: nil map in handler {hex}")))
    return t


def settings(rng: Random) -> Trouble:
    """The same image with other settings."""
    t = Trouble(rng.choice(OWN), "HighErrorRate", Cause.CONFIGURATION)
    t.roll(rng, before=rng.uniform(0, 120), image=SHOP[t.service].image)
    hurt(t, rng, t.service)
    if rng.random() < 0.5:
        t.write(t.service, rng.choice(("missing required environment variable REGION", "cannot parse timeout '5x'")))
    return t


def cpu_saturation(rng: Random) -> Trouble:
    """CPU at its limit, with or without more traffic."""
    t = Trouble(rng.choice(OWN), rng.choice(("CPUThrottled", "HighLatency", "HighErrorRate")), Cause.CPU_SATURATION)
    t.bend(t.service, "cpu_ratio", to=rng.uniform(0.87, 0.99))
    if rng.random() < 0.6:
        t.bend(t.service, "request_rate", times=rng.uniform(1.3, 2.5))
    hurt(t, rng, t.service)
    return t


def traffic_surge(rng: Random) -> Trouble:
    """Many more requests than something can take, and it is not the CPU."""
    t = Trouble(rng.choice(OWN), rng.choice(("TrafficSurge", "HighLatency")), Cause.TRAFFIC_SURGE)
    t.bend(t.service, "request_rate", times=rng.uniform(1.5, 4))
    t.bend(t.service, "cpu_ratio", times=rng.uniform(1.1, 1.9))
    hurt(t, rng, t.service)
    return t


def store_down(rng: Random) -> Trouble:
    """A store does not answer, and its callers fail."""
    store = rng.choice(STORES)
    callers = [n for n in OWN if store in SHOP[n].dependencies]
    down = Cause.DATABASE_DOWN if SHOP[store].kind == "database" else Cause.DEPENDENCY_FAILURE
    t = Trouble(rng.choice((store, *callers)), rng.choice(("HighErrorRate", "ServiceDown")), down, place=store)
    t.bend(store, "up_ratio", to=rng.choice((0.0, 0.0, 0.4)))
    t.bend(store, "error_ratio", to=rng.uniform(0.5, 1.0))
    for name in callers:
        hurt(t, rng, name, after=rng.uniform(0, 20))
        if rng.random() < 0.6:
            said = rng.choice(
                (f"connection to {store}:5432 refused", f"timed out waiting for {store}", "backend went away")
            )
            t.write(name, f"{said} trace={{hex}}")
    return t


def callee_fails(rng: Random) -> Trouble:
    """Something that the service calls fails, and its failures are handed on."""
    t, callee = _calling(rng, "HighErrorRate")
    share = 10 ** rng.uniform(-1.2, -0.1)
    t.bend(callee, "error_ratio", to=share)
    t.bend(t.service, "error_ratio", to=share * rng.uniform(0.3, 0.9), after=rng.uniform(0, 20))
    if rng.random() < 0.5:
        t.write(t.service, rng.choice((f"{callee} answered 503 unavailable", f"upstream {callee} failed for {{id}}")))
    return t


def callee_slow(rng: Random) -> Trouble:
    """Something that the service calls is slow, and the service waits."""
    t, callee = _calling(rng, "HighLatency")
    times = rng.uniform(3, 12)
    waits = SHOP[callee].latency * (times - 1) * rng.uniform(0.6, 1.0)
    t.bend(callee, "latency_p99_seconds", times=times)
    t.bend(t.service, "latency_p99_seconds", times=1 + waits / SHOP[t.service].latency, after=rng.uniform(0, 15))
    return t


def _calling(rng: Random, alert: str) -> tuple[Trouble, str]:
    """Return a trouble of a service whose cause is one of the services that it calls, and that one."""
    pairs = [(n, d) for n in OWN for d in SHOP[n].dependencies if d not in STORES]
    service, callee = rng.choice(pairs)
    return Trouble(service, alert, Cause.DEPENDENCY_FAILURE, place=callee), callee


def disk_full(rng: Random) -> Trouble:
    """A store without room to write."""
    t = Trouble(rng.choice(STORES), "ServiceDown", Cause.STORAGE)
    t.bend(t.service, "error_ratio", to=rng.uniform(0.2, 1.0))
    if rng.random() < 0.6:
        t.bend(t.service, "up_ratio", to=0.0)
    t.write(
        t.service, rng.choice(("write failed: no space left on device", "disk is full", "cannot extend segment {hex}"))
    )
    return t


def cluster_fault(rng: Random) -> Trouble:
    """What the cluster says outright, in pods, in events or in both."""
    cause, waiting, reason = rng.choice(
        (
            (Cause.IMAGE, "ImagePullBackOff", "ErrImagePull"),
            (Cause.SCHEDULING, "", "FailedScheduling"),
            (Cause.NODE, "", "NodeNotReady"),
            (Cause.CRASH_LOOP, "CrashLoopBackOff", "BackOff"),
            (Cause.STORAGE, "ContainerCreating", "FailedMount"),
            (Cause.CONFIGURATION, "CreateContainerConfigError", "Failed"),
        )
    )
    t = Trouble(rng.choice(OWN), rng.choice(("PodsNotReady", "HighErrorRate")), cause)
    hurt(t, rng, t.service)
    if rng.random() < 0.7 or not waiting:
        t.tell(t.service, reason, f"{reason} for {t.service}")
    if waiting or rng.random() < 0.5:
        t.pods.append({"service": t.service, "ready": False, "reason": waiting, "restart_every": 90.0})
    return t


def told_in_lines(rng: Random) -> Trouble:
    """What only the service's own lines say."""
    cause, text = rng.choice(
        (
            (Cause.NETWORK, "lookup api.partner.example: no such host"),
            (Cause.NETWORK, "dial tcp 10.0.0.7:443: no route to host"),
            (Cause.PERMISSIONS, "permission denied reading /etc/keys/{hex}"),
            (Cause.PERMISSIONS, "x509: certificate has expired"),
            (Cause.CONFIGURATION, "invalid configuration: pool.size"),
        )
    )
    t = Trouble(rng.choice(OWN), "HighErrorRate", cause)
    hurt(t, rng, t.service)
    t.write(t.service, text, rate=rng.choice((0.02, 0.1)))
    return t


def false_alarm(rng: Random) -> Trouble:
    """Nothing is wrong."""
    return Trouble(rng.choice(OWN), rng.choice(("HighErrorRate", "HighLatency")), Cause.HEALTHY)


def deadlock(rng: Random) -> Trouble:
    """Everybody waits and nothing is busy; as of the next three, no rule knows it and silence is the honest answer."""
    t = Trouble(rng.choice(OWN), "HighLatency", Cause.UNKNOWN)
    t.bend(t.service, "latency_p99_seconds", times=rng.uniform(4, 30))
    t.bend(t.service, "cpu_ratio", times=0.3)
    return t


def bad_data(rng: Random) -> Trouble:
    """Some record that the program cannot bear."""
    t = Trouble(rng.choice(OWN), "HighErrorRate", Cause.UNKNOWN)
    hurt(t, rng, t.service)
    t.write(t.service, "duplicate key in index orders_{id}", rate=0.1)
    return t


def lost_traffic(rng: Random) -> Trouble:
    """Requests do not arrive, and why lies outside."""
    t = Trouble(rng.choice(OWN), "NoTraffic", Cause.UNKNOWN)
    t.bend(t.service, "request_rate", times=rng.uniform(0.0, 0.5))
    return t


def pool_exhausted(rng: Random) -> Trouble:
    """All connections are lent out; the lines say so in words of their own."""
    t = Trouble(rng.choice(OWN), rng.choice(("HighLatency", "HighErrorRate")), Cause.UNKNOWN)
    hurt(t, rng, t.service)
    t.write(t.service, "pool exhausted after {ms} ms", rate=0.1)
    return t


KINDS: tuple[Callable[[Random], Trouble], ...] = (
    out_of_memory,
    memory_leak,
    bad_release,
    settings,
    cpu_saturation,
    traffic_surge,
    store_down,
    callee_fails,
    callee_slow,
    disk_full,
    cluster_fault,
    told_in_lines,
    false_alarm,
    deadlock,
    bad_data,
    lost_traffic,
    pool_exhausted,
)


def coincidences(trouble: Trouble, rng: Random) -> None:
    """Add what happens at the same time and is innocent: a release, other errors, more traffic, a probe that failed."""
    # A leak that begins with a release is a bad release.
    fits = trouble.rollout is None and trouble.service in OWN and trouble.cause is not Cause.MEMORY_LEAK
    if fits and rng.random() < 0.25:
        trouble.roll(rng, before=rng.uniform(10, 1500))
    if trouble.cause is Cause.HEALTHY:
        return
    if rng.random() < 0.15:
        trouble.write(trouble.service, rng.choice(("403 forbidden for user {id}", "chat room {id} not found")))
    if rng.random() < 0.1 and trouble.cause is not Cause.TRAFFIC_SURGE:
        trouble.bend(trouble.service, "request_rate", times=rng.uniform(1.2, 1.6))
    if rng.random() < 0.1:
        trouble.tell(trouble.service, rng.choice(("Unhealthy", "FailedScheduling")), "by the way", 600.0)
    if trouble.service in OWN and trouble.cause is not Cause.OUT_OF_MEMORY and rng.random() < 0.08:
        trouble.pods.append({"service": trouble.service, "last_reason": "OOMKilled", "exit_code": 137})
    others = [d for d in SHOP[trouble.service].dependencies if d != trouble.place]
    if others and rng.random() < 0.1:
        trouble.bend(rng.choice(others), "error_ratio", to=rng.uniform(0.02, 0.1), after=rng.uniform(0, 200))
