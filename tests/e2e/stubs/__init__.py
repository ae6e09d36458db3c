"""Servers that hold what is sent to them to a receiver's documented contract. See server.py."""
