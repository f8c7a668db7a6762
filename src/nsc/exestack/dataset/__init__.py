"""From executed programs to a data set: work, executors, twins, splits, counts."""
