"""Random streams: every use has its own seed, derived from the run's seed and what it is for."""

import hashlib

import torch


def derived_seed(seed: int, *purpose: str | int) -> int:
    """63-bit seed for ``purpose``; independent of every other purpose and of call order."""
    text = "/".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1


def generator(seed: int, *purpose: str | int) -> torch.Generator:
    """CPU generator seeded for ``purpose``."""
    return torch.Generator().manual_seed(derived_seed(seed, *purpose))
