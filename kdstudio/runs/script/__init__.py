"""An experiment as one PyTorch script: its networks, losses, images and stages, as code."""
