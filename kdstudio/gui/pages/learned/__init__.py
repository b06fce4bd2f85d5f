"""The page of what was learned: pictures to try, disagreements, fidelity."""
