"""Recurring tasks: the templates that occurrences are made from."""
