"""What a claim can measure of a network: one file for each kind of evidence."""
