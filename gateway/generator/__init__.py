"""Practices that never were: three years of commands, through the real handlers, on simulated ledgers."""
