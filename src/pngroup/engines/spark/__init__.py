"""Spark DataFrames in, a Spark DataFrame out: no row comes to the driver.

Rows travel to the person's partition and are grouped there by the same code as `pngroup.group()`, so that answers and
quality counts are the same. pngroup has to be installed on the workers as well as on the driver.
"""

from .grouping import SparkGrouping, group

__all__ = ["SparkGrouping", "group"]
