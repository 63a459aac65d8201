"""Where `group()` runs when one machine's memory, or one machine, is too small: parts of a population, one by one."""
