"""What every way of computing starts from: a circuit as angles, factors, permutations and sums."""
