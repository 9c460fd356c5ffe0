"""Supervised fine-tuning before reinforcement learning: on traces, packed or not, ended early, or left out."""
