"""Fetches or builds what the tests of real systems start, into a cache outside the repository: `make testbed`."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.testbed.places import KUBERNETES, cache

# Debian package → the program it brings, by which we know that it is here.
PACKAGES = {
    "prometheus": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "etcd-server": "etcd",
    "openssl": "openssl",
    "docker.io": "dockerd",
    "iptables": "iptables",
    "iproute2": "ip",
    "util-linux": "unshare",
    "busybox-static": "busybox",
    "npm": "npm",
}
# Needed to build Kubernetes, which happens once for a cache.
BUILD = {"gcc": "gcc", "make": "make", "patch": "patch", "xz-utils": "xz", "file": "file"}
NODE = ("kubernetes-mcp-server@0.0.67",)
# In an environment of its own: its dependencies are not ours.
PYTHON = ("prometheus-mcp-server==1.6.2",)


class MissingPartError(RuntimeError):
    """A part could not be had; the text says why and what to do."""


def packages() -> str:
    """Install the Debian packages that are missing."""
    wanted = PACKAGES if _built() else {**PACKAGES, **BUILD}
    missing = [package for package, program in wanted.items() if shutil.which(program, path=_path()) is None]
    if not missing:
        return "all here"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise MissingPartError(f"install these first (Debian's names): {' '.join(missing)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update", "-qq"], environment)
    _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], environment)
    return f"installed {' '.join(missing)}"


def kubernetes() -> str:
    """Build the API server, the controllers, the scheduler and the hollow node from Debian's source."""
    if _built():
        return "already built"
    _run([str(Path(__file__).with_name("build-kubernetes.sh")), str(cache() / "kubernetes")])
    return "built"


def node() -> str:
    """Install the MCP servers that others wrote and npm has."""
    folder = cache() / "node"
    if (folder / "node_modules" / ".bin" / "kubernetes-mcp-server").exists():
        return "already here"
    coming = cache() / "node.new"  # renamed when whole: half of it never looks finished
    shutil.rmtree(coming, ignore_errors=True)
    coming.mkdir(parents=True)
    _run(["npm", "install", "--silent", "--no-audit", "--no-fund", f"--prefix={coming}", *NODE])
    shutil.rmtree(folder, ignore_errors=True)
    coming.rename(folder)
    return "installed"


def python() -> str:
    """Install the MCP server that others wrote and PyPI has."""
    folder = cache() / "python"
    if (folder / "bin" / "prometheus-mcp-server").exists():
        return "already here"
    _run([sys.executable, "-m", "venv", str(folder)])
    _run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *PYTHON])
    return "installed"


PARTS: dict[str, Callable[[], str]] = {"packages": packages, "kubernetes": kubernetes, "node": node, "python": python}


def main(parts: Mapping[str, Callable[[], str]] = PARTS) -> int:
    """Bring every part, say what each took, and return 1 when one could not be had."""
    failed = 0
    print(f"test bed in {cache()}")  # noqa: T201 # this is a command
    for name, bring in parts.items():
        began = time.monotonic()
        try:
            said = bring()
        except (MissingPartError, subprocess.CalledProcessError, OSError) as e:
            said, failed = f"could not be had: {e}", 1
        print(f"{name:12} {time.monotonic() - began:6.1f} s {_size(name):>8}  {said}", flush=True)  # noqa: T201 # as above
    return failed


def _built() -> bool:
    return all((cache() / "kubernetes" / name).exists() for name in KUBERNETES)


def _size(name: str) -> str:
    folder = cache() / name
    total = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) if folder.is_dir() else 0
    total = _installed() if name == "packages" else total
    return f"{total / 1e6:.0f} MB" if total else ""


def _installed() -> int:
    """Return how many bytes the Debian packages take by Debian's own account, without what they depend on."""
    if shutil.which("dpkg-query") is None:
        return 0
    asked = ["dpkg-query", "--show", "--showformat=${Installed-Size}\\n", *PACKAGES]
    answer = subprocess.run(asked, check=False, capture_output=True, text=True)  # those that are missing are left out
    return 1024 * sum(int(line) for line in answer.stdout.split())


def _path() -> str:
    """Programs for administrators count too."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, check=True, env=environment, stdout=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
