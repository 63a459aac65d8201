"""A seeded synthetic English general-practice population, for demonstration, documentation and benchmarks.

It follows published margins (age, sex, registers, births) and is otherwise invented: see
docs/explanation/synthetic.md for how it is made and what it must not be used for.
"""

from .dataset import Practice
from .generator import practice
from .targets import compare_with_targets

__all__ = ["Practice", "compare_with_targets", "practice"]
