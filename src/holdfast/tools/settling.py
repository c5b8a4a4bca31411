"""What a process does once it stands and before it idles: it gives back the memory that starting alone needed."""

import asyncio
import contextlib
import ctypes
import gc

SETTLED_AFTER = 1.0  # seconds: by then first connections have been tried, each with certificates read for it


def settle_soon() -> None:
    """Settle in a moment; needs a running asyncio loop."""
    asyncio.get_running_loop().call_later(SETTLED_AFTER, _settle)


def _settle() -> None:
    """Give back what is free, up to 8 MB; what stays is never searched for garbage again, which spares pauses too."""
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError, AttributeError):  # glibc alone has it
        ctypes.CDLL(None).malloc_trim(0)
