"""Noise that any process computes alike: hashes of a name and a time instead of a random generator."""

import hashlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def seed_of(*parts: str) -> int:
    """Return a 64-bit number that stands for these words; the same in every process."""
    return int.from_bytes(hashlib.sha256("/".join(parts).encode()).digest()[:8], "big")


def uniform(seed: int, keys: NDArray[np.int64]) -> Floats:
    """Return a number in [0, 1) for each key: splitmix64's finaliser (Steele, Lea, Flood 2014) over seed + key."""
    with np.errstate(over="ignore"):
        x = keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    return (x >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def bell(seed: int, keys: NDArray[np.int64]) -> Floats:
    """Return roughly normal noise of mean 0 and deviation 1: the sum of three uniforms."""
    total = uniform(seed, keys) + uniform(seed ^ 0x5555, keys) + uniform(seed ^ 0xAAAA, keys)
    return (total - 1.5) * 2.0


def word(seed: int, key: int, length: int) -> str:
    """Return `length` hexadecimal digits for one key."""
    return hashlib.sha256(f"{seed}/{key}".encode()).hexdigest()[:length]
