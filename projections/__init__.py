"""What it comes to: pure folds from events to the rows of the read side."""
