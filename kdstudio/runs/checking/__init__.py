"""What is damaged in run folders, what can be done about it, and doing what is safe."""
