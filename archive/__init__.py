"""What was kept and what it answers: captures, reports, publishers, the monitor, comparisons."""
