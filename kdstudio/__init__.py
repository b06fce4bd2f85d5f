"""KD Studio: a desktop workbench for knowledge distillation."""

import os

__version__ = "0.1.0"

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
"""Read when torch is imported, so it is set before: waiting threads must not spin beside a window."""
