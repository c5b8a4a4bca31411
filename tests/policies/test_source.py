"""Where the judge comes from: read again when the file changes, never answered by an older reading."""

import os
import threading
from pathlib import Path

import pytest

from holdfast.domain.decision import Verdict
from holdfast.policies.judge import Judge
from holdfast.policies.reading import PolicyError
from holdfast.policies.source import PolicySource, judge_of, shipped
from tests.policies.shop import ROLLBACK, case

NAMED = (
    "name: p\nversion: {version}\npeople: {{oncall: [{who}]}}\nrules:\n  - {{id: a, verdict: {verdict}, reason: r}}\n"
)


def _write(path: Path, version: int = 1, verdict: str = "allow", who: str = "alice") -> None:
    path.write_text(NAMED.format(version=version, verdict=verdict, who=who))


def _verdict(source: PolicySource) -> Verdict:
    return source.judge().judge(case(ROLLBACK)).verdict


def test_a_changed_file_is_read_again_without_a_deploy(tmp_path: Path) -> None:
    """An unchanged one is not."""
    path = tmp_path / "policy.yaml"
    _write(path)
    source = PolicySource(path)
    first = source.judge()
    assert source.judge() is first
    _write(path, version=2, verdict="deny")
    assert _verdict(source) is Verdict.DENY


def test_a_file_replaced_by_another_of_the_same_size_and_time_is_read_again(tmp_path: Path) -> None:
    """As a mounted ConfigMap does: its link is moved to another file."""
    old, new, link = tmp_path / "old", tmp_path / "new", tmp_path / "policy.yaml"
    _write(old, verdict="allow")
    _write(new, verdict="deny ")
    new.write_text(new.read_text().replace("deny ", "deny").replace("name: p", "name: pp"))
    for path in (old, new):
        os.utime(path, ns=(1, 1))
    assert old.stat().st_size == new.stat().st_size
    link.symlink_to(old)
    source = PolicySource(link)
    assert _verdict(source) is Verdict.ALLOW
    link.unlink()
    link.symlink_to(new)
    assert _verdict(source) is Verdict.DENY


@pytest.mark.parametrize("broken", ["rules: broken", "", NAMED.format(version=1, who="a", verdict="ask")])
def test_a_broken_file_is_never_answered_by_the_old_one(tmp_path: Path, broken: str) -> None:
    """And once mended it is used again."""
    path = tmp_path / "policy.yaml"
    _write(path)
    source = PolicySource(path)
    assert _verdict(source) is Verdict.ALLOW
    path.write_text(broken)
    for _ in range(2):
        with pytest.raises(PolicyError):
            source.judge()
    _write(path)
    assert _verdict(source) is Verdict.ALLOW


def test_a_file_that_vanished_is_not_remembered(tmp_path: Path) -> None:
    """Deleting the policy forbids everything."""
    path = tmp_path / "policy.yaml"
    _write(path)
    source = PolicySource(path)
    source.judge()
    path.unlink()
    with pytest.raises(PolicyError, match="No such file"):
        source.judge()


def test_a_policy_that_becomes_open_to_anyone_is_refused_where_that_is_not_allowed(tmp_path: Path) -> None:
    """The check at start-up would not see a later change."""
    path = tmp_path / "policy.yaml"
    _write(path)
    source = PolicySource(path, open_allowed=False)
    assert _verdict(source) is Verdict.ALLOW
    _write(path, who='"*"')
    with pytest.raises(PolicyError, match="lets anyone approve"):
        source.judge()
    assert _verdict(PolicySource(path)) is Verdict.ALLOW


def test_the_shipped_policy_is_the_default_and_only_for_a_demonstration() -> None:
    """Without a file there is still a judge."""
    assert PolicySource().judge().policy == shipped()
    with pytest.raises(PolicyError, match="lets anyone approve"):
        PolicySource(open_allowed=False).judge()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("rules:\n  - id: bad\n    verdict: deny\n    reason: r\n    when: nope", r"line 7: rules\.bad\.when: 1:1"),
        ("variables:\n  odd: nope\nrules: [{id: a, verdict: deny, reason: r}]", r"line 4: variables\.odd"),
        (
            "risk:\n- name: odd\n  points: 1\n  when: nope\nrules: [{id: a, verdict: deny, reason: r}]",
            r"line 6: risk\.odd",
        ),
    ],
)
def test_a_condition_that_does_not_compile_is_named_with_its_line(text: str, wrong: str) -> None:
    """The line in the file, and the column in the condition."""
    with pytest.raises(PolicyError, match=f"^p.yaml: {wrong}"):
        judge_of(f"name: p\nversion: 1\n{text}", "p.yaml")


def test_many_threads_share_one_reading(tmp_path: Path) -> None:
    """The activity asks from threads."""
    path = tmp_path / "policy.yaml"
    _write(path)
    source, judges = PolicySource(path), list[Judge]()
    threads = [threading.Thread(target=lambda: judges.append(source.judge())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(j) for j in judges}) == 1
