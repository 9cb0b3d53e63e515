"""Comparing two exports on disk: what a till sold against what Klaviyo holds, with nobody asked."""
