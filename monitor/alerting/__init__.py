"""Alerts: decided from findings and history, written down, then sent by routes."""
