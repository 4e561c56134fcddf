"""For the scheduler: where each server sits in the fabric, as Kubernetes and Slurm are told."""
