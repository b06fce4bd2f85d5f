"""Building blocks of the networks; they import torch, so only ``build`` imports them."""
