"""Sitoo POS: orders by id and by day, users, places, Z-reports."""
