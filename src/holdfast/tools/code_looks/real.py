"""How the looking code server is built; its tools live beside those that act."""

from holdfast.tools.code.real import build_looks_real as build_real

__all__ = ["build_real"]
