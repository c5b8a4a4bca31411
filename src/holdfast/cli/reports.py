"""A report on its way out of the house: its links into the API made whole, so that they open from anywhere."""

import re

from holdfast.cli.client import Api, path_of
from holdfast.cli.speaking import tame

_ANSWER = re.compile(r"\[answer\]\(evidence/([\w-]+)\)")
_CITED = re.compile(r"(\[`[\w-]+`\])\(#([\w-]+)\)")


def read_report(api: Api, ref: str) -> str:
    """Return an incident's report in Markdown; each answer's link holds the whole address."""
    where = f"{api.url.rstrip('/')}{path_of(ref)}"
    return _ANSWER.sub(rf"[answer]({where}/evidence/\1)", api.text(path_of(ref, "report")))


def for_terminal(markdown: str, api: Api, ref: str, *, links: bool) -> str:
    """Return the report as a terminal can show it: with `links` a citation opens its answer, else it is its id."""
    where = f"{api.url.rstrip('/')}{path_of(ref)}/evidence"
    return tame(_CITED.sub(rf"\1({where}/\2)" if links else r"\1", markdown))
