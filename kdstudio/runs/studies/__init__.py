"""Searches: Optuna chooses the values of fields, each setting is a run, and a storage keeps what came out."""
