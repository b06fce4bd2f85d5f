"""The temperature page: what T does to predictions and gradients."""
