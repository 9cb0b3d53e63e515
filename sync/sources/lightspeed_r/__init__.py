"""Lightspeed Retail R-Series (formerly MerchantOS) as a source of sales."""
