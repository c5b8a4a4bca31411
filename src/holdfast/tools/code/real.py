"""Both code servers over a real forge, each built for its own process and credentials."""

from typing import Any

from holdfast.tools.code.github import GitHubForge
from holdfast.tools.code.hand import RevertHand
from holdfast.tools.code.reverts import Reverts
from holdfast.tools.code.section import Code
from holdfast.tools.code.server import build_acts, build_looks
from holdfast.tools.executor.grants import GrantVerifier
from holdfast.tools.executor.ledger import Ledger
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.systems import parse_section
from holdfast.tools.toolserver import ToolServer


def build_real(section: dict[str, Any], needs: ServerNeeds) -> ToolServer:
    """Return the server that acts.

    Raises:
        ValueError: naming the field, or the key that checks grants.
    """
    github = parse_section("code", Code, section).github
    forge, ledger = GitHubForge(github), Ledger(needs.kept("code.db"), "code")
    hand = RevertHand(ledger, Reverts(forge, github.repositories))
    return build_acts(hand, GrantVerifier(needs.checking_key), parts=[ledger, forge])


def build_looks_real(section: dict[str, Any], needs: ServerNeeds) -> ToolServer:  # noqa: ARG001 # every builder's signature
    """Return the server that looks; it takes no key that checks grants.

    Raises:
        ValueError: naming the field.
    """
    forge = GitHubForge(parse_section("code-looks", Code, section).github)
    return build_looks(forge, parts=[forge])
