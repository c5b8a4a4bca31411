"""The rules for Prometheus, checked and tried by Prometheus' own tool."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.analysis.numbers.signals import SIGNALS

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"


def promtool(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run promtool in whatever folder."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("needs promtool, of the Debian package prometheus")
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120)


def rules_of(name: str) -> list[dict[str, Any]]:
    """Return the rules of one file."""
    groups: list[dict[str, Any]] = yaml.safe_load((FOLDER / name).read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_prometheus_takes_the_rules() -> None:
    """Every expression parses; names and labels are allowed; nothing is recorded twice."""
    done = promtool("check", "rules", *sorted(FOLDER.glob("*.rules.yaml")))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_make_of_metrics_what_their_cases_say() -> None:
    """Recording and alert rules, over series as exporters give them."""
    done = promtool("test", "rules", FOLDER / "rules.test.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_cases_notice_a_rule_that_is_wrong(tmp_path: Path) -> None:
    """Cases that pass whatever the rules say would prove nothing."""
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    rules = tmp_path / "signals.rules.yaml"
    rules.write_text(rules.read_text().replace('"5.."', '"4.."'))
    done = promtool("test", "rules", tmp_path / "rules.test.yaml")
    assert done.returncode == 1
    assert "service:error_ratio" in done.stdout + done.stderr


def test_prometheus_takes_the_example(tmp_path: Path) -> None:
    """Its syntax alone, as the files of a cluster are not here; and Debian builds Prometheus without Kubernetes."""
    config = yaml.safe_load((FOLDER / "prometheus.example.yaml").read_text())
    for job in config["scrape_configs"]:
        if job.pop("kubernetes_sd_configs", None):
            job["static_configs"] = [{"targets": ["127.0.0.1:1"]}]
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    done = promtool("check", "config", "--syntax-only", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_target_of_the_example_has_an_environment() -> None:
    """Without that label a rule sees nothing."""
    config = yaml.safe_load((FOLDER / "prometheus.example.yaml").read_text())
    for job in config["scrape_configs"]:
        labelled = [r["target_label"] for r in job.get("relabel_configs", []) if "target_label" in r]
        given = [name for static in job.get("static_configs", []) for name in static.get("labels", {})]
        assert "environment" in labelled + given, job["job_name"]


def test_every_signal_is_recorded_under_its_name_and_tried() -> None:
    """What the analysis knows is what the rules make, and each has its cases."""
    recorded = {rule["record"] for rule in rules_of("signals.rules.yaml")}
    assert recorded == {f"service:{name}" for name in SIGNALS} | {"holdfast:pod_service:info"}
    cases = (FOLDER / "rules.test.yaml").read_text()
    assert [name for name in SIGNALS if f"service:{name}" not in cases] == []


def test_every_alert_is_tried_and_explained() -> None:
    """Each has a case, a row in the guide, a severity and words for people."""
    cases = (FOLDER / "rules.test.yaml").read_text()
    guide = (FOLDER.parents[1] / "docs" / "guides" / "signals.md").read_text()
    for rule in rules_of("alerts.rules.yaml"):
        assert f"alertname: {rule['alert']}" in cases
        assert f"`{rule['alert']}`" in guide
        assert rule["labels"]["severity"] in {"critical", "high", "medium"}
        assert rule["annotations"].keys() == {"summary", "description"}


@pytest.mark.parametrize(
    ("alert", "signal"),
    [
        ("HighErrorRate", "error_ratio"),
        ("ReplicasDown", "up_ratio"),
        ("MemoryNearLimit", "memory_ratio"),
        ("CpuNearLimit", "cpu_ratio"),
    ],
)
def test_an_alert_and_the_analysis_agree_on_what_is_bad(alert: str, signal: str) -> None:
    """An alert that the analysis then calls healthy would be a false alarm by design."""
    (rule,) = (r for r in rules_of("alerts.rules.yaml") if r["alert"] == alert)
    limit = re.search(rf"service:{signal} [<>] ([0-9.]+)", rule["expr"])
    assert limit is not None
    assert float(limit[1]) == SIGNALS[signal].limit
