"""Loss functions: plain functions of tensors, each with its paper and equation."""
