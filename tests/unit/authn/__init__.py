"""Factors, assurance and the throttle, on stores in memory and on the real libraries."""
