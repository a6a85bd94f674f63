"""Pictures taken apart without being decoded: what shows them is written anew, and nothing else."""
