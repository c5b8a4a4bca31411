"""The shop that a simulated tool server stands on."""

from holdfast.tools.needs import ServerNeeds
from holdfast.tools.simulation.estate import Estate


def estate_of(needs: ServerNeeds) -> Estate:
    """Return the estate.

    Raises:
        ValueError: when no file is named for it.
    """
    if needs.estate is None:
        raise ValueError("HOLDFAST_ESTATE: a simulated tool server needs the simulated estate's file")
    return Estate.open(needs.estate)
