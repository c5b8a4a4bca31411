"""The benchmark reads what kubectl prints, and translates our faults."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.rca.opsbench import kubectl
from benchmarks.rca.opsbench.cache import CachedCase
from benchmarks.rca.opsbench.labels import translated
from benchmarks.rca.opsbench.score import play_case
from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.rank import Answer
from holdfast.analysis.cluster.sign import app

AT = datetime(2026, 5, 4, tzinfo=UTC)
POD = """Name:         store-6bf4d9c7b8-x2x9z
Node:         n1/10.0.0.1
Status:       Running
Labels:       app=store
              tier=back
Annotations:  <none>
Controlled By:  ReplicaSet/store-6bf4d9c7b8
Containers:
  main:
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
    Ready:          False
    Restart Count:  4
Conditions:
  Type    Status
  Ready   False
Events:
  Type     Reason   Age                From     Message
  ----     ------   ----               ----     -------
  Warning  BackOff  3s (x5 over 2m5s)  kubelet  Back-off restarting
"""


def test_a_described_pod_is_read() -> None:
    found = kubectl.pod("store-6bf4d9c7b8-x2x9z", POD, "CrashLoopBackOff")
    assert (found.deployment, found.node, found.ready, found.restarts) == ("store", "n1", False, 4)
    assert (found.reason, found.last_reason, found.exit_code) == ("CrashLoopBackOff", "OOMKilled", 137)
    assert kubectl.pairs(kubectl.fields(POD, "Labels")) == {"app": "store", "tier": "back"}


def test_a_described_event_is_as_old_as_it_says() -> None:
    (told,) = kubectl.events_of(POD, "pod/store", AT)
    assert (told.time, told.reason, told.count) == (AT - timedelta(seconds=3), "BackOff", 5)
    (listed,) = kubectl.listed_events("2m1s  Warning  Failed  pod/x-1  no such secret", AT)
    assert (listed.time, listed.thing, listed.message) == (AT - timedelta(seconds=121), "pod/x-1", "no such secret")


def test_tables_are_read_by_their_headings() -> None:
    text = "NAME   STATUS                     AGE\nn1     Ready,SchedulingDisabled   3d\n"
    assert kubectl.rows(text) == [{"NAME": "n1", "STATUS": "Ready,SchedulingDisabled", "AGE": "3d"}]
    assert kubectl.rows("") == []


def test_a_fault_the_set_has_no_word_for_is_left_out() -> None:
    unknown = Answer(Fault.CRASH_LOOP, app("Store"), 0.3, 0.1, ())
    known = Answer(Fault.OUT_OF_MEMORY, app("Store"), 0.9, 0.9, ())
    assert translated(unknown) is None
    assert translated(known) == ("runtime_fault", "app/store", "oom_killed")


def test_a_case_of_which_hardly_anything_is_cached_is_played(tmp_path: Path) -> None:
    folder = tmp_path / "boutique" / "runtime" / "1"
    folder.mkdir(parents=True)
    truth = '{"fault_taxonomy": "Runtime_Fault", "fault_object": "app/x", "root_cause": "oom_killed"}'
    (folder / "metadata.json").write_text(f'{{"namespace": "shop", "result": {truth}}}')
    (folder / "tool_cache.json").write_text('{"GetAlerts:{}": {}, "GetAppYAML:{\\"app_name\\":\\"x\\"}": "a: [b"}')
    played = play_case(CachedCase(folder))
    assert (played.answers, played.hit(1), played.confidence) == ((), False, 0.0)
