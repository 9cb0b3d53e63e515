"""Defects planted in the product on purpose, one at a time: the suites must catch each of them."""
