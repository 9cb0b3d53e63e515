"""A life made up from a seed: a merchant trades, everything breaks, and both ends must agree in the end."""
