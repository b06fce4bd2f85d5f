"""What goes into a folder that needs no KD Studio, beside the network: never imported here, only copied."""
