"""The page Export: trained networks as files, and the truth table of what they are."""
