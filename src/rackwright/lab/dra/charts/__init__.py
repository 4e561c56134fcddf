"""Helm charts of the twins, a folder each, under upstream's names."""

from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = ("dra-driver-nvidia-gpu", "dranet", "k8s-gpu-dra-driver")
